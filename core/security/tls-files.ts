// Certificate and key of a listener, from two files that whoever renews them may replace at any time.
//
// Both are read every `lookMs`. A pair that cannot be used is told and the one before stays: a renewal that writes one
// file after the other is met in between, and whole at the next look.

import type { Clock, Timer } from '../runtime/clock.js'
import { messageOf } from '../errors/tailrace-error.js'
import type { Files } from '../runtime/files.js'
import type { TlsIdentity } from '../runtime/network.js'
import { securityErrors } from './errors.js'

export interface TlsFilesOptions {
  readonly files: Files
  readonly clock: Clock
  readonly certificatePath: string
  readonly keyPath: string
  /** Told what happens to a renewal; an error when it was refused. */
  readonly renewed: (error: unknown) => void
}

/** Certificates are renewed days before they end. */
const lookMs = 30_000

export class TlsFiles {
  readonly #options: TlsFilesOptions
  #last: TlsIdentity | undefined

  constructor(options: TlsFilesOptions) {
    this.#options = options
  }

  /** Errors: tls_unusable when one cannot be read. */
  async read(): Promise<TlsIdentity> {
    const { files, certificatePath, keyPath } = this.#options
    try {
      this.#last = { certificate: await files.readAll(certificatePath), key: await files.readAll(keyPath) }
      return this.#last
    } catch (cause) {
      const details = { certificatePath, keyPath }
      throw securityErrors.make('tls_unusable', `TLS has no identity: ${messageOf(cause)}`, { cause, details })
    }
  }

  /** Calls `use` with each pair that differs from the one before, until it is cancelled; what it throws is told. */
  watch(use: (identity: TlsIdentity) => void): Timer {
    const { clock } = this.#options
    let isOver = false
    let timer: Timer | undefined
    const lookLater = (): void => {
      if (isOver) return
      timer = clock.after(lookMs, () => void this.#look(use).then(lookLater))
    }
    lookLater()
    return {
      cancel() {
        isOver = true
        timer?.cancel()
      },
    }
  }

  async #look(use: (identity: TlsIdentity) => void): Promise<void> {
    const before = this.#last
    try {
      const found = await this.read()
      if (before !== undefined && before.certificate.equals(found.certificate) && before.key.equals(found.key)) return
      use(found)
      this.#options.renewed(undefined)
    } catch (error) {
      this.#options.renewed(error)
    }
  }
}

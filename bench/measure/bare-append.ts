// The denominator for appends: one file, one fdatasync in flight; the next one takes everything that arrived. It does
// nothing else: no checksums, no offsets, no partitions.

import { closeSync, fdatasync, openSync, unlinkSync, writeSync, writevSync } from 'node:fs'

interface Waiting {
  readonly bytes: Buffer
  resolve(): void
}

export interface BareOptions {
  readonly path: string
  /** Bytes that the file has before; 0 lets it grow. */
  readonly preallocatedBytes: number
  /** False answers after the write. */
  readonly sync: boolean
}

/** More parts are refused by the system in one call. */
const mostParts = 1024

export class BareAppender {
  readonly #fd: number
  readonly #path: string
  readonly #sync: boolean
  #waiting: Waiting[] = []
  #isSyncing = false
  #isTurnDue = false
  #position = 0

  constructor({ path, preallocatedBytes, sync }: BareOptions) {
    this.#fd = openSync(path, 'w+')
    this.#path = path
    this.#sync = sync
    const zeros = Buffer.alloc(1024 * 1024)
    for (let position = 0; position < preallocatedBytes; position += zeros.length)
      writeSync(this.#fd, zeros, 0, zeros.length, position)
  }

  append(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, resolve })
      if (this.#isTurnDue || this.#isSyncing) return
      this.#isTurnDue = true
      setImmediate(() => this.#turn())
    })
  }

  close(): void {
    closeSync(this.#fd)
    unlinkSync(this.#path)
  }

  #turn(): void {
    this.#isTurnDue = false
    const taken = this.#waiting.splice(0, mostParts)
    if (taken.length === 0) return
    this.#position += writevSync(
      this.#fd,
      taken.map(({ bytes }) => bytes),
      this.#position,
    )
    if (!this.#sync) {
      for (const { resolve } of taken) resolve()
      return
    }
    this.#isSyncing = true
    fdatasync(this.#fd, () => {
      this.#isSyncing = false
      for (const { resolve } of taken) resolve()
      if (this.#waiting.length > 0) this.#turn()
    })
  }
}

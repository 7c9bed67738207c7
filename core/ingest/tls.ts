// TLS of the listener: its identity, which is read again when its files change, and the authority of clients.
//
// With an authority a client is asked for its certificate; one that shows none, or another's, still gets in, and the
// source that takes only clients with a certificate refuses its requests: other sources share the listener.

import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { messageOf } from '../errors/tailrace-error.js'
import type { Timer } from '../runtime/clock.js'
import { runtimeErrors } from '../runtime/errors.js'
import type { Files } from '../runtime/files.js'
import type { TlsIdentity } from '../runtime/network.js'
import { securityErrors } from '../security/errors.js'
import type { TlsFiles } from '../security/tls-files.js'

export interface IngestTlsOptions {
  readonly identity: TlsFiles
  readonly files: Files
  /** PEM; undefined when no client is asked for a certificate. */
  readonly clientAuthorityPath: string | undefined
}

/** A peer that has connected and not shaken hands holds a descriptor for so long. */
const handshakeMs = 10_000

export class IngestTls {
  readonly clientAuthorityPath: string | undefined
  readonly #options: IngestTlsOptions
  #authority: Buffer | undefined

  constructor(options: IngestTlsOptions) {
    this.clientAuthorityPath = options.clientAuthorityPath
    this.#options = options
  }

  /** What node:https takes. Errors: tls_unusable, tls_refused. */
  async serverOptions(): Promise<SecureContextOptions & { handshakeTimeout: number; requestCert: boolean }> {
    const { identity, files } = this.#options
    const path = this.clientAuthorityPath
    const pair = await identity.read()
    try {
      this.#authority = path === undefined ? undefined : await files.readAll(path)
    } catch (cause) {
      const message = `the authority of clients cannot be read: ${messageOf(cause)}`
      throw securityErrors.make('tls_unusable', message, { cause, details: { path } })
    }
    const asks = { requestCert: path !== undefined, rejectUnauthorized: false }
    return { ...this.#context(pair), ...asks, handshakeTimeout: handshakeMs }
  }

  /** Takes a renewed identity, from the next handshake on, until it is cancelled. */
  watch(server: Server): Timer {
    return this.#options.identity.watch((pair) => (server as TlsServer).setSecureContext(this.#context(pair)))
  }

  /** Held against itself: a key that does not belong to its certificate is found here. */
  #context({ certificate, key }: TlsIdentity): SecureContextOptions {
    const authority = this.#authority === undefined ? {} : { ca: this.#authority }
    const context = { cert: certificate, key, minVersion: 'TLSv1.2', ...authority } as const
    try {
      createSecureContext(context)
      return context
    } catch (cause) {
      const message = `the certificate, its key or the authority of clients is refused: ${messageOf(cause)}`
      throw runtimeErrors.make('tls_refused', message, { cause })
    }
  }
}

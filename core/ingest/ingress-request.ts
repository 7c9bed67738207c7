// A request of node:http as its handler sees it. Headers and query are parsed when they are asked for.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { BodyLimits, ClientCertificate, IngressRequest, RequestBody } from '../connector/ingress.js'
import { invariant } from '../errors/invariant.js'
import type { BodyMemory } from './body-memory.js'
import { BodyReader } from './body-reader.js'
import { encodingOf, unpack } from './unpack.js'

export interface Exchange {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly queryText: string
  /** Whether the client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean
}

export class ServedRequest implements IngressRequest {
  readonly path: string
  readonly queryText: string
  /** Whether the body was asked for; otherwise it still lies before the next request. */
  isBodyTaken = false
  readonly #exchange: Exchange
  readonly #message: IncomingMessage
  readonly #reader: BodyReader
  #query: URLSearchParams | undefined

  constructor(exchange: Exchange, memory: BodyMemory) {
    this.path = exchange.path
    this.queryText = exchange.queryText
    this.#exchange = exchange
    this.#message = exchange.message
    this.#reader = new BodyReader(exchange.message, memory)
  }

  get method(): string {
    return this.#message.method ?? ''
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.queryText)
    return this.#query
  }

  header(name: string): string | undefined {
    const value = this.#message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  get rawHeaders(): readonly string[] {
    return this.#message.rawHeaders
  }

  get remoteAddress(): string {
    return plainAddress(this.#message.socket.remoteAddress)
  }

  get isEncrypted(): boolean {
    return 'encrypted' in this.#message.socket
  }

  get clientCertificate(): ClientCertificate | undefined {
    const socket = this.#message.socket as TLSSocket
    if (!this.isEncrypted || !socket.authorized) return undefined
    const certificate: Partial<PeerCertificate> = socket.getPeerCertificate()
    if (certificate.fingerprint256 === undefined) return undefined
    const commonName = certificate.subject?.CN
    return {
      commonName: typeof commonName === 'string' ? commonName : '',
      alternativeNames: certificate.subjectaltname ?? '',
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    }
  }

  async body(limits: BodyLimits): Promise<RequestBody> {
    invariant(!this.isBodyTaken, 'the body of a request was read twice')
    const encoding = encodingOf(this.header('content-encoding'))
    const { response, expectsContinue } = this.#exchange
    this.#reader.check(limits)
    this.isBodyTaken = true
    if (expectsContinue) response.writeContinue()
    const received = await this.#reader.read(limits)
    if (encoding === undefined) return { received, bytes: received }
    const bytes = await unpack({ encoding, packed: received, limits, reserve: this.#reader.reserve })
    return { received, bytes }
  }

  /** Ends a read of the body that is under way with this error; a body that is there already is not touched. */
  abandon(error: Error): void {
    if (!this.#message.complete) this.#reader.abandon(error)
  }

  /** Once: the request is answered. */
  release(): void {
    this.#reader.release()
  }
}

/** Without the prefix of an IPv4 address in IPv6, and without a zone. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d)/, '').replace(/%.*$/, '')
}

// A request of node:http as its handler sees it. Headers and query are parsed when they are asked for.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { BodyLimits, ClientCertificate, IngressRequest, RequestBody } from '../connector/ingress.js'
import { invariant } from '../errors/invariant.js'
import type { BodyMemory } from './body-memory.js'
import { BodyReader } from './body-reader.js'
import { type Encoding, encodingOf, unpack } from './unpack.js'

export interface Exchange {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  /** Whether the client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean
}

export class ServedRequest implements IngressRequest {
  readonly path: string
  readonly queryText: string
  /** Whether the body was asked for; otherwise it still lies before the next request. */
  isBodyTaken = false
  readonly exchange: Exchange
  readonly #message: IncomingMessage
  readonly #reader: BodyReader
  #query: URLSearchParams | undefined

  constructor(exchange: Exchange, memory: BodyMemory) {
    const url = exchange.message.url ?? ''
    const queryAt = url.indexOf('?')
    this.path = queryAt === -1 ? url : url.slice(0, queryAt)
    this.queryText = queryAt === -1 ? '' : url.slice(queryAt + 1)
    this.exchange = exchange
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

  /** One promise for a body that is not packed: small requests cost mostly what they make wait. */
  body(limits: BodyLimits): Promise<RequestBody> {
    try {
      return this.#body(limits)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #body(limits: BodyLimits): Promise<RequestBody> {
    invariant(!this.isBodyTaken, 'the body of a request was read twice')
    const encoding = encodingOf(this.header('content-encoding'))
    const { response, expectsContinue } = this.exchange
    this.#reader.check(limits)
    this.isBodyTaken = true
    if (expectsContinue) response.writeContinue()
    const read = this.#reader.read(limits)
    return encoding === undefined ? read : this.#unpacked(read, encoding, limits)
  }

  async #unpacked(read: Promise<RequestBody>, encoding: Encoding, limits: BodyLimits): Promise<RequestBody> {
    const { received } = await read
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

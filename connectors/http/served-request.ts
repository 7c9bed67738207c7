// A request of the listener with what the settings of the source add to it.

import type { BodyLimits, ClientCertificate, IngressRequest, RequestBody } from '../../core/connector/ingress.js'
import type { EncodedHeaders } from '../../core/record/record-headers.js'
import type { ProtocolRequest } from './protocol.js'
import { recordHeadersOf, recordKeyOf } from './record-surroundings.js'
import type { HttpSettings } from './settings.js'

export class ServedRequest implements ProtocolRequest {
  readonly receivedMs: number
  readonly #request: IngressRequest
  readonly #settings: HttpSettings
  #recordHeaders: EncodedHeaders | null | undefined
  #recordKey: Uint8Array | null | undefined

  constructor(request: IngressRequest, settings: HttpSettings, receivedMs: number) {
    this.receivedMs = receivedMs
    this.#request = request
    this.#settings = settings
  }

  get pathBelow(): string {
    const { path } = this.#settings
    return path === '/' ? (this.path === '/' ? '' : this.path) : this.path.slice(path.length)
  }

  get recordHeaders(): EncodedHeaders | null {
    if (this.#recordHeaders === undefined) this.#recordHeaders = recordHeadersOf(this.#request, this.#settings)
    return this.#recordHeaders
  }

  get recordKey(): Uint8Array | null {
    if (this.#recordKey === undefined) this.#recordKey = recordKeyOf(this.#request, this.#settings)
    return this.#recordKey
  }

  get method(): string {
    return this.#request.method
  }

  get path(): string {
    return this.#request.path
  }

  get queryText(): string {
    return this.#request.queryText
  }

  get query(): URLSearchParams {
    return this.#request.query
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders
  }

  get remoteAddress(): string {
    return this.#request.remoteAddress
  }

  get isEncrypted(): boolean {
    return this.#request.isEncrypted
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#request.clientCertificate
  }

  header(name: string): string | undefined {
    return this.#request.header(name)
  }

  body(limits: BodyLimits): Promise<RequestBody> {
    return this.#request.body(limits)
  }
}

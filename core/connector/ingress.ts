// The way in over HTTP as a push source sees it: it registers a route, gets requests and gives answers. The listener,
// its bounds, TLS, the Host check and the unpacking of bodies are core/ingest's.
//
// A request is answered once, by what its handler returns or throws. What a handler holds of a request (headers, bodies)
// is its own until it has answered. An error of ours becomes `{"error":{"code","message","line"?}}` (ingress-answer.ts).

/** A certificate that a client showed and that an authority of the listener vouches for. */
export interface ClientCertificate {
  /** The common name of its subject; empty when it has none. */
  readonly commonName: string
  /** As in `DNS:client.example, URI:spiffe://example/client`; empty when it has none. */
  readonly alternativeNames: string
  /** SHA-256 over the certificate, as 64 hex digits in lower case. */
  readonly fingerprint: string
}

export interface BodyLimits {
  /** Of what is sent, and of what comes out when it is unpacked. */
  readonly maxBytes: number
  /** How many times more may come out than went in, beyond the first MiB. */
  readonly maxRatio: number
}

/** A whole body. Both are the same memory unless it was packed. */
export interface RequestBody {
  /** As it was sent, behind the transfer coding: what signatures are made over by senders that pack. */
  readonly received: Buffer
  /** Unpacked. */
  readonly bytes: Buffer
}

export interface IngressRequest {
  readonly method: string
  /** Without the query, as it was sent: percent signs are not resolved. Begins with the path of the route. */
  readonly path: string
  /** Behind the `?`; empty when there is none. */
  readonly queryText: string
  /** Parsed on first use. */
  readonly query: URLSearchParams
  /** By name in lower case. Of a header that came several times all values, joined by `, `. */
  header(name: string): string | undefined
  /** Name, value, name, value, … in the order and case they came in, so that what came twice can be told. */
  readonly rawHeaders: readonly string[]
  /** An IPv4 address that came in over IPv6 stands as IPv4. */
  readonly remoteAddress: string
  readonly isEncrypted: boolean
  /** Undefined unless the client showed one that is trusted. */
  readonly clientCertificate: ClientCertificate | undefined
  /**
   * Reads the whole body; once. Nothing is read before. Errors: body_too_large, body_length_missing, body_timeout,
   * body_cut_off, body_damaged, body_encoding_unknown, ingest_memory_full.
   */
  body(limits: BodyLimits): Promise<RequestBody>
}

export interface IngressAnswer {
  readonly status: number
  /** Content-Length is made from the body. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Answers one request; many are under way at once. */
export type IngressHandler = (request: IngressRequest) => Promise<IngressAnswer>

export interface IngressRoute {
  /** Begins with `/`, has no `?`, and ends in `/` only when it is `/`. */
  readonly path: string
  /** Whether paths below it (`path/…`) come here as well, unless another route names them. */
  readonly takesBelow: boolean
  /** Others are answered with 405. */
  readonly methods: readonly string[]
}

export interface RegisteredRoute {
  /** Takes the route away: what comes from now on is answered with 503. Requests under way go on. Twice is fine. */
  close(): void
}

export interface Ingress {
  /** Errors: ingest_path_taken, ingest_off. */
  route(route: IngressRoute, handler: IngressHandler): RegisteredRoute
}

/** What a push source would register, so that `validate` and the start know before it runs. */
export interface IngressUse extends Pick<IngressRoute, 'path' | 'takesBelow'> {
  /** Keys of the setting that says the path, from the connector's own object down. */
  readonly setting: readonly string[]
  /** Whether every request has to show who sent it: by a credential, a certificate or a signature. */
  readonly isGuarded: boolean
  /** Whether it takes only clients with a certificate, so that the listener has to know an authority. */
  readonly needsClientCertificates: boolean
}

// Where requests of a connector may go: the guard that its context makes. core/security/address-guard.ts is the guard.
//
// How a connector uses it, with undici as its client:
//
//   const guard = context.outgoing.guard({ allowPrivate: settings.allowPrivate, allowHttp: false, ports: [] })
//   const connect = guard.connector(buildConnector({ lookup: guard.lookup, timeout: connectMs }))
//   const pool = new Pool(guard.checkUrl(text).origin, { connect, connections })
//
// A client does not ask `lookup` about a host that is an address already: that is why `connector` is needed as well. No
// redirect is followed and no proxy of the environment used: undici does neither unless it is told to.
// A declaration checks URLs of the file by `urlProblem` and ranges by `rangeProblem` (core/security/outgoing).

export interface OutgoingPolicy {
  /** Ranges (`10.0.0.0/8`, `fd00::/8`, one address too) that may be reached although they are not public. */
  readonly allowPrivate: readonly string[]
  /** `http://` as well as `https://`. */
  readonly allowHttp: boolean
  /** Ports besides 443 and 8443 (with `allowHttp` 80 too): those of URLs that stand in the file, and those that it lists. */
  readonly ports: readonly number[]
}

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

export interface LookupOptions {
  /** 0, or undefined, for both. */
  readonly family?: number | 'IPv4' | 'IPv6' | undefined
  readonly all?: boolean | undefined
}

/** What `lookup` answers: an error, all addresses, or the first with its family. */
export type LookupAnswer = (error: Error | null, address: string | ResolvedAddress[], family?: number) => void

/** What a client asks its connector for. */
export interface ConnectTarget {
  /** An address may stand in brackets. */
  readonly hostname: string
  /** With its colon. */
  readonly protocol: string
  /** Empty for the protocol's own. */
  readonly port: string
}

export interface ConnectedSocket {
  readonly remoteAddress?: string | undefined
  destroy(): unknown
}

/** A function that connects, as undici takes one for `connect`. */
export type Connect<Target extends ConnectTarget, Socket extends ConnectedSocket> = (
  target: Target,
  connected: (...result: [null, Socket] | [Error, null]) => void,
) => void

export interface AddressGuard {
  /** The URL, when requests may go to it as far as that can be seen without asking for its name. Errors: url_refused, address_refused. */
  checkUrl(text: string): URL
  /** For `lookup` of node:net: gives only addresses that may be reached. Errors: address_refused, name_unresolved. */
  readonly lookup: (hostname: string, options: LookupOptions, answer: LookupAnswer) => void
  /**
   * Wraps a function that connects, which has to use `lookup`: scheme, port and literal address are checked before a
   * packet leaves, and the peer's address again behind the connection. Errors: url_refused, address_refused, and its own.
   */
  connector<Target extends ConnectTarget, Socket extends ConnectedSocket>(
    connect: Connect<Target, Socket>,
  ): Connect<Target, Socket>
}

export interface Outgoing {
  /** Errors: invalid_range. */
  guard(policy: OutgoingPolicy): AddressGuard
}

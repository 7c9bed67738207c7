// Who may send which request to a listener: pure, from the facts of the request to a refusal or none.
//
// 1. Host: a page on the web can make a name of its own resolve to 127.0.0.1 (DNS rebinding); it then sends that name.
//    Only names of the list are answered. Off loopback an address literal passes as well: no resolver is in play.
// 2. Origin: a browser names the page behind a request. Only pages of this listener itself may call it; `null` is foreign.
// 3. Token: on loopback for everything that changes something, off loopback for everything.

import type { TailraceError } from '../errors/tailrace-error.js'
import { securityErrors } from './errors.js'
import { isAddressLiteral, isLoopback } from './listen-address.js'

export interface GuardPolicy {
  /** What the listener is bound to. */
  readonly boundHost: string
  /** Names besides localhost and the loopback addresses; lower case. */
  readonly allowedHosts: readonly string[]
}

export interface RequestFacts {
  /** The Host header. */
  readonly host: string | undefined
  readonly origin: string | undefined
  /** Sec-Fetch-Site, which browsers send also where they leave Origin out. */
  readonly fetchSite: string | undefined
  /** Whether the route changes something. */
  readonly changes: boolean
  /** Whether the right token came along. */
  readonly hasToken: boolean
}

/** Why the request is refused; undefined when it may pass. */
export function refusalOf(request: RequestFacts, policy: GuardPolicy): TailraceError | undefined {
  const host = hostName(request.host)
  if (host === undefined || !answersFor(host, policy)) {
    return securityErrors.make('host_refused', 'the Host header names no host of this hub')
  }
  if (isForeign(request)) return securityErrors.make('origin_refused', 'the request comes from a page of another site')
  const needsToken = request.changes || !isLoopback(policy.boundHost)
  if (needsToken && !request.hasToken) return securityErrors.make('token_needed', 'the admin token is missing or wrong')
  return undefined
}

function answersFor(host: string, { boundHost, allowedHosts }: GuardPolicy): boolean {
  if (isLoopback(host) || host === boundHost.toLowerCase() || allowedHosts.includes(host)) return true
  return !isLoopback(boundHost) && isAddressLiteral(host)
}

function isForeign({ host, origin, fetchSite }: RequestFacts): boolean {
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return true
  if (origin === undefined) return false
  return origin.toLowerCase() !== `http://${(host ?? '').toLowerCase()}`
}

/** The name of a Host header, without its port and brackets; undefined when it is malformed. */
function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/.exec((header ?? '').toLowerCase())
  return match?.[1] ?? match?.[2]
}

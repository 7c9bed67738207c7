// The guard of what leaves: requests reach only addresses that were checked. core/connector/outgoing.ts says how a
// connector uses it.
//
// A name is resolved once for a connection, and the connection goes to an address of that very answer, so that a name
// which answers differently a moment later (rebinding) gains nothing. Of an answer that mixes public and private
// addresses only those are given out that may be reached. Names that pretend to be harmless (`localhost.`,
// `10.0.0.1.nip.io`) are names like any other: what counts is what they resolve to.

import type {
  AddressGuard,
  Connect,
  ConnectedSocket,
  ConnectTarget,
  LookupAnswer,
  LookupOptions,
  Outgoing,
  OutgoingPolicy,
  ResolvedAddress,
} from '../connector/outgoing.js'
import { TailraceError } from '../errors/tailrace-error.js'
import type { Resolver } from '../runtime/resolver.js'
import { AllowedRanges } from './outgoing/address-ranges.js'
import { outgoingErrors } from './outgoing/errors.js'
import { article, checkedUrl, checkHost, checkService } from './outgoing/outgoing-url.js'

/** What connectors get as `context.outgoing`. */
export function outgoingBehindGuard(resolver: Resolver): Outgoing {
  return { guard: (policy) => new CheckedAddresses(resolver, policy) }
}

class CheckedAddresses implements AddressGuard {
  readonly #resolver: Resolver
  readonly #policy: OutgoingPolicy
  readonly #ranges: AllowedRanges

  constructor(resolver: Resolver, policy: OutgoingPolicy) {
    this.#resolver = resolver
    this.#policy = policy
    this.#ranges = new AllowedRanges(policy.allowPrivate)
  }

  checkUrl(text: string): URL {
    return checkedUrl(text, this.#policy, this.#ranges)
  }

  readonly lookup = (hostname: string, options: LookupOptions, answer: LookupAnswer): void => {
    void this.#reachable(hostname, familyOf(options)).then(
      (addresses) => {
        if (options.all === true) answer(null, addresses)
        else answer(null, addresses[0]!.address, addresses[0]!.family)
      },
      (error: unknown) => answer(error as Error, ''),
    )
  }

  connector<Target extends ConnectTarget, Socket extends ConnectedSocket>(
    connect: Connect<Target, Socket>,
  ): Connect<Target, Socket> {
    return (target, connected) => {
      try {
        checkService(target, this.#policy)
        checkHost(target.hostname, this.#ranges)
      } catch (error) {
        if (!(error instanceof TailraceError)) throw error
        connected(error, null)
        return
      }
      connect(target, (...result) => {
        // A client leaves the socket out rather than null when it has an error.
        const socket = result[1] ?? undefined
        const refusal = socket === undefined ? undefined : this.#peerRefusal(target.hostname, socket)
        if (socket === undefined || refusal === undefined) {
          connected(...result)
          return
        }
        socket.destroy()
        connected(refusal, null)
      })
    }
  }

  /** At least one address. Errors: address_refused, name_unresolved. */
  async #reachable(hostname: string, family: number): Promise<ResolvedAddress[]> {
    const answers = await this.#resolver.addressesOf(hostname)
    const checked = answers.map((address) => ({ address, kind: this.#ranges.refusal(address) }))
    const reachable = checked.filter(({ kind }) => kind === undefined).map(({ address }) => resolved(address))
    const ofFamily = reachable.filter((address) => family === 0 || address.family === family)
    if (ofFamily.length > 0) return ofFamily
    const refusals = checked.filter(({ kind }) => kind !== undefined)
    const reasons = refusals.map(({ address, kind }) => `${address} (${kind})`).join(', ')
    const message =
      reasons === '' ? `${hostname} has no address of the wanted kind` : `${hostname} resolves to ${reasons}`
    throw outgoingErrors.make('address_refused', message, { details: { host: hostname, addresses: answers } })
  }

  #peerRefusal(hostname: string, { remoteAddress = '' }: ConnectedSocket): TailraceError | undefined {
    const kind = this.#ranges.refusal(remoteAddress)
    if (kind === undefined) return undefined
    const message = `the connection to ${hostname} ended up at ${remoteAddress}, ${article(kind)} address`
    return outgoingErrors.make('address_refused', message, { details: { host: hostname, address: remoteAddress } })
  }
}

function resolved(address: string): ResolvedAddress {
  return { address, family: address.includes(':') ? 6 : 4 }
}

/** 0 for both. */
function familyOf({ family }: LookupOptions): number {
  if (family === 'IPv4') return 4
  if (family === 'IPv6') return 6
  return family ?? 0
}

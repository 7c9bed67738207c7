// Which addresses are public, and which others a pipeline file lets requests go to. Pure.
//
// Public is what is left when every range with a purpose of its own is taken away (IANA's registries of special
// addresses: private, loopback, link-local, shared, documentation, benchmarking, multicast, reserved, and every range
// that carries an IPv4 address inside, which a translator on the way could turn into a private one). Of IPv6 only
// 2000::/3 is given out to anybody. An IPv4 address in IPv6 (::ffff:a.b.c.d) counts as that IPv4 address.

import ipaddr from 'ipaddr.js'
import { outgoingErrors } from './errors.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [Address, number]

/** Names of addresses as people know them, for messages. */
const rangeNames: Readonly<Record<string, string>> = {
  carrierGradeNat: 'shared (100.64.0.0/10)',
  linkLocal: 'link-local',
  rfc6052: 'translated (64:ff9b::/96)',
  rfc6145: 'translated',
  uniqueLocal: 'private (fc00::/7)',
}

export class AllowedRanges {
  readonly #ranges: readonly Range[]

  /** Errors: invalid_range. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map(parsedRange)
  }

  /** Is the address in one of the ranges? */
  includes(text: string): boolean {
    const address = parsedAddress(text)
    return address !== undefined && this.#ranges.some((range) => isWithin(address, range))
  }

  /** What kind of address it is, when requests may not go there; undefined when they may. */
  refusal(text: string): string | undefined {
    const address = parsedAddress(text)
    if (address === undefined) return 'malformed'
    if (this.includes(text)) return undefined
    return specialKind(address)
  }
}

/** Why the text is no range of addresses; undefined when it is one. */
export function rangeProblem(text: string): string | undefined {
  try {
    parsedRange(text)
    return undefined
  } catch (error) {
    if (outgoingErrors.is(error, 'invalid_range')) return error.message
    throw error
  }
}

function parsedRange(text: string): Range {
  const [first = '', bits, ...rest] = text.split('/')
  const address = strictAddress(first)
  const most = address?.kind() === 'ipv4' ? 32 : 128
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity
  if (address === undefined || prefix > most || rest.length > 0) {
    throw outgoingErrors.make('invalid_range', `"${text}" is no range of addresses; one looks like 10.0.0.0/8`)
  }
  return [address, prefix]
}

/** Four decimal numbers, or IPv6 without a zone: an octal or shortened form would mean another range than it seems to. */
function strictAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) && !/(?:^|\.)0\d/.test(text)) return ipaddr.IPv4.parse(text)
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? ipaddr.process(text) : undefined
}

/** As a resolver or a socket gives it, where a zone may follow. */
function parsedAddress(text: string): Address | undefined {
  const plain = text.replace(/%.*$/, '')
  return ipaddr.IPv4.isValidFourPartDecimal(plain) || ipaddr.IPv6.isValid(plain) ? ipaddr.process(plain) : undefined
}

function isWithin(address: Address, [first, bits]: Range): boolean {
  return address.kind() === first.kind() && address.match([first as ipaddr.IPv6, bits])
}

const givenOut: Range = [ipaddr.IPv6.parse('2000::'), 3]

function specialKind(address: Address): string | undefined {
  const kind = address.range()
  if (kind !== 'unicast') return rangeNames[kind] ?? kind
  return address.kind() === 'ipv6' && !isWithin(address, givenOut) ? 'reserved' : undefined
}

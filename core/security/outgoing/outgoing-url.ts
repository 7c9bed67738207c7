// Which URLs requests may go to, as far as the text says it. Pure: declarations ask it about URLs of a file, the guard
// about those that a template was filled in to.
//
// The parser of URLs (WHATWG) brings every way to write an IPv4 address (decimal, octal, hexadecimal, short, full-width
// digits, a dot behind) to four decimal numbers, so that what is checked here is the host that a client connects to.

import type { OutgoingPolicy } from '../../connector/outgoing.js'
import { TailraceError } from '../../errors/tailrace-error.js'
import { AllowedRanges } from './address-ranges.js'
import { outgoingErrors } from './errors.js'

const mostUrlCharacters = 2_048

/** Encrypted services listen here; any other port has to be named. */
const securePorts = [443, 8443]
const plainPort = 80

/** Why requests may not go to the URL; undefined when, but for what its name resolves to, they may. */
export function urlProblem(text: string, policy: OutgoingPolicy): string | undefined {
  try {
    checkedUrl(text, policy, new AllowedRanges(policy.allowPrivate))
    return undefined
  } catch (error) {
    if (error instanceof TailraceError) return error.message
    throw error
  }
}

/** The URL, parsed. Errors: url_refused, address_refused. */
export function checkedUrl(text: string, policy: OutgoingPolicy, ranges: AllowedRanges): URL {
  if (text.length > mostUrlCharacters)
    throw refused(`a URL of ${text.length} characters; ${mostUrlCharacters} is the most`)
  // A parser drops or turns these: what a person reads would not be where the request goes.
  // oxlint-disable-next-line no-control-regex -- Control characters are what it looks for.
  if (/[\u0000-\u0020\u007f\\]/.test(text)) throw refused('a URL holds a space, a control character or a backslash')
  if (!URL.canParse(text)) throw refused('the text is no URL with scheme and host')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw refused(`${originOf(url)}: user and password stand in the URL`)
  checkService(url, policy)
  checkHost(url.hostname, ranges)
  return url
}

/** Scheme and port; `protocol` with its colon, `port` empty for the scheme's own. Errors: url_refused. */
export function checkService(
  { protocol, port, hostname }: { readonly protocol: string; readonly port: string; readonly hostname: string },
  { allowHttp, ports }: OutgoingPolicy,
): void {
  const isPlain = protocol === 'http:'
  if (isPlain ? !allowHttp : protocol !== 'https:') {
    throw refused(`${protocol}//${hostname}: the scheme is not ${allowHttp ? 'https or http' : 'https'}`)
  }
  const number = port === '' ? (isPlain ? plainPort : securePorts[0]!) : Number(port)
  const isUsual = securePorts.includes(number) || (allowHttp && number === plainPort)
  if (!isUsual && !ports.includes(number)) throw refused(`${protocol}//${hostname}: port ${number} is not allowed`)
}

/** A host that is an address; names are checked by what they resolve to. Errors: address_refused. */
export function checkHost(hostname: string, ranges: AllowedRanges): void {
  const address = literalAddress(hostname)
  if (address === undefined) return
  const kind = ranges.refusal(address)
  if (kind !== undefined) throw outgoingErrors.make('address_refused', `${address} is ${article(kind)} address`)
}

/** The address that a host is, without brackets; undefined for a name. */
function literalAddress(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  // No name ends with a number (WHATWG, "ends in a number checker"): such a host is an address, or none at all.
  return hostname.includes(':') || /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(hostname) ? hostname : undefined
}

export function article(kind: string): string {
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`
}

/** For messages: a path or a query may hold a secret. */
function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`
}

function refused(message: string): TailraceError {
  return outgoingErrors.make('url_refused', message)
}

// Finds personal and secret texts: e-mail addresses, payment cards, IP addresses, JSON web tokens. Each detector walks a
// text once, in time linear in it whatever the text.

import type { Detector } from './declarations.js'

/** A part of a text, from `start` to below `end`. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly what: string
}

type Find = (text: string) => Span[]

export const finders: Readonly<Record<Detector, Find>> = {
  email: emails,
  card: cards,
  ipv4: ipv4Addresses,
  ipv6: ipv6Addresses,
  jwt: tokens,
}

const localPart = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]/
const domainPart = /[A-Za-z0-9.-]/
/** RFC 5321, 4.5.3.1. */
const longestLocal = 64
const longestDomain = 255

function emails(text: string): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > 0 && at - start < longestLocal && localPart.test(text[start - 1]!)) start--
    let end = at + 1
    while (end < text.length && end - at <= longestDomain && domainPart.test(text[end]!)) end++
    while (end > at + 1 && /[.-]/.test(text[end - 1]!)) end--
    const domain = text.slice(at + 1, end)
    if (start < at && /\.[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$/.test(domain) && !domain.includes('..')) {
      spans.push({ start, end, what: 'email' })
    }
  }
  return spans
}

/** Digits that single spaces or hyphens may part. */
const digitRun = /\d+(?:[ -]\d+)*/g
const fewestCardDigits = 13
const mostCardDigits = 19

function cards(text: string): Span[] {
  const spans: Span[] = []
  for (const match of text.matchAll(digitRun)) {
    const groups = [...match[0].matchAll(/\d+/g)].map((group) => {
      return { digits: group[0], start: match.index + group.index }
    })
    for (let first = 0; first < groups.length; first++) {
      const last = cardFrom(groups, first)
      if (last === undefined) continue
      const { start, digits } = groups[last]!
      spans.push({ start: groups[first]!.start, end: start + digits.length, what: 'card' })
      first = last
    }
  }
  return spans
}

/** The last group of the longest card number that begins with the group `first`. */
function cardFrom(groups: readonly { readonly digits: string }[], first: number): number | undefined {
  let digits = ''
  let found: number | undefined
  for (let last = first; last < groups.length; last++) {
    digits += groups[last]!.digits
    if (digits.length > mostCardDigits) break
    if (digits.length >= fewestCardDigits && isCheckDigitRight(digits)) found = last
  }
  return found
}

/** Luhn, ISO/IEC 7812-1 annex B. Zeros alone are no card. */
function isCheckDigitRight(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 0x30
    const doubled = at % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum > 0 && sum % 10 === 0
}

const ipv4Pattern =
  /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\d|\.\d)/g

function ipv4Addresses(text: string): Span[] {
  return Array.from(text.matchAll(ipv4Pattern), (match) => {
    return { start: match.index, end: match.index + match[0].length, what: 'ipv4' }
  })
}

const ipv6Run = /(?<![\w:.])[0-9a-fA-F:][0-9a-fA-F:.]*[0-9a-fA-F:](?![\w:])/g
/** Eight groups, the last two as an IPv4 address. */
const longestIpv6 = 45

function ipv6Addresses(text: string): Span[] {
  const spans: Span[] = []
  for (const match of text.matchAll(ipv6Run)) {
    const address = match[0].replace(/[.:]$/, (end) => (match[0].endsWith('::') ? end : ''))
    if (address.length <= longestIpv6 && isIpv6(address)) {
      spans.push({ start: match.index, end: match.index + address.length, what: 'ipv6' })
    }
  }
  return spans
}

/** RFC 4291, 2.2. `::` alone is more often punctuation than an address. */
function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2 || text === '::') return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const isMapped = last.includes('.')
  if (isMapped && ipv4Addresses(last)[0]?.end !== last.length) return false
  const plain = isMapped ? groups.slice(0, -1) : groups
  const count = plain.length + (isMapped ? 2 : 0)
  return plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
}

/** The base64url of `{"`, with which the header of a token begins. */
const tokenStart = 'eyJ'
const tokenPart = /[\w-]*/y
const fewestCharacters = 5

function tokens(text: string): Span[] {
  const spans: Span[] = []
  for (let start = text.indexOf(tokenStart); start >= 0; ) {
    const header = endOfPart(text, start)
    const payload = text[header] === '.' ? endOfPart(text, header + 1) : header
    if (header - start >= fewestCharacters && payload - header > fewestCharacters) {
      const end = text[payload] === '.' ? endOfPart(text, payload + 1) : payload
      spans.push({ start, end, what: 'jwt' })
      start = text.indexOf(tokenStart, end)
    } else {
      // No token begins later in the same run of characters either.
      start = text.indexOf(tokenStart, Math.max(header, start + 1))
    }
  }
  return spans
}

function endOfPart(text: string, from: number): number {
  tokenPart.lastIndex = from
  tokenPart.test(text)
  return tokenPart.lastIndex
}

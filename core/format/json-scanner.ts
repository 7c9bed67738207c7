// Finds out whether bytes are JSON (RFC 8259) without making anything of them: no text, no numbers, no objects. Names that
// come twice, `__proto__` and numbers of any length are bytes like others.
//
// The bytes must be valid UTF-8 already (`isUtf8` of node:buffer looks at them faster than a loop here could). Depth is
// bounded, and held on a stack of its own: what comes from outside must not decide how deep we recurse.

const space = 0x20
const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
/** Control characters lie below. */
const firstPrintable = 0x20

/** Deeper than any document that was made by people or for them. */
export const defaultMaxDepth = 128

const isObject = 1
const isArray = 0

/** What may stand behind a backslash, but for `u`. */
const isEscape = new Uint8Array(256)
const isHexDigit = new Uint8Array(256)
const isSpace = new Uint8Array(256)
/** What does not stand for itself in a string: the quote, the backslash, control characters. */
const isSpecial = new Uint8Array(256).fill(1, 0, firstPrintable)
isSpecial[quote] = 1
isSpecial[backslash] = 1
for (const byte of Buffer.from('"\\/bfnrt')) isEscape[byte] = 1
for (const byte of Buffer.from('0123456789abcdefABCDEF')) isHexDigit[byte] = 1
for (const byte of Buffer.from(' \t\n\r')) isSpace[byte] = 1

/** Used for one value after the other. */
export class JsonScanner {
  /** Where the last value that was refused stopped being JSON. */
  failedAt = 0
  /** Why, in words. */
  reason = ''
  readonly #containers: Uint8Array

  constructor(maxDepth: number = defaultMaxDepth) {
    this.#containers = new Uint8Array(maxDepth)
  }

  /** Whether the range is one value, with nothing but white space around it. */
  isWhole(bytes: Uint8Array, start: number, end: number): boolean {
    const behind = this.value(bytes, start, end)
    if (behind === -1) return false
    const rest = skipSpace(bytes, behind, end)
    if (rest === end) return true
    this.#fail(rest, 'something follows the value')
    return false
  }

  /** The position behind the value that begins at `start`, or behind white space there; -1 when there is none. */
  value(bytes: Uint8Array, start: number, end: number): number {
    const containers = this.#containers
    let depth = 0
    let at = start
    for (;;) {
      if (at < end && bytes[at]! <= space) at = skipSpace(bytes, at, end)
      if (at >= end) return this.#fail(at, 'it ends where a value is due')
      const byte = bytes[at]!
      if (byte === quote) {
        at = this.#string(bytes, at + 1, end)
        if (at === -1) return -1
      } else if (byte === openBrace || byte === openBracket) {
        if (depth === containers.length) return this.#fail(at, `it is deeper than ${containers.length}`)
        containers[depth++] = byte === openBrace ? isObject : isArray
        at = skipSpace(bytes, at + 1, end)
        if (at < end && bytes[at] === (byte === openBrace ? closeBrace : closeBracket)) {
          depth--
          at++
        } else {
          if (byte === openBrace) at = this.#name(bytes, at, end)
          if (at === -1) return -1
          continue
        }
      } else {
        at = this.#scalar(bytes, at, end)
        if (at === -1) return -1
      }
      // Behind a value: its container goes on, or ends and is a value itself.
      for (;;) {
        if (depth === 0) return at
        if (at < end && bytes[at]! <= space) at = skipSpace(bytes, at, end)
        const next = at < end ? bytes[at] : -1
        const inObject = containers[depth - 1] === isObject
        if (next === comma) {
          at++
          if (inObject) at = this.#name(bytes, skipSpace(bytes, at, end), end)
          if (at === -1) return -1
          break
        }
        if (next !== (inObject ? closeBrace : closeBracket)) {
          return this.#fail(at, inObject ? 'a comma or } is due' : 'a comma or ] is due')
        }
        depth--
        at++
      }
    }
  }

  /** Behind the name and its colon; -1 when they are not there. */
  #name(bytes: Uint8Array, start: number, end: number): number {
    if (start >= end || bytes[start] !== quote) return this.#fail(start, 'a name in quotes is due')
    const behind = this.#string(bytes, start + 1, end)
    if (behind === -1) return -1
    if (behind < end && bytes[behind] === colon) return behind + 1
    const at = skipSpace(bytes, behind, end)
    return at < end && bytes[at] === colon ? at + 1 : this.#fail(at, 'a colon is due')
  }

  /** A value that is neither a string nor a container. */
  #scalar(bytes: Uint8Array, at: number, end: number): number {
    const byte = bytes[at]!
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number(bytes, at, end)
    if (byte === 0x74) return this.#literal(bytes, at, end, 'true')
    if (byte === 0x66) return this.#literal(bytes, at, end, 'false')
    if (byte === 0x6e) return this.#literal(bytes, at, end, 'null')
    return this.#fail(at, 'no value begins like this')
  }

  /** From behind the opening quote to behind the closing one. */
  #string(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    for (;;) {
      // Two at a time: measured to be faster than one, and than four or eight in strings as short as those of logs.
      while (at + 1 < end && (isSpecial[bytes[at]!]! | isSpecial[bytes[at + 1]!]!) === 0) at += 2
      if (at < end && isSpecial[bytes[at]!] === 0) at++
      if (at >= end) return this.#fail(end, 'a string has no end')
      const byte = bytes[at]!
      if (byte === quote) return at + 1
      if (byte !== backslash) return this.#fail(at, 'a control character stands in a string')
      const escape = at + 1 < end ? bytes[at + 1]! : 0
      if (isEscape[escape] === 1) {
        at += 2
        continue
      }
      if (escape !== 0x75 || !isHex4(bytes, at + 2, end)) return this.#fail(at, 'an escape is none')
      at += 6
    }
  }

  #number(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    if (bytes[at] === 0x2d) at++
    const whole = at
    at = skipDigits(bytes, at, end)
    if (at === whole || (bytes[whole] === 0x30 && at > whole + 1)) return this.#fail(start, 'a number is none')
    if (at < end && bytes[at] === 0x2e) {
      const fraction = at + 1
      at = skipDigits(bytes, fraction, end)
      if (at === fraction) return this.#fail(at, 'a number has no digits behind its point')
    }
    if (at < end && (bytes[at]! | 0x20) === 0x65) {
      at++
      if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
      const exponent = at
      at = skipDigits(bytes, exponent, end)
      if (at === exponent) return this.#fail(at, 'a number has no digits in its exponent')
    }
    return at
  }

  #literal(bytes: Uint8Array, at: number, end: number, word: string): number {
    if (at + word.length > end) return this.#fail(end, `it ends inside ${word}`)
    for (let index = 1; index < word.length; index++) {
      if (bytes[at + index] !== word.charCodeAt(index)) return this.#fail(at, 'no value begins like this')
    }
    return at + word.length
  }

  #fail(at: number, reason: string): -1 {
    this.failedAt = at
    this.reason = reason
    return -1
  }
}

/** The position of the first byte from `at` on that is no white space of JSON; `end` when there is none. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isSpace[bytes[at]!] === 1) at++
  return at
}

function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++
  return at
}

function isHex4(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 4 > end) return false
  return (
    isHexDigit[bytes[at]!]! +
      isHexDigit[bytes[at + 1]!]! +
      isHexDigit[bytes[at + 2]!]! +
      isHexDigit[bytes[at + 3]!]! ===
    4
  )
}

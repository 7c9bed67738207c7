// Is a value one JSON object (RFC 8259)? Decided on the bytes, exactly and without making anything of them, as the
// bytes go into the file as they are: big numbers, the order of members and their spelling survive.
//
// Strings must be UTF-8. Objects and arrays may be nested maxDepth deep; what is deeper is not taken for an object.

import { indexOfOdd, oddBytes } from './json-text.js'
import type { TextRange } from './json-text.js'
import { utf8Bytes } from './utf8.js'

/** Readers of lakes give up far earlier. */
export const maxDepth = 512

const inObject = 1
const inArray = 2

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** 1 for the letters that may follow a backslash, but for u. */
const isEscapable = new Uint8Array(256)
for (const letter of Buffer.from('"\\/bfnrt')) isEscapable[letter] = 1

const literals: ReadonlyMap<number, Buffer> = new Map(
  ['true', 'false', 'null'].map((text) => [text.charCodeAt(0), Buffer.from(text)] as const),
)

export class JsonObjectScanner {
  /** Where the object found last lies, from its brace to behind its brace. */
  start = 0
  end = 0
  /** Has it no members? */
  isEmpty = false
  /** Do line ends lie between its tokens? They are no part of it: a space says the same. */
  hasLineEnds = false

  readonly #open = new Uint8Array(maxDepth)
  #depth = 0

  /** True when the range holds an object and nothing else but white space around it. */
  scan(text: TextRange): boolean {
    const { bytes, end } = text
    this.hasLineEnds = false
    this.start = this.#behindSpace(bytes, text.start, end)
    if (this.start >= end || bytes[this.start] !== openBrace) return false
    // What stands before and behind the object stays away.
    this.hasLineEnds = false
    const behind = this.#behindObject(text)
    if (behind < 0) return false
    this.end = behind
    const hadLineEnds = this.hasLineEnds
    const rest = this.#behindSpace(bytes, behind, end)
    this.hasLineEnds = hadLineEnds
    return rest === end
  }

  /** The position behind the object that begins at `this.start`; -1 when it is none. */
  #behindObject(text: TextRange): number {
    const { bytes, end } = text
    this.#open[0] = inObject
    this.#depth = 1
    let at = this.#behindSpace(bytes, this.start + 1, end)
    this.isEmpty = at < end && bytes[at] === closeBrace
    if (this.isEmpty) return at + 1
    at = this.#behindName(text, at)
    while (this.#depth > 0) {
      if (at < 0 || at >= end) return -1
      at = this.#behindValue(text, at)
    }
    return at
  }

  /** Behind the value at `at`, and the commas, closings and names that follow, up to the next value. */
  #behindValue(text: TextRange, at: number): number {
    const { bytes, end } = text
    const byte = bytes[at]!
    if (byte === openBrace || byte === openBracket) return this.#behindOpening(text, at)
    const behind =
      byte === quote
        ? behindString(text, at)
        : byte === minus || isDigit(byte)
          ? behindNumber(bytes, at, end)
          : behindLiteral(bytes, at, end)
    if (behind < 0) return -1
    const next = this.#behindClosed(bytes, behind, end)
    return this.#depth === 0 || next < 0 ? next : this.#behindComma(text, next)
  }

  /** Opens an object or array; an empty one is closed at once. */
  #behindOpening(text: TextRange, at: number): number {
    const { bytes, end } = text
    if (this.#depth === maxDepth) return -1
    const isObject = bytes[at] === openBrace
    this.#open[this.#depth++] = isObject ? inObject : inArray
    const inside = this.#behindSpace(bytes, at + 1, end)
    if (inside >= end) return -1
    if (bytes[inside] !== (isObject ? closeBrace : closeBracket))
      return isObject ? this.#behindName(text, inside) : inside
    this.#depth--
    const next = this.#behindClosed(bytes, inside + 1, end)
    return this.#depth === 0 || next < 0 ? next : this.#behindComma(text, next)
  }

  /**
   * Closes what ends behind a value. Gives the position behind the outermost brace when that was closed, else that of
   * the byte that follows; -1 for a closing of the wrong kind.
   */
  #behindClosed(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    for (;;) {
      at = this.#behindSpace(bytes, at, end)
      if (at >= end) return -1
      const byte = bytes[at]!
      if (byte !== closeBrace && byte !== closeBracket) return at
      if (this.#open[this.#depth - 1] !== (byte === closeBrace ? inObject : inArray)) return -1
      at++
      if (--this.#depth === 0) return at
    }
  }

  /** Behind the comma at `at` and, in an object, the name that follows it. */
  #behindComma(text: TextRange, at: number): number {
    const { bytes, end } = text
    if (bytes[at] !== comma) return -1
    const next = this.#behindSpace(bytes, at + 1, end)
    return this.#open[this.#depth - 1] === inObject ? this.#behindName(text, next) : next
  }

  /** Behind a member's name and its colon. */
  #behindName(text: TextRange, at: number): number {
    const { bytes, end } = text
    if (at >= end || bytes[at] !== quote) return -1
    const behind = behindString(text, at)
    if (behind < 0) return -1
    const next = this.#behindSpace(bytes, behind, end)
    if (next >= end || bytes[next] !== colon) return -1
    return this.#behindSpace(bytes, next + 1, end)
  }

  #behindSpace(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte > 0x20) break
      if (byte === 0x0a || byte === 0x0d) this.hasLineEnds = true
      else if (byte !== 0x20 && byte !== 0x09) break
    }
    return at
  }
}

/** Behind the string that begins with the quote at `at`; -1 when it is none. */
function behindString(text: TextRange, at: number): number {
  const { bytes, view, end } = text
  const lastWord = end - 4
  let next = at + 1
  for (;;) {
    while (next <= lastWord) {
      const odd = oddBytes(view.getInt32(next, true))
      if (odd !== 0) {
        next += indexOfOdd(odd)
        break
      }
      next += 4
    }
    if (next >= end) return -1
    const byte = bytes[next]!
    if (byte === quote) return next + 1
    if (byte < 0x20) return -1
    const length = byte === backslash ? escapeBytes(bytes, next, end) : byte < 0x80 ? 1 : utf8Bytes(bytes, next, end)
    if (length === 0) return -1
    next += length
  }
}

/** The length of the escape at `at`; 0 when it is none. */
function escapeBytes(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0
  const letter = bytes[at + 1]!
  if (letter !== 0x75) return isEscapable[letter]! * 2
  if (at + 6 > end) return 0
  for (let digit = at + 2; digit < at + 6; digit++) {
    const byte = bytes[digit]!
    const isHex = isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
    if (!isHex) return 0
  }
  return 6
}

function behindNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes[from] === minus ? from + 1 : from
  const whole = at
  at = behindDigits(bytes, at, end)
  if (at === whole || (bytes[whole] === 0x30 && at > whole + 1)) return -1
  if (at < end && bytes[at] === 0x2e) {
    const fraction = at + 1
    at = behindDigits(bytes, fraction, end)
    if (at === fraction) return -1
  }
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === minus)) at++
    const exponent = at
    at = behindDigits(bytes, exponent, end)
    if (at === exponent) return -1
  }
  return at
}

function behindDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && isDigit(bytes[at]!)) at++
  return at
}

function behindLiteral(bytes: Uint8Array, at: number, end: number): number {
  const literal = literals.get(bytes[at]!)
  if (literal === undefined || at + literal.length > end) return -1
  for (let index = 1; index < literal.length; index++) {
    if (bytes[at + index] !== literal[index]) return -1
  }
  return at + literal.length
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

// Is a value one JSON object (RFC 8259)? Decided on the bytes, exactly and without making anything of them, as the
// bytes go into the file as they are: big numbers, the order of members and their spelling survive.
//
// Strings must be UTF-8. Objects and arrays may be nested maxDepth deep; what is deeper is not taken for an object.

import { indexOfOdd, oddBytes } from './json-text.js'
import type { TextRange } from './json-text.js'
import { utf8Bytes } from './utf8.js'

/** Readers of lakes give up far earlier. */
export const maxDepth = 512

const lineFeed = 0x0a
const carriageReturn = 0x0d
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

  /** For each object and array that is open, the outermost first: 1 for an object. */
  readonly #open = new Uint8Array(maxDepth)

  /** True when the range holds an object and nothing else but white space around it. */
  scan(text: TextRange): boolean {
    const { bytes } = text
    this.start = this.#behindSpace(bytes, text.start, text.end)
    this.end = text.end
    while (this.end > this.start && isSpace(bytes[this.end - 1]!)) this.end--
    this.isEmpty = false
    this.hasLineEnds = false
    return this.start < this.end && bytes[this.start] === openBrace && this.#behindObject(text) === this.end
  }

  /**
   * The position behind the object that begins at `this.start`; -1 when it is none. Tokens mostly stand side by side:
   * a look before each call of #behindSpace saves a tenth of the time.
   */
  #behindObject(text: TextRange): number {
    const { bytes } = text
    const { end } = this
    const open = this.#open
    let depth = 1
    let inObject = true
    open[0] = 1
    let at = this.#behindSpace(bytes, this.start + 1, end)
    this.isEmpty = at < end && bytes[at] === closeBrace
    if (this.isEmpty) return at + 1
    for (;;) {
      // Here a value follows, in an object behind its name.
      if (inObject) at = this.#behindName(text, at, end)
      if (at < 0 || at >= end) return -1
      const byte = bytes[at]!
      if (byte === openBrace || byte === openBracket) {
        if (depth === maxDepth) return -1
        inObject = byte === openBrace
        open[depth++] = inObject ? 1 : 0
        at = this.#behindSpace(bytes, at + 1, end)
        if (at >= end) return -1
        if (bytes[at] !== (inObject ? closeBrace : closeBracket)) continue
      } else {
        at = behindScalar(text, at, end)
        if (at < 0) return -1
      }
      for (;;) {
        if (at < end && bytes[at]! <= 0x20) at = this.#behindSpace(bytes, at, end)
        if (at >= end) return -1
        const next = bytes[at++]!
        if (next === comma) break
        if (next !== (inObject ? closeBrace : closeBracket)) return -1
        if (--depth === 0) return at
        inObject = open[depth - 1] === 1
      }
      if (at < end && bytes[at]! <= 0x20) at = this.#behindSpace(bytes, at, end)
    }
  }

  /** Behind a member's name, its colon and the space that follows. */
  #behindName(text: TextRange, at: number, end: number): number {
    const { bytes } = text
    if (at >= end || bytes[at] !== quote) return -1
    let next = behindString(text, at, end)
    if (next < 0) return -1
    if (next < end && bytes[next]! <= 0x20) next = this.#behindSpace(bytes, next, end)
    if (next >= end || bytes[next++] !== colon) return -1
    return next < end && bytes[next]! <= 0x20 ? this.#behindSpace(bytes, next, end) : next
  }

  #behindSpace(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte > 0x20 || !isSpace(byte)) break
      if (byte === lineFeed || byte === carriageReturn) this.hasLineEnds = true
    }
    return at
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === lineFeed || byte === carriageReturn || byte === 0x09
}

/** Behind the string, number or literal that begins at `at`; -1 when there is none. */
function behindScalar(text: TextRange, at: number, end: number): number {
  const byte = text.bytes[at]!
  if (byte === quote) return behindString(text, at, end)
  return byte === minus || isDigit(byte) ? behindNumber(text.bytes, at, end) : behindLiteral(text.bytes, at, end)
}

/** Behind the string that begins with the quote at `at`; -1 when it is none. */
function behindString(text: TextRange, at: number, end: number): number {
  const { bytes, view } = text
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

// The inside of a JSON string (RFC 8259, section 7) from bytes that should be UTF-8: checked, escaped and copied in one
// walk, four bytes at a time where none of them needs a closer look.

import type { Block } from './block.js'
import { utf8Bytes } from './utf8.js'

const quote = 0x22
const backslash = 0x5c
const hexDigits = Buffer.from('0123456789abcdef')

/** The letter behind the backslash for bytes that have a short escape, 1 for other controls, 0 for what stands as it is. */
const escapeOf = makeEscapes()

function makeEscapes(): Uint8Array {
  const table = new Uint8Array(256)
  table.fill(1, 0, 0x20)
  for (const [byte, letter] of [
    [0x08, 'b'],
    [0x09, 't'],
    [0x0a, 'n'],
    [0x0c, 'f'],
    [0x0d, 'r'],
    [quote, '"'],
    [backslash, '\\'],
  ] as const) {
    table[byte] = letter.charCodeAt(0)
  }
  return table
}

/** No byte takes more than this when escaped. */
export const mostEscapedBytes = 6

const nothing = Buffer.alloc(0)

/** A range of bytes, with a view of the same memory. One object serves all records: it is set anew for each. */
export class TextRange {
  bytes: Uint8Array = nothing
  view: DataView = new DataView(nothing.buffer, 0, 0)
  start = 0
  end = 0

  /** Makes a view only when the memory is another than before: that is once per batch. */
  set(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.start = start
    this.end = end
  }
}

/**
 * Which of the four bytes of a word, read little endian, are controls, quotes, backslashes or not ASCII: the high bit
 * of each of them. The lowest bit that is set is exact. One above it may be wrong, as a borrow can run upwards from a
 * byte that is found into the next.
 */
export function oddBytes(word: number): number {
  const belowSpace = word - 0x20202020
  const isQuote = (word ^ 0x22222222) - 0x01010101
  const isBackslash = (word ^ 0x5c5c5c5c) - 0x01010101
  return (belowSpace | isQuote | isBackslash | word) & 0x80808080
}

/** The place, 0 to 3, of the first byte that `oddBytes` found. */
export function indexOfOdd(odd: number): number {
  return (31 - Math.clz32(odd & -odd)) >> 3
}

/**
 * Writes `text` into `into` at `at`, where six bytes for each of its bytes must have room, and gives the position
 * behind; -1 when it is not UTF-8, and then what was written means nothing.
 */
export function writeEscaped(text: TextRange, into: Block, at: number): number {
  const { bytes, view, end } = text
  const target = into.bytes
  const targetView = into.view
  const lastWord = end - 4
  let from = text.start
  let to = at
  for (;;) {
    while (from <= lastWord) {
      const word = view.getInt32(from, true)
      targetView.setInt32(to, word, true)
      const odd = oddBytes(word)
      const plainBytes = odd === 0 ? 4 : indexOfOdd(odd)
      from += plainBytes
      to += plainBytes
      if (odd !== 0) break
    }
    if (from >= end) return to
    const byte = bytes[from]!
    if (byte >= 0x80) {
      const length = utf8Bytes(bytes, from, end)
      if (length === 0) return -1
      for (const stop = from + length; from < stop; from++) target[to++] = bytes[from]!
    } else {
      to = escapeOf[byte] === 0 ? putByte(target, to, byte) : putEscape(target, to, byte)
      from++
    }
  }
}

/** How many bytes `writeEscaped` would write, at most: exact for UTF-8. */
export function escapedBytes(bytes: Uint8Array, start: number, end: number): number {
  let count = end - start
  for (let at = start; at < end; at++) {
    const escape = escapeOf[bytes[at]!]!
    if (escape !== 0) count += escape === 1 ? mostEscapedBytes - 1 : 1
  }
  return count
}

function putByte(target: Uint8Array, at: number, byte: number): number {
  target[at] = byte
  return at + 1
}

function putEscape(target: Uint8Array, at: number, byte: number): number {
  const letter = escapeOf[byte]!
  target[at] = backslash
  if (letter !== 1) {
    target[at + 1] = letter
    return at + 2
  }
  target[at + 1] = 0x75
  target[at + 2] = 0x30
  target[at + 3] = 0x30
  target[at + 4] = hexDigits[byte >> 4]!
  target[at + 5] = hexDigits[byte & 15]!
  return at + mostEscapedBytes
}

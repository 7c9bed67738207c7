// Values of one piece: numbers, times, bytes, JSON. Input is what the server prints under the settings of `connect`.

import { writeText } from './json-text.js'
import type { OutputBytes } from './output-bytes.js'
import type { ValueEncoder } from './value-encoder.js'

const quote = 0x22
const minus = 0x2d
const nine = 0x39
const zero = 0x30

/** Digits that JSON takes as they are: int2, int4, oid. */
export const writeDigits: ValueEncoder = (input, start, end, out) => {
  out.ensure(end - start)
  copyShort(input, start, end, out)
}

/** Letters that need no escape, in quotes: numeric, money, uuid and their like. */
const writePlain: ValueEncoder = (input, start, end, out) => {
  out.ensure(end - start + 2)
  out.bytes[out.at++] = quote
  copyShort(input, start, end, out)
  out.bytes[out.at++] = quote
}

/** 2^53 - 1: the largest whole number that every reader of JSON keeps. */
const largestSafe = Buffer.from(String(Number.MAX_SAFE_INTEGER), 'latin1')

/** A number while it is exact as a double, a string beyond. */
export const writeInt8: ValueEncoder = (input, start, end, out) => {
  const first = input[start] === minus ? start + 1 : start
  const digits = end - first
  const isSafe =
    digits < largestSafe.length ||
    (digits === largestSafe.length && input.compare(largestSafe, 0, largestSafe.length, first, end) <= 0)
  if (isSafe) writeDigits(input, start, end, out)
  else writePlain(input, start, end, out)
}

/** A number, or `"NaN"`, `"Infinity"`, `"-Infinity"`, which JSON does not know. */
export const writeFloat: ValueEncoder = (input, start, end, out) => {
  const first = input[start] === minus ? input[start + 1]! : input[start]!
  if (first >= zero && first <= nine) writeDigits(input, start, end, out)
  else writePlain(input, start, end, out)
}

const letterT = 0x74
const trueText = Buffer.from('true', 'latin1')
const falseText = Buffer.from('false', 'latin1')

export const writeBool: ValueEncoder = (input, start, _end, out) => {
  const text = input[start] === letterT ? trueText : falseText
  out.ensure(text.length)
  copyShort(text, 0, text.length, out)
}

const hexValues = new Uint8Array(256)
for (const [value, digit] of Buffer.from('0123456789abcdef', 'latin1').entries()) hexValues[digit] = value
const base64Digits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const padding = 0x3d

/** `\x` and hexadecimal digits become base64: six digits are four letters. */
export const writeBytea: ValueEncoder = (input, start, end, out) => {
  const digits = end - start - 2
  out.ensure(Math.ceil(digits / 6) * 4 + 2)
  const { bytes } = out
  let to = out.at
  bytes[to++] = quote
  let from = start + 2
  for (; from + 6 <= end; from += 6) {
    const three = (byteOfHex(input, from) << 16) | (byteOfHex(input, from + 2) << 8) | byteOfHex(input, from + 4)
    bytes[to++] = base64Digits[three >> 18]!
    bytes[to++] = base64Digits[(three >> 12) & 63]!
    bytes[to++] = base64Digits[(three >> 6) & 63]!
    bytes[to++] = base64Digits[three & 63]!
  }
  if (from < end) {
    const hasTwo = end - from === 4
    const rest = (byteOfHex(input, from) << 8) | (hasTwo ? byteOfHex(input, from + 2) : 0)
    bytes[to++] = base64Digits[rest >> 10]!
    bytes[to++] = base64Digits[(rest >> 4) & 63]!
    bytes[to++] = hasTwo ? base64Digits[(rest & 15) << 2]! : padding
    bytes[to++] = padding
  }
  bytes[to++] = quote
  out.at = to
}

const byteOfHex = (input: Buffer, at: number): number => (hexValues[input[at]!]! << 4) | hexValues[input[at + 1]!]!

/** "char": servers before 16 print a byte above 127 as it is, which is no UTF-8. It becomes `\303`, as 16 prints it. */
export const writeChar: ValueEncoder = (input, start, end, out) => {
  const byte = input[start]!
  if (end - start !== 1 || byte < 0x80) return writeText(input, start, end, out)
  const octal = Buffer.from(`\\${byte.toString(8)}`, 'latin1')
  writeText(octal, 0, octal.length, out)
}

const space = 0x20
const capitalC = 0x43
const capitalT = 0x54
const capitalZ = 0x5a

/** A `T` between date and time; infinities, and years BC, as the server prints them. */
export const writeTimestamp: ValueEncoder = (input, start, end, out) => {
  const from = out.at + 1
  writePlain(input, start, end, out)
  const length = end - start
  // "infinity" has no space, "0044-03-15 10:00:00 BC" ends with a C.
  if (input[end - 1] === capitalC) return
  for (let at = from; at < from + length; at++) {
    if (out.bytes[at] !== space) continue
    out.bytes[at] = capitalT
    return
  }
}

const plus = 0x2b

/** As writeTimestamp, and `Z` for the offset, which is always +00. */
export const writeTimestampTz: ValueEncoder = (input, start, end, out) => {
  writeTimestamp(input, start, end, out)
  const { bytes, at } = out
  const isUtc = bytes[at - 4] === plus && bytes[at - 3] === zero && bytes[at - 2] === zero
  if (!isUtc) return
  bytes[at - 4] = capitalZ
  bytes[at - 3] = quote
  out.at = at - 2
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** The JSON itself on one line: raw line ends lie between its parts only, as strings cannot hold them. */
export const writeJson: ValueEncoder = (input, start, end, out) => {
  out.ensure(end - start)
  const { bytes } = out
  let { at } = out
  for (let from = start; from < end; from++) {
    const byte = input[from]!
    bytes[at++] = byte === lineFeed || byte === carriageReturn ? space : byte
  }
  out.at = at
}

function copyShort(input: Buffer, start: number, end: number, out: OutputBytes): void {
  const { bytes } = out
  let { at } = out
  for (let from = start; from < end; from++) bytes[at++] = input[from]!
  out.at = at
}

/** By OID, as pg_type.dat gives them; what is not here is text. */
export const scalarByOid: ReadonlyMap<number, ValueEncoder> = new Map<number, ValueEncoder>([
  [16, writeBool],
  [17, writeBytea],
  [18, writeChar],
  [20, writeInt8],
  [21, writeDigits],
  [23, writeDigits],
  [26, writeDigits],
  [114, writeJson],
  [700, writeFloat],
  [701, writeFloat],
  [1082, writePlain],
  [1114, writeTimestamp],
  [1184, writeTimestampTz],
  [1700, writePlain],
  [2950, writePlain],
  [3802, writeJson],
])

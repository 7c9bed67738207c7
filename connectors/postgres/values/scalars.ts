// Values of one piece: numbers, times, bytes, JSON. Input is what the server prints under the settings of `connect`.

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
export const writePlain: ValueEncoder = (input, start, end, out) => {
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

/** `\x` and hexadecimal digits become base64. */
export const writeBytea: ValueEncoder = (input, start, end, out) => {
  const base64 = Buffer.from(input.toString('latin1', start + 2, end), 'hex').toString('base64')
  out.ensure(base64.length + 2)
  out.bytes[out.at++] = quote
  out.at += out.bytes.write(base64, out.at, 'latin1')
  out.bytes[out.at++] = quote
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
  const { bytes, at } = out
  out.at += input.copy(bytes, at, start, end)
  replace(bytes, lineFeed, at, out.at)
  replace(bytes, carriageReturn, at, out.at)
}

function replace(bytes: Buffer, byte: number, start: number, end: number): void {
  for (let at = bytes.indexOf(byte, start); at !== -1 && at < end; at = bytes.indexOf(byte, at + 1)) bytes[at] = space
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

// Text as a JSON string, byte by byte: UTF-8 stays as it is, quotes, backslashes and control characters are escaped.

import type { OutputBytes } from './output-bytes.js'
import type { ValueEncoder } from './value-encoder.js'

const quote = 0x22
const backslash = 0x5c

/** What stands behind the backslash: 0 for bytes that stay, `u` for those without a short form. */
const escapes = new Uint8Array(256)
escapes.fill(0x75, 0, 0x20)
escapes[0x08] = 0x62
escapes[0x09] = 0x74
escapes[0x0a] = 0x6e
escapes[0x0c] = 0x66
escapes[0x0d] = 0x72
escapes[quote] = quote
escapes[backslash] = backslash

const hexDigits = Buffer.from('0123456789abcdef', 'latin1')
/** `\u00XX` for each byte of a run, and the quotes around it. */
const mostGrowth = 6

/** Short texts are copied by a loop, which a call of `copy` costs more than. */
const shortBytes = 48

export const writeText: ValueEncoder = (input, start, end, out) => {
  out.ensure((end - start) * mostGrowth + 2)
  out.bytes[out.at++] = quote
  if (end - start <= shortBytes) writeShort(input, start, end, out)
  else writeLong(input, start, end, out)
  out.bytes[out.at++] = quote
}

function writeShort(input: Buffer, start: number, end: number, out: OutputBytes): void {
  const { bytes } = out
  let to = out.at
  for (let from = start; from < end; from++) {
    const byte = input[from]!
    if (escapes[byte] === 0) bytes[to++] = byte
    else to = writeEscape(bytes, to, byte)
  }
  out.at = to
}

function writeLong(input: Buffer, start: number, end: number, out: OutputBytes): void {
  const { bytes } = out
  let to = out.at
  let clean = start
  for (let from = start; from < end; from++) {
    const byte = input[from]!
    if (escapes[byte] === 0) continue
    to += input.copy(bytes, to, clean, from)
    to = writeEscape(bytes, to, byte)
    clean = from + 1
  }
  out.at = to + input.copy(bytes, to, clean, end)
}

function writeEscape(bytes: Buffer, at: number, byte: number): number {
  const escape = escapes[byte]!
  let to = at
  bytes[to++] = backslash
  bytes[to++] = escape
  if (escape !== 0x75) return to
  bytes[to++] = 0x30
  bytes[to++] = 0x30
  bytes[to++] = hexDigits[byte >> 4]!
  bytes[to++] = hexDigits[byte & 15]!
  return to
}

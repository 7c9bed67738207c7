// One value of a record or of the pipeline as part of a file's path. Values come from strangers: whatever they hold,
// the result has no separator, no control character, does not begin with a dot and is at most maxValueBytes long, so
// it can neither leave its folder nor name one of ours.

import { crc32c } from '../../core/bytes/crc32c.js'

/** The longest text that a record's value gives. Longer ones are cut and end with a checksum that keeps them apart. */
export const maxValueBytes = 96

/** Stands for what a record does not have: no such field, null, an object or a list, no time. */
export const missingValue = '__none__'

/** Stands for a text without characters, which would leave a folder without a name. */
const emptyValue = '__empty__'

const plain = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/

/**
 * Percent-encodes (RFC 3986) the UTF-8 bytes of all but the unreserved characters, and a dot at the start. At most
 * `mostBytes` long.
 */
export function pathValue(text: string, mostBytes = maxValueBytes): string {
  if (text === '') return emptyValue
  if (text.length <= mostBytes && plain.test(text)) return text
  const bytes = Buffer.from(text)
  let encoded = ''
  for (let at = 0; at < bytes.length && encoded.length <= mostBytes; at++) {
    encoded += encodedByte(bytes[at]!, at === 0)
  }
  if (encoded.length <= mostBytes) return encoded
  const sum = crc32c(bytes, 0, bytes.length).toString(16).padStart(8, '0')
  return `${withinBytes(encoded, mostBytes - sum.length - 1)}~${sum}`
}

function encodedByte(byte: number, first: boolean): string {
  const isUnreserved =
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x5f ||
    byte === 0x7e ||
    (byte === 0x2e && !first)
  if (isUnreserved) return String.fromCharCode(byte)
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** The longest start of an encoded text that does not cut an escape in two. */
function withinBytes(encoded: string, limit: number): string {
  const escape = encoded.lastIndexOf('%', limit - 1)
  return encoded.slice(0, escape > limit - 3 ? escape : limit)
}

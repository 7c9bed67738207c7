// UTF-8 (RFC 3629) byte by byte, for loops that look at text anyway.

/**
 * The length of the character that begins at `at` with a byte of 0x80 or more: 2 to 4, or 0 when the bytes up to
 * `end` are no character (cut off, overlong, a surrogate, beyond U+10FFFF).
 */
export function utf8Bytes(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!
  if (lead < 0xc2 || lead > 0xf4) return 0
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (at + length > end) return 0
  const second = bytes[at + 1]!
  // The second byte of these leads has a narrower range (RFC 3629, section 4).
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return 0
  if (length > 2 && (bytes[at + 2]! & 0xc0) !== 0x80) return 0
  if (length > 3 && (bytes[at + 3]! & 0xc0) !== 0x80) return 0
  return length
}

// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78, RFC 3720 B.4): the checksum of record batches and journal frames.
//
// Short ranges are summed here, sixteen bytes a step; long ones by @node-rs/crc32 where it is installed, which is
// three times as fast from some KiB on and slower below the crossover. Both give the same sums.

import { createRequire } from 'node:module'

type Crc32c = (bytes: Uint8Array, seed?: number) => number

/** Where the native call overtakes the loop: measured between 256 and 512 bytes. */
const nativeFromBytes = 320

const polynomial = 0x82f63b78

/** Row r holds, for each byte, its sum after r zero bytes: sixteen rows of 256. */
const table = makeTable()

const native = loadNative()

/**
 * The checksum of `bytes` from `start` up to `end`, as an unsigned 32-bit number. `seed` is the sum of what came
 * before: `crc32c(b, m, n, crc32c(b, 0, m))` equals `crc32c(b, 0, n)`.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (native !== undefined && end - start >= nativeFromBytes) return native(bytes.subarray(start, end), seed)
  return crc32cPortable(bytes, start, end, seed)
}

/** The same sum without the native module; separate so that both ways can be held against each other. */
export function crc32cPortable(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  const t = table
  let crc = ~seed
  let at = start
  for (const lastWhole = end - 16; at <= lastWhole; at += 16) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      t[0xf00 | (crc & 0xff)]! ^
      t[0xe00 | ((crc >>> 8) & 0xff)]! ^
      t[0xd00 | ((crc >>> 16) & 0xff)]! ^
      t[0xc00 | (crc >>> 24)]! ^
      t[0xb00 | bytes[at + 4]!]! ^
      t[0xa00 | bytes[at + 5]!]! ^
      t[0x900 | bytes[at + 6]!]! ^
      t[0x800 | bytes[at + 7]!]! ^
      t[0x700 | bytes[at + 8]!]! ^
      t[0x600 | bytes[at + 9]!]! ^
      t[0x500 | bytes[at + 10]!]! ^
      t[0x400 | bytes[at + 11]!]! ^
      t[0x300 | bytes[at + 12]!]! ^
      t[0x200 | bytes[at + 13]!]! ^
      t[0x100 | bytes[at + 14]!]! ^
      t[bytes[at + 15]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}

function makeTable(): Int32Array {
  const made = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    made[byte] = crc
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256]!
    made[at] = (before >>> 8) ^ made[before & 0xff]!
  }
  return made
}

/** The optional dependency; undefined when it is not installed for this platform, which is no fault. */
function loadNative(): Crc32c | undefined {
  try {
    const loaded = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c?: Crc32c }
    return loaded.crc32c
  } catch {
    return undefined
  }
}

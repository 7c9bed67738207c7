// Snappy, as google/snappy's format_description.txt has it: the decompressed length as a varint, then elements.
//
//   tag xxxxxx00  literal: length - 1 in the tag, or from 60 on in the 1 to 4 bytes behind it (little endian)
//   tag xxx yyy 01  copy of 4 + yyy bytes from 11 bits back: xxx and one more byte
//   tag xxxxxx10 and 11  copy of 1 + xxxxxx bytes, distance in 2 or 4 bytes (little endian)
//
// Java's clients put it into xerial's frames: 82 'SNAPPY' 00, two int32 versions, then blocks of an int32 length (big
// endian) and snappy. librdkafka and others write it raw. Both are read; snappy-compress.ts writes it raw, which all of
// them read.

import { copyBytes } from '../bytes/copy-bytes.js'
import { readInt32 } from '../bytes/big-endian.js'
import { recordErrors } from './errors.js'
import { repeatBytes } from './match-finder.js'

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const xerialHeaderBytes = 16

/** An element gives at most 64 bytes for three: no length beyond this can be true. */
const mostRatio = 22
const mostLengthBytes = 5

/** Opens raw snappy or xerial's frames. Throws on damage, and when it is more than `maxBytes`. */
export function snappyDecompress(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length < xerialHeaderBytes || bytes.compare(xerialMagic, 0, 8, 0, 8) !== 0) {
    const opened = Buffer.allocUnsafeSlow(statedBytes(bytes, maxBytes))
    readElements(bytes, opened)
    return opened
  }
  const blocks = xerialBlocks(bytes)
  let sizeBytes = 0
  for (const block of blocks) sizeBytes += statedBytes(block, maxBytes - sizeBytes)
  const opened = Buffer.allocUnsafeSlow(sizeBytes)
  let at = 0
  for (const block of blocks) {
    const end = at + statedBytes(block, maxBytes)
    readElements(block, opened.subarray(at, end))
    at = end
  }
  return opened
}

function xerialBlocks(bytes: Buffer): readonly Buffer[] {
  const blocks: Buffer[] = []
  for (let at = xerialHeaderBytes; at < bytes.length; ) {
    const blockBytes = bytes.length - at >= 4 ? readInt32(bytes, at) : -1
    at += 4
    if (blockBytes <= 0 || blockBytes > bytes.length - at) throw damaged('a block does not fit', at)
    blocks.push(bytes.subarray(at, at + blockBytes))
    at += blockBytes
  }
  return blocks
}

/** The length in front, which is held against the limit and against what the bytes can give. */
function statedBytes(block: Buffer, maxBytes: number): number {
  let stated = 0
  let scale = 1
  for (let at = 0; at < mostLengthBytes && at < block.length; at++, scale *= 128) {
    const byte = block[at]!
    stated += (byte & 0x7f) * scale
    if (byte >= 0x80) continue
    if (stated > maxBytes) throw damaged(`it states ${stated} bytes, and ${maxBytes} are the most`, at)
    if (stated > block.length * mostRatio) throw damaged(`it states ${stated} bytes`, at)
    return stated
  }
  throw damaged('its length is cut off', 0)
}

/** Fills `into` with what the elements of the block say, exactly. */
function readElements(block: Buffer, into: Buffer): void {
  let at = 0
  while (block[at]! >= 0x80) at++
  at++
  let written = 0
  while (at < block.length) {
    const tag = block[at++]!
    if ((tag & 3) === 0) {
      let count = (tag >>> 2) + 1
      if (count > 60) {
        const lengthBytes = count - 60
        if (at + lengthBytes > block.length) throw damaged('a length is cut off', at)
        count = block.readUIntLE(at, lengthBytes) + 1
        at += lengthBytes
      }
      if (count > block.length - at || count > into.length - written) throw damaged('a literal does not fit', at)
      copyBytes(into, written, block, at, at + count)
      at += count
      written += count
      continue
    }
    const distanceBytes = (tag & 3) === 3 ? 4 : tag & 3
    if (at + distanceBytes > block.length) throw damaged('a distance is cut off', at)
    const isShort = distanceBytes === 1
    const count = isShort ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    const distance = isShort ? ((tag >>> 5) << 8) | block[at]! : block.readUIntLE(at, distanceBytes)
    at += distanceBytes
    if (distance === 0 || distance > written || count > into.length - written) throw damaged('a copy does not fit', at)
    repeatBytes(into, written, distance, count)
    written += count
  }
  if (written !== into.length) throw damaged(`it gives ${written} bytes instead of ${into.length}`, at)
}

function damaged(what: string, position: number): Error {
  return recordErrors.make('decompression_failed', `snappy is damaged at byte ${position}: ${what}`, {
    details: { codec: 'snappy', position },
  })
}

// LZ4 frames, as lz4's lz4_Frame_format.md and lz4_Block_format.md have them; all numbers little endian.
//
//   magic u32 0x184d2204 · flags u8 · block maximum u8 · [content size u64] · [dictionary id u32] · header checksum u8
//   blocks: size u32 (top bit: stored as it is) · bytes · [checksum u32]; a size of 0 ends them · [content checksum u32]
//   block: token u8 (literal length, match length - 4; 15 goes on in bytes up to one below 255) · literals · distance u16
//
// Checksums are passed over: the CRC of the batch covers every byte. A block is measured before memory is taken for it.

import { copyBytes } from '../bytes/copy-bytes.js'
import { recordErrors } from './errors.js'
import { MatchFinder, repeatBytes } from './match-finder.js'

const frameMagic = 0x184d2204
const storedBit = 0x8000_0000
const flag = { version: 0x40, versionMask: 0xc0, blockChecksum: 0x10, size: 0x08, checksum: 0x04, dictionary: 0x01 }
/** Blocks of up to 4 MiB that stand for themselves; 0x73 is the checksum of these two bytes. */
const writtenHeader = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73])
const mostBlockBytes = 4 * 1024 * 1024
const leastMatchBytes = 4
/** The last match begins at least twelve bytes before the end, and the last five bytes are literals. */
const lastStartMargin = 12
const lastLiterals = 5

/** Opens one frame. Throws on damage, and when it is more than `maxBytes`. */
export function lz4Decompress(bytes: Buffer, maxBytes: number): Buffer {
  const { blocks, sizes } = readFrame(bytes, maxBytes)
  const opened = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  blocks.forEach((block, number) => {
    if (block.isStored) copyBytes(opened, at, bytes, block.start, block.end)
    else readSequences(bytes.subarray(block.start, block.end), opened, at)
    at += sizes[number]!
  })
  return opened
}

interface FrameBlock {
  readonly start: number
  readonly end: number
  readonly isStored: boolean
}

/** Where the blocks lie, and how many bytes each gives. */
function readFrame(bytes: Buffer, maxBytes: number): { blocks: readonly FrameBlock[]; sizes: readonly number[] } {
  const { flags, headerBytes } = readHeader(bytes, maxBytes)
  const checksumBytes = (flags & flag.blockChecksum) === 0 ? 0 : 4
  const blocks: FrameBlock[] = []
  const sizes: number[] = []
  let sizeBytes = 0
  for (let at = headerBytes; ; ) {
    if (at + 4 > bytes.length) throw damaged('a block size is cut off', at)
    const stated = bytes.readUInt32LE(at)
    at += 4
    if (stated === 0) return { blocks, sizes }
    const isStored = stated >= storedBit
    const end = at + (isStored ? stated - storedBit : stated)
    if (end + checksumBytes > bytes.length) throw damaged('a block does not fit', at)
    const leftBytes = maxBytes - sizeBytes
    const size = isStored ? end - at : measureSequences(bytes.subarray(at, end), leftBytes)
    if (size > leftBytes) throw damaged(`it gives more than ${maxBytes} bytes`, at)
    blocks.push({ start: at, end, isStored })
    sizes.push(size)
    sizeBytes += size
    at = end + checksumBytes
  }
}

function readHeader(bytes: Buffer, maxBytes: number): { readonly flags: number; readonly headerBytes: number } {
  if (bytes.length < writtenHeader.length || bytes.readUInt32LE(0) !== frameMagic) throw damaged('no frame begins', 0)
  const flags = bytes[4]!
  if ((flags & flag.versionMask) !== flag.version) throw damaged(`unknown flags ${flags}`, 4)
  if ((flags & flag.dictionary) !== 0) throw damaged('it needs a dictionary', 4)
  const hasSize = (flags & flag.size) !== 0
  const headerBytes = writtenHeader.length + (hasSize ? 8 : 0)
  if (bytes.length < headerBytes) throw damaged('its header is cut off', bytes.length)
  if (hasSize && bytes.readUInt32LE(10) * 2 ** 32 + bytes.readUInt32LE(6) > maxBytes) {
    throw damaged(`it states more than ${maxBytes} bytes`, 6)
  }
  return { flags, headerBytes }
}

/** How many bytes the block gives; ends early beyond `maxBytes`. Every length is held against the block here. */
function measureSequences(block: Buffer, maxBytes: number): number {
  const end = block.length
  let size = 0
  for (let at = 0; at < end; ) {
    const token = block[at++]!
    let count = token >>> 4
    if (count === 15) {
      let byte = 255
      while (byte === 255 && at < end) count += byte = block[at++]!
    }
    at += count
    size += count
    if (at > end) throw damaged('literals do not fit', at)
    if (at === end || size > maxBytes) return size
    at += 2
    count = (token & 15) + leastMatchBytes
    if ((token & 15) === 15) {
      let byte = 255
      while (byte === 255 && at < end) count += byte = block[at++]!
    }
    size += count
    if (at >= end) throw damaged('a match has no end', at)
  }
  return size
}

/** Writes what a measured block gives at `written`. Distances may reach into the blocks before. */
function readSequences(block: Buffer, target: Buffer, written: number): void {
  const end = block.length
  for (let at = 0; at < end; ) {
    const token = block[at++]!
    let count = token >>> 4
    if (count === 15) {
      let byte = 255
      while (byte === 255) count += byte = block[at++]!
    }
    copyBytes(target, written, block, at, at + count)
    at += count
    written += count
    if (at === end) return
    const distance = block[at]! | (block[at + 1]! << 8)
    at += 2
    count = (token & 15) + leastMatchBytes
    if ((token & 15) === 15) {
      let byte = 255
      while (byte === 255) count += byte = block[at++]!
    }
    if (distance === 0 || distance > written) throw damaged('a match reaches before the beginning', at)
    repeatBytes(target, written, distance, count)
    written += count
  }
}

/** One frame without checksums, in blocks that stand for themselves. */
export function lz4Compress(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [writtenHeader]
  for (let at = 0; at < bytes.length; at += mostBlockBytes) {
    const block = bytes.subarray(at, at + mostBlockBytes)
    const sequences = writeSequences(block)
    const size = Buffer.allocUnsafe(4)
    if (sequences.length < block.length) {
      size.writeUInt32LE(sequences.length)
      pieces.push(size, sequences)
    } else {
      size.writeUInt32LE(storedBit + block.length)
      pieces.push(size, block)
    }
  }
  pieces.push(Buffer.alloc(4))
  return Buffer.concat(pieces)
}

function writeSequences(block: Buffer): Buffer {
  // The bound of the reference implementation.
  const target = Buffer.allocUnsafeSlow(block.length + Math.ceil(block.length / 255) + 16)
  const limits = { lastStart: block.length - lastStartMargin, end: block.length - lastLiterals }
  const finder = new MatchFinder(block, limits)
  let at = 0
  let done = 0
  while (finder.find(done)) {
    const literal = block.subarray(done, finder.matchStart)
    const matchCount = finder.matchBytes - leastMatchBytes
    target[at] = (Math.min(literal.length, 15) << 4) | Math.min(matchCount, 15)
    at = writeLength(target, at + 1, literal.length)
    at = copyBytes(target, at, literal, 0, literal.length)
    at = target.writeUInt16LE(finder.distance, at)
    at = writeLength(target, at, matchCount)
    done = finder.matchStart + finder.matchBytes
  }
  const literal = block.subarray(done)
  target[at] = Math.min(literal.length, 15) << 4
  at = writeLength(target, at + 1, literal.length)
  at = copyBytes(target, at, literal, 0, literal.length)
  return target.subarray(0, at)
}

/** What of a length the token's four bits did not take. */
function writeLength(target: Buffer, at: number, count: number): number {
  if (count < 15) return at
  let rest = count - 15
  for (; rest >= 255; rest -= 255) target[at++] = 255
  target[at++] = rest
  return at
}

function damaged(what: string, position: number): Error {
  return recordErrors.make('decompression_failed', `an lz4 frame is damaged at byte ${position}: ${what}`, {
    details: { codec: 'lz4', position },
  })
}

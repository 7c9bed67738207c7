// A frame of the journal: everything that arrived while the last sync ran. Frames start at multiples of 4096, so that
// a write in flight never shares a page with what is acknowledged, and a reader can look for frames behind a bad one.
// All numbers big endian:
//
//    0 magic "TRJ1"     4 CRC-32C of 8..56   8 file epoch, 8 bytes    16 sequence u64   24 durable u64
//   32 body bytes u32  36 CRC-32C of the body  40 entry count u32     44 checkpoint u32 48 sealed at, ms u64   56 body
//
// `durable` is the highest sequence known durable when the frame was sealed, `checkpoint` the number of the newest
// checkpoint that was: with an older one a start would miss what became of the frames that the newer one covers. A frame is valid where it is expected:
// with the epoch of its file and the sequence that follows; an image of a frame elsewhere has neither.

import { readInt32, readInt64, writeInt32, writeInt64 } from '../bytes/big-endian.js'
import { crc32c } from '../bytes/crc32c.js'

export const frameHeaderBytes = 56
export const frameAlignment = 4096
/** An append is at most 8 MiB, a frame at most 16 MiB, header and padding included. */
export const maxAppendBytes = 8 * 1024 * 1024
export const maxFrameBytes = 16 * 1024 * 1024
export const epochBytes = 8

const magic = 0x54524a31

const at = {
  magic: 0,
  headerCrc: 4,
  epoch: 8,
  sequence: 16,
  durable: 24,
  bodyBytes: 32,
  bodyCrc: 36,
  entryCount: 40,
  checkpoint: 44,
  sealedAt: 48,
} as const

export interface FrameHeader {
  readonly epoch: Buffer
  readonly sequence: number
  readonly durable: number
  readonly bodyBytes: number
  readonly bodyCrc: number
  readonly entryCount: number
  readonly checkpoint: number
  readonly sealedAtMs: number
}

/** Header and body, rounded up to the next frame's place. */
export function alignedFrameBytes(bodyBytes: number): number {
  return Math.ceil((frameHeaderBytes + bodyBytes) / frameAlignment) * frameAlignment
}

/** Writes the header into the first 56 bytes of `frame`, whose body stands behind it. */
export function sealFrame(frame: Buffer, header: FrameHeader): void {
  writeInt32(frame, at.magic, magic)
  header.epoch.copy(frame, at.epoch)
  writeInt64(frame, at.sequence, header.sequence)
  writeInt64(frame, at.durable, header.durable)
  writeInt32(frame, at.bodyBytes, header.bodyBytes)
  writeInt32(frame, at.bodyCrc, header.bodyCrc)
  writeInt32(frame, at.entryCount, header.entryCount)
  writeInt32(frame, at.checkpoint, header.checkpoint)
  writeInt64(frame, at.sealedAt, header.sealedAtMs)
  writeInt32(frame, at.headerCrc, crc32c(frame, at.epoch, frameHeaderBytes))
}

/** The header at `position`, when its own CRC holds; undefined otherwise. Nothing is said about the body. */
export function readFrameHeader(bytes: Buffer, position: number): FrameHeader | undefined {
  if (position + frameHeaderBytes > bytes.length) return undefined
  if (readInt32(bytes, position + at.magic) !== magic) return undefined
  const stated = readInt32(bytes, position + at.headerCrc) >>> 0
  if (crc32c(bytes, position + at.epoch, position + frameHeaderBytes) !== stated) return undefined
  return {
    epoch: Buffer.from(bytes.subarray(position + at.epoch, position + at.epoch + epochBytes)),
    sequence: readInt64(bytes, position + at.sequence),
    durable: readInt64(bytes, position + at.durable),
    bodyBytes: readInt32(bytes, position + at.bodyBytes) >>> 0,
    bodyCrc: readInt32(bytes, position + at.bodyCrc) >>> 0,
    entryCount: readInt32(bytes, position + at.entryCount),
    checkpoint: readInt32(bytes, position + at.checkpoint) >>> 0,
    sealedAtMs: readInt64(bytes, position + at.sealedAt),
  }
}

/** Does the body of the frame at `position` lie within the bytes and match its CRC? */
export function isBodyIntact(bytes: Buffer, position: number, header: FrameHeader): boolean {
  const start = position + frameHeaderBytes
  const end = start + header.bodyBytes
  return end <= bytes.length && crc32c(bytes, start, end) === header.bodyCrc
}

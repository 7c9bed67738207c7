// A journal file: 64 MiB of real bytes, recycled in place. Its header says for what it is in use, twice (at 0 and at
// 4096), so that one bad page does not hide acknowledged frames; frames follow from 8192 on.
//
//    0 magic "TRJF"   4 CRC-32C of 8..72   8 format u32        12 reserved u32   16 epoch, 8 bytes
//   24 epoch of the file before, 8 bytes   32 first sequence u64                 40 hub id, 16 bytes   56 zero, 16 bytes
//
// The epoch is random and made each time the file is put to use: what stands in it from before has another one.

import { readInt32, readInt64, writeInt32, writeInt64 } from '../bytes/big-endian.js'
import { crc32c } from '../bytes/crc32c.js'
import { frameAlignment } from './frame.js'

export const firstFramePosition = 2 * frameAlignment
export const journalFormat = 1

const magic = 0x54524a46
const headerBytes = 72
const copies = [0, frameAlignment]

export interface JournalFileHeader {
  readonly format: number
  readonly epoch: Buffer
  readonly previousEpoch: Buffer
  readonly firstSequence: number
  readonly hubId: string
}

/** Both copies of the header, padded to where the frames begin. */
export function encodeJournalHeader(header: JournalFileHeader): Buffer {
  const bytes = Buffer.alloc(firstFramePosition)
  for (const at of copies) {
    writeInt32(bytes, at, magic)
    writeInt32(bytes, at + 8, header.format)
    header.epoch.copy(bytes, at + 16)
    header.previousEpoch.copy(bytes, at + 24)
    writeInt64(bytes, at + 32, header.firstSequence)
    Buffer.from(header.hubId.replaceAll('-', ''), 'hex').copy(bytes, at + 40)
    writeInt32(bytes, at + 4, crc32c(bytes, at + 8, at + headerBytes))
  }
  return bytes
}

/** The header from whichever copy is whole; undefined for a file that was never put to use (or lost both). */
export function decodeJournalHeader(bytes: Buffer): JournalFileHeader | undefined {
  for (const at of copies) {
    if (at + headerBytes > bytes.length || readInt32(bytes, at) !== magic) continue
    if (crc32c(bytes, at + 8, at + headerBytes) !== readInt32(bytes, at + 4) >>> 0) continue
    const hex = bytes.toString('hex', at + 40, at + 56)
    return {
      format: readInt32(bytes, at + 8),
      epoch: Buffer.from(bytes.subarray(at + 16, at + 24)),
      previousEpoch: Buffer.from(bytes.subarray(at + 24, at + 32)),
      firstSequence: readInt64(bytes, at + 32),
      hubId: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    }
  }
  return undefined
}

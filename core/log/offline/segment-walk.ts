// Every batch of a segment file with its CRC checked, from the first byte on, up to the first one that is not intact.

import {
  baseOffsetOf,
  batchBytes,
  batchHeaderBytes,
  checkBatch,
  lastOffsetOf,
  type BatchFault,
} from '../../record/batch-layout.js'
import type { OpenFile } from '../../runtime/files.js'
import { maxAppendBytes } from '../frame.js'

const chunkBytes = 1024 * 1024

export type WalkedBatch =
  /** `bytes` from `start` on is the batch; valid until the next one is asked for. */
  | { readonly position: number; readonly bytes: Buffer; readonly start: number; readonly fault: undefined }
  /** No intact batch here; nothing behind it was looked at. */
  | { readonly position: number; readonly fault: BatchFault | 'offset' }

/** Offsets must ascend from the segment's base offset on; compaction leaves gaps. `endBytes` must not be beyond the file. */
export async function* walkBatches(
  file: OpenFile,
  { baseOffset, endBytes }: { readonly baseOffset: number; readonly endBytes: number },
): AsyncGenerator<WalkedBatch> {
  let chunk: Buffer = Buffer.alloc(0)
  let chunkStart = 0
  let position = 0
  let nextOffset = baseOffset
  while (position < endBytes) {
    let start = position - chunkStart
    let fault = checkBatch(chunk, start, chunk.length)
    if (fault === 'short') {
      chunk = await readAt(file, position, Math.min(chunkBytes, endBytes - position))
      if (knownBytes(chunk) > chunk.length) {
        chunk = await readAt(file, position, Math.min(knownBytes(chunk), endBytes - position))
      }
      chunkStart = position
      start = 0
      fault = checkBatch(chunk, 0, chunk.length)
    }
    if (fault === undefined && baseOffsetOf(chunk, start) < nextOffset) return yield { position, fault: 'offset' }
    if (fault !== undefined) return yield { position, fault }
    yield { position, bytes: chunk, start, fault }
    nextOffset = lastOffsetOf(chunk, start) + 1
    position += batchBytes(chunk, start)
  }
}

/** The length of the first batch as it says itself, as far as it can be: a length that no append can have is not believed. */
function knownBytes(bytes: Buffer): number {
  if (batchHeaderBytes > bytes.length) return 0
  const length = batchBytes(bytes, 0)
  return length <= maxAppendBytes ? length : 0
}

async function readAt(file: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, await file.read(bytes, 0, length, position))
}

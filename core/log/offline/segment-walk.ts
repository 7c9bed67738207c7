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
      const wantedBytes = Math.max(chunkBytes, knownBytes(chunk, start))
      chunk = await readAt(file, position, Math.min(wantedBytes, endBytes - position))
      chunkStart = position
      start = 0
      fault = checkBatch(chunk, 0, chunk.length)
      if (fault === 'short' && knownBytes(chunk, 0) > chunk.length && chunk.length < endBytes - position) continue
    }
    if (fault === undefined && baseOffsetOf(chunk, start) < nextOffset) return yield { position, fault: 'offset' }
    if (fault !== undefined) return yield { position, fault }
    yield { position, bytes: chunk, start, fault }
    nextOffset = lastOffsetOf(chunk, start) + 1
    position += batchBytes(chunk, start)
  }
}

/** The length that a batch says it has, as far as it can be: a length that no append can have is not believed. */
function knownBytes(bytes: Buffer, start: number): number {
  if (start + batchHeaderBytes > bytes.length) return 0
  const length = batchBytes(bytes, start)
  return length <= maxAppendBytes ? length : 0
}

async function readAt(file: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, await file.read(bytes, 0, length, position))
}

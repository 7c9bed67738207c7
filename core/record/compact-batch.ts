// A batch without the records that compaction drops. Offsets stay: the batch keeps its base offset and its last
// offset delta, and gets gaps between. Its header stays as well, codec and producer included: only what counts, measures
// and dates the records is written anew. A batch that cannot be read stays whole: nobody knows what it holds.

import { invariant } from '../errors/invariant.js'
import { BatchBuilder, type RecordParts } from './batch-builder.js'
import {
  baseOffsetOf,
  batchField,
  batchHeaderBytes,
  codecOf,
  lastOffsetOf,
  leastRecordBytes,
  recordCountOf,
  sealBatch,
} from './batch-layout.js'
import { compress } from './compression.js'
import { RecordCursor } from './record-cursor.js'

/** Another first record is another base of the timestamps: a delta may take this much more. */
const mostDeltaGrowthBytes = 9

export interface CompactionChoice {
  /** Does the record under the cursor stay? */
  readonly keeps: (cursor: RecordCursor) => boolean
  /** A batch that compression would make larger than this stays whole. */
  readonly mostBytes: number
}

/** The batch with the records that stay; the very same bytes when all do, undefined when none does. */
export function compactBatch(batch: Buffer, { keeps, mostBytes }: CompactionChoice): Buffer | undefined {
  const cursor = new RecordCursor()
  cursor.reset(batch)
  try {
    const builder = cursor.next() ? keptRecords(cursor, recordCountOf(batch, 0), keeps) : undefined
    if (builder === undefined || builder.recordCount === recordCountOf(batch, 0)) return batch
    if (builder.recordCount === 0) return undefined
    const compacted = underTheHeader(batch, builder)
    return compacted.length > mostBytes ? batch : compacted
  } catch (error) {
    cursor.leaveDamaged(error)
    return batch
  }
}

/**
 * Notes the offset of the last record with each key (its bytes as latin1) among the records of `batches`; records
 * without a key and batches that cannot be read are left out.
 */
export function noteLatestOffsets(batches: Buffer, offsets: Map<string, number>): void {
  const cursor = new RecordCursor()
  cursor.reset(batches)
  for (;;) {
    try {
      if (!cursor.next()) return
    } catch (error) {
      cursor.leaveDamaged(error)
      continue
    }
    const key = cursor.key()
    if (key !== null) offsets.set(key.toString('latin1'), cursor.offset)
  }
}

/** From the record that the cursor stands on. */
function keptRecords(
  cursor: RecordCursor,
  recordCount: number,
  keeps: (cursor: RecordCursor) => boolean,
): BatchBuilder {
  const { batches, bytes } = cursor
  const baseOffset = baseOffsetOf(batches, 0)
  const mostRecords = Math.min(recordCount, Math.floor(bytes.length / leastRecordBytes))
  const builder = new BatchBuilder(batchHeaderBytes + bytes.length + mostDeltaGrowthBytes * mostRecords)
  const parts: RecordParts = { key: null, value: null, valueStart: 0, valueEnd: 0, timestampMs: 0, headers: null }
  do {
    if (!keeps(cursor)) continue
    parts.key = cursor.key()
    parts.value = cursor.value()
    parts.valueEnd = parts.value?.length ?? 0
    parts.timestampMs = cursor.timestampMs
    parts.headers = cursor.encodedHeaders()
    invariant(builder.appendAt(cursor.offset - baseOffset, parts), 'a batch grew beyond its bound in compaction')
  } while (cursor.next())
  return builder
}

function underTheHeader(batch: Buffer, builder: BatchBuilder): Buffer {
  const plain = builder.finish(lastOffsetOf(batch, 0) - baseOffsetOf(batch, 0))
  const records = compress(codecOf(batch, 0), plain.subarray(batchHeaderBytes))
  const made = Buffer.allocUnsafeSlow(batchHeaderBytes + records.length)
  batch.copy(made, 0, 0, batchHeaderBytes)
  plain.copy(made, batchField.baseTimestamp, batchField.baseTimestamp, batchField.producerId)
  plain.copy(made, batchField.recordCount, batchField.recordCount, batchHeaderBytes)
  records.copy(made, batchHeaderBytes)
  sealBatch(made, 0, made.length)
  return made
}

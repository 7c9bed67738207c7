// A batch without the records that compaction drops. Offsets stay: the batch keeps its base offset and its last
// offset delta, and gets gaps between.

import { invariant } from '../errors/invariant.js'
import { BatchBuilder, type RecordParts } from './batch-builder.js'
import {
  baseOffsetOf,
  lastOffsetOf,
  leaderEpochOf,
  recordCountOf,
  setBaseOffset,
  setLeaderEpoch,
} from './batch-layout.js'
import { RecordCursor } from './record-cursor.js'

/**
 * The batch with the records that `keeps` says stay; the very same bytes when all do, undefined when none does. The
 * cursor stands on the record that is asked about.
 */
export function compactBatch(batch: Buffer, keeps: (cursor: RecordCursor) => boolean): Buffer | undefined {
  const baseOffset = baseOffsetOf(batch, 0)
  // Another first record is another base of the timestamps: each delta may take up to nine bytes more.
  const builder = new BatchBuilder(batch.length + 9 * recordCountOf(batch, 0))
  const parts: RecordParts = { key: null, value: null, valueStart: 0, valueEnd: 0, timestampMs: 0, headers: null }
  const cursor = new RecordCursor()
  cursor.reset(batch)
  let droppedCount = 0
  while (cursor.next()) {
    if (!keeps(cursor)) {
      droppedCount++
      continue
    }
    parts.key = cursor.key()
    parts.value = cursor.value()
    parts.valueEnd = parts.value?.length ?? 0
    parts.timestampMs = cursor.timestampMs
    parts.headers = cursor.encodedHeaders()
    invariant(builder.appendAt(cursor.offset - baseOffset, parts), 'a batch grew beyond its bound in compaction')
  }
  if (droppedCount === 0) return batch
  if (builder.recordCount === 0) return undefined
  const compacted = builder.finish(lastOffsetOf(batch, 0) - baseOffset)
  setBaseOffset(compacted, 0, baseOffset)
  setLeaderEpoch(compacted, 0, leaderEpochOf(batch, 0))
  return compacted
}

// Compaction of a partition in memory: per key the latest record stays, at its offset; tombstones go after their delay.
//
// It runs when a segment is closed, over all closed segments, once the part of them that was not compacted yet reaches
// `minDirtyRatio`; so its cost is spread over the appends that made it necessary. Records without a key replace nothing
// and stay.

import { invariant } from '../../errors/invariant.js'
import { BatchBuilder, type RecordParts } from '../../record/batch-builder.js'
import {
  baseOffsetOf,
  lastOffsetOf,
  maxTimestampOf,
  recordCountOf,
  setBaseOffset,
  setLeaderEpoch,
} from '../../record/batch-layout.js'
import { RecordCursor } from '../../record/record-cursor.js'
import type { TopicSettings } from '../topic-admin.js'
import type { MemorySegment, StoredBatch } from './memory-partition.js'

/** The segments without what later records replace; those that hold nothing any more are left out. */
export function compactSegments(segments: MemorySegment[], settings: TopicSettings, nowMs: number): MemorySegment[] {
  let bytes = 0
  let dirtyBytes = 0
  for (const segment of segments) {
    bytes += segment.bytes
    if (segment.compactedMs === undefined) dirtyBytes += segment.bytes
  }
  if (bytes === 0 || dirtyBytes < settings.minDirtyRatio * bytes) return segments

  const latest = latestOffsets(segments)
  for (const segment of segments) {
    const tombstonesEnd = (segment.compactedMs ?? nowMs) + settings.deleteRetentionMs
    const dropsTombstones = segment.compactedMs !== undefined && nowMs >= tombstonesEnd
    segment.batches = segment.batches.flatMap((batch) => compactBatch(batch, latest, dropsTombstones) ?? [])
    segment.bytes = segment.batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
    segment.compactedMs ??= nowMs
  }
  return segments.filter(({ batches }) => batches.length > 0)
}

function latestOffsets(segments: readonly MemorySegment[]): ReadonlyMap<string, number> {
  const latest = new Map<string, number>()
  const cursor = new RecordCursor()
  for (const { batches } of segments) {
    for (const { bytes } of batches) {
      cursor.reset(bytes)
      while (cursor.next()) {
        const key = cursor.key()
        if (key !== null) latest.set(key.toString('latin1'), cursor.offset)
      }
    }
  }
  return latest
}

/** The batch with the records that stay, or undefined when none does; the same when all do. */
function compactBatch(
  batch: StoredBatch,
  latest: ReadonlyMap<string, number>,
  dropsTombstones: boolean,
): StoredBatch | undefined {
  const baseOffset = baseOffsetOf(batch.bytes, 0)
  // Another first record is another base of the timestamps: each delta may take up to nine bytes more.
  const builder = new BatchBuilder(batch.bytes.length + 9 * recordCountOf(batch.bytes, 0))
  const parts: RecordParts = { key: null, value: null, valueStart: 0, valueEnd: 0, timestampMs: 0, headers: null }
  const cursor = new RecordCursor()
  cursor.reset(batch.bytes)
  let dropped = 0
  while (cursor.next()) {
    const key = cursor.key()
    const isReplaced = key !== null && latest.get(key.toString('latin1')) !== cursor.offset
    if (isReplaced || (key !== null && cursor.valueStart < 0 && dropsTombstones)) {
      dropped++
      continue
    }
    parts.key = key
    parts.value = cursor.value()
    parts.valueEnd = parts.value?.length ?? 0
    parts.timestampMs = cursor.timestampMs
    parts.headers = cursor.encodedHeaders()
    invariant(builder.appendAt(cursor.offset - baseOffset, parts), 'a batch grew beyond its bound in compaction')
  }
  if (dropped === 0) return batch
  if (builder.recordCount === 0) return undefined
  const bytes = Buffer.from(builder.finish())
  setBaseOffset(bytes, 0, baseOffset)
  setLeaderEpoch(bytes, 0, 0)
  return {
    bytes,
    lastOffset: lastOffsetOf(bytes, 0),
    maxTimestampMs: maxTimestampOf(bytes, 0),
    position: batch.position,
  }
}

// Compaction of a partition in memory: per key the latest record stays, at its offset; tombstones go after their delay.
//
// It runs when a segment is closed, over all closed segments, once the part of them that was not compacted yet reaches
// `minDirtyRatio`; so its cost is spread over the appends that made it necessary. Records without a key replace nothing
// and stay; aborted ones and the ends of transactions go.

import { baseOffsetOf, lastOffsetOf, maxTimestampOf } from '../../record/batch-layout.js'
import { compactBatch, noteLatestOffsets } from '../../record/compact-batch.js'
import { type PartitionTransactions, withoutVoid } from '../../record/partition-transactions.js'
import type { RecordCursor } from '../../record/record-cursor.js'
import type { TopicSettings } from '../topic-admin.js'
import { maxAppendBytes } from '../topic-rules.js'
import type { MemorySegment, StoredBatch } from './memory-partition.js'

export interface CompactionJob {
  readonly settings: TopicSettings
  readonly nowMs: number
  readonly transactions: PartitionTransactions
}

/**
 * The segments, in which no transaction is open, without what later records replace; those that hold nothing any more
 * are left out. Undefined when it is not due.
 */
export function compactSegments(
  segments: readonly MemorySegment[],
  { settings, nowMs, transactions }: CompactionJob,
): MemorySegment[] | undefined {
  let bytes = 0
  let dirtyBytes = 0
  for (const segment of segments) {
    bytes += segment.bytes
    if (segment.compactedMs === undefined) dirtyBytes += segment.bytes
  }
  if (bytes === 0 || dirtyBytes < settings.minDirtyRatio * bytes) return undefined

  for (const segment of segments) segment.batches = segment.batches.filter((batch) => !isVoid(batch, transactions))
  const latest = latestOffsets(segments)
  for (const segment of segments) {
    const tombstonesEnd = (segment.compactedMs ?? nowMs) + settings.deleteRetentionMs
    const dropsTombstones = segment.compactedMs !== undefined && nowMs >= tombstonesEnd
    segment.batches = segment.batches.flatMap((batch) => compacted(batch, latest, dropsTombstones) ?? [])
    segment.bytes = segment.batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
    segment.compactedMs ??= nowMs
  }
  return segments.filter(({ batches }) => batches.length > 0)
}

function isVoid({ bytes, lastOffset }: StoredBatch, transactions: PartitionTransactions): boolean {
  const aborted = transactions.abortedIn(baseOffsetOf(bytes, 0), lastOffset + 1)
  return withoutVoid(bytes, aborted).length === 0
}

function latestOffsets(segments: readonly MemorySegment[]): ReadonlyMap<string, number> {
  const latest = new Map<string, number>()
  for (const { batches } of segments) {
    for (const { bytes } of batches) noteLatestOffsets(bytes, latest)
  }
  return latest
}

/** The batch with the records that stay, or undefined when none does; the same when all do. */
function compacted(
  batch: StoredBatch,
  latest: ReadonlyMap<string, number>,
  dropsTombstones: boolean,
): StoredBatch | undefined {
  const keeps = (cursor: RecordCursor): boolean => {
    const key = cursor.key()
    if (key === null) return true
    return latest.get(key.toString('latin1')) === cursor.offset && !(cursor.valueStart < 0 && dropsTombstones)
  }
  const kept = compactBatch(batch.bytes, { keeps, mostBytes: maxAppendBytes })
  if (kept === batch.bytes) return batch
  if (kept === undefined) return undefined
  const bytes = Buffer.from(kept)
  return {
    bytes,
    lastOffset: lastOffsetOf(bytes, 0),
    maxTimestampMs: maxTimestampOf(bytes, 0),
    position: batch.position,
  }
}

// The first record at or after a time: segments by their largest timestamp, then the time index, then batch headers,
// then the records of one batch.

import { batchHeaderBytes, lastOffsetOf, maxTimestampOf } from '../record/batch-layout.js'
import { offsetInBatch } from '../record/time-in-batch.js'
import type { PartitionLog } from './partition-log.js'
import { batchPlaces, positionOf, readBatches, rebuildIndexes } from './segment-scan.js'
import type { Segment } from './segment.js'

/** The offset of the first record, below the high watermark, whose timestamp is at least `timestampMs`; the high watermark when there is none. */
export function offsetForTime(log: PartitionLog, timestampMs: number): Promise<number> {
  return log.unlessReplaced(() => findInSegments(log, timestampMs))
}

async function findInSegments(log: PartitionLog, timestampMs: number): Promise<number> {
  const limit = log.highWatermark
  for (const segment of [...log.segments]) {
    if (segment.maxTimestampMs < timestampMs || segment.baseOffset >= limit) continue
    const found = await firstInSegment(segment, timestampMs, log.logStartOffset)
    if (found !== undefined) return Math.min(found, limit)
  }
  return limit
}

async function firstInSegment(
  segment: Segment,
  timestampMs: number,
  logStartOffset: number,
): Promise<number | undefined> {
  const end = segment.bytes
  const start = await scanPosition(segment, { timestampMs, logStartOffset, end })
  return segment.use(async (file) => {
    for await (const place of batchPlaces(file, segment, { position: start, end })) {
      if (place.maxTimestampMs < timestampMs) continue
      const { position, batchBytes, baseOffset } = place
      const batch = await readBatches(segment, { position, end, maxBytes: batchBytes, offset: baseOffset })
      const found = offsetInBatch(batch.subarray(0, place.batchBytes), timestampMs, logStartOffset)
      if (found !== undefined) return found
    }
    return undefined
  })
}

/** Where no batch before is as late. An entry of the index counts when its batch bears it out; else the index is made anew. */
async function scanPosition(
  segment: Segment,
  wanted: { readonly timestampMs: number; readonly logStartOffset: number; readonly end: number },
): Promise<number> {
  const { timestampMs, logStartOffset, end } = wanted
  for (const attempt of ['saved', 'rebuilt']) {
    const { times } = segment.indexes()
    const entry = times.scanEntry(timestampMs)
    if (entry < 0) break
    const offset = segment.baseOffset + times.relativeOffset(entry)
    const position = await positionOf(segment, offset, end)
    if (await isBorneOut(segment, position, { offset, timestampMs: times.timestamp(entry) }))
      return offset >= logStartOffset ? position : positionOf(segment, logStartOffset, end)
    if (attempt === 'saved') await segment.use((file) => rebuildIndexes(segment, file))
  }
  return positionOf(segment, Math.max(segment.baseOffset, logStartOffset), end)
}

async function isBorneOut(
  segment: Segment,
  position: number,
  entry: { readonly offset: number; readonly timestampMs: number },
): Promise<boolean> {
  const header = Buffer.alloc(batchHeaderBytes)
  const count = await segment.use((file) => file.read(header, 0, batchHeaderBytes, position))
  if (count < batchHeaderBytes) return false
  return lastOffsetOf(header, 0) === entry.offset && maxTimestampOf(header, 0) === entry.timestampMs
}

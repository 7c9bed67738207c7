// The first record at or after a time: segments by their largest timestamp, then the time index, then batch headers,
// then the records of one batch.

import { RecordCursor } from '../record/record-cursor.js'
import type { PartitionLog } from './partition-log.js'
import { batchPlaces, positionOf, readBatches } from './segment-scan.js'
import type { Segment } from './segment.js'

/** The offset of the first record, below the high watermark, whose timestamp is at least `timestampMs`; the high watermark when there is none. */
export async function offsetForTime(log: PartitionLog, timestampMs: number): Promise<number> {
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
  const scanOffset = segment.baseOffset + segment.indexes().times.scanStart(timestampMs)
  const start = await positionOf(segment, Math.max(scanOffset, logStartOffset), end)
  return segment.use(async (file) => {
    for await (const place of batchPlaces(file, segment, { position: start, end })) {
      if (place.maxTimestampMs < timestampMs) continue
      const batch = await readBatches(segment, { position: place.position, end, maxBytes: place.batchBytes })
      const cursor = new RecordCursor()
      cursor.reset(batch.subarray(0, place.batchBytes))
      while (cursor.next())
        if (cursor.timestampMs >= timestampMs && cursor.offset >= logStartOffset) return cursor.offset
    }
    return undefined
  })
}

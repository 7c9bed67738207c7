// Where in a batch a time begins.

import { baseOffsetOf } from './batch-layout.js'
import { RecordCursor } from './record-cursor.js'

/**
 * The offset of the first record of the batch that is at or behind `timestampMs` and `fromOffset`; undefined when there
 * is none. A batch that cannot be read may hold it: then where the batch begins, so that its reader meets the damage.
 */
export function offsetInBatch(batch: Buffer, timestampMs: number, fromOffset: number): number | undefined {
  const cursor = new RecordCursor()
  cursor.reset(batch)
  try {
    while (cursor.next()) {
      if (cursor.timestampMs >= timestampMs && cursor.offset >= fromOffset) return cursor.offset
    }
    return undefined
  } catch (error) {
    cursor.leaveDamaged(error)
    return Math.max(baseOffsetOf(batch, 0), fromOffset)
  }
}

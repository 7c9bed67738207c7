import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  baseOffsetOf,
  checkBatch,
  leaderEpochOf,
  maxTimestampOf,
  nextOffsetOf,
  setBaseOffset,
  setLeaderEpoch,
} from '../../../core/record/batch-layout.js'
import { compactBatch } from '../../../core/record/compact-batch.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { someRecords } from './arbitrary-records.js'

describe('a compacted batch', () => {
  it('holds just the records that stay, at their offsets, and reaches as far as before', () => {
    const firstOffset = 2 ** 40
    fc.assert(
      fc.property(someRecords, fc.infiniteStream(fc.boolean()), (records, choices) => {
        const stays = records.map(() => choices.next().value)
        const batch = encodeBatch(records)
        setBaseOffset(batch, 0, firstOffset)
        setLeaderEpoch(batch, 0, 9)
        const compacted = compactBatch(batch, (cursor) => stays[cursor.offset - firstOffset]!)

        if (!stays.includes(true)) {
          expect(compacted).toBeUndefined()
          return
        }
        if (!stays.includes(false)) {
          expect(compacted).toBe(batch)
          return
        }
        expect(checkBatch(compacted!, 0, compacted!.length)).toBeUndefined()
        expect([baseOffsetOf(compacted!, 0), nextOffsetOf(compacted!, 0)]).toEqual([
          firstOffset,
          firstOffset + records.length,
        ])
        expect(leaderEpochOf(compacted!, 0)).toBe(9)

        const cursor = new RecordCursor()
        cursor.reset(compacted!)
        const kept = records.flatMap((record, number) => (stays[number] ? [{ record, number }] : []))
        for (const { record, number } of kept) {
          expect(cursor.next()).toBe(true)
          expect(cursor.offset).toBe(firstOffset + number)
          expect(cursor.timestampMs).toBe(record.timestampMs)
          expect(cursor.key()).toEqual(record.key && Buffer.from(record.key))
          expect(cursor.value()).toEqual(record.value && Buffer.from(record.value))
          expect(cursor.headers()).toHaveLength(record.headers?.length ?? 0)
        }
        expect(cursor.next()).toBe(false)
        expect(maxTimestampOf(compacted!, 0)).toBe(Math.max(...kept.map(({ record }) => record.timestampMs)))
      }),
      { numRuns: 300 },
    )
  })
})

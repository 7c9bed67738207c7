import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  baseOffsetOf,
  checkBatch,
  codecOf,
  leaderEpochOf,
  maxTimestampOf,
  nextOffsetOf,
  setBaseOffset,
  setLeaderEpoch,
} from '../../../core/record/batch-layout.js'
import { compactBatch, noteLatestOffsets } from '../../../core/record/compact-batch.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { prepareZstd } from '../../../core/record/zstd.js'
import { someRecords } from './arbitrary-records.js'
import { compressedBatch, unreadableBatch } from './compressed-batch.js'

const mostBytes = 8 * 1024 * 1024

beforeAll(prepareZstd)

describe.each([0, 1, 2, 3, 4])('a compacted batch of codec %i', (codec) => {
  it('holds just the records that stay, at their offsets, and reaches as far as before', () => {
    const firstOffset = 2 ** 40
    fc.assert(
      fc.property(someRecords, fc.infiniteStream(fc.boolean()), (records, choices) => {
        const stays = records.map(() => choices.next().value)
        const batch = compressedBatch(encodeBatch(records), codec)
        setBaseOffset(batch, 0, firstOffset)
        setLeaderEpoch(batch, 0, 9)
        const keeps = (cursor: RecordCursor): boolean => stays[cursor.offset - firstOffset]!
        const compacted = compactBatch(batch, { keeps, mostBytes })

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
        expect([leaderEpochOf(compacted!, 0), codecOf(compacted!, 0)]).toEqual([9, codec])

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
      { numRuns: 150 },
    )
  })
})

describe('compaction', () => {
  const records = [1, 2, 3].map((number) => ({ key: Buffer.from(`k${number}`), value: null, timestampMs: number }))

  it('keeps producer, sequence and the bits of the header', () => {
    const batch = encodeBatch(records)
    batch.writeInt16BE(0x18, 21)
    batch.writeBigInt64BE(77n, 43)
    batch.writeInt16BE(5, 51)
    batch.writeInt32BE(1234, 53)
    const compacted = compactBatch(batch, { keeps: ({ offset }) => offset === 1, mostBytes })!
    expect(compacted.subarray(21, 27)).toEqual(batch.subarray(21, 27))
    expect(compacted.subarray(43, 57)).toEqual(batch.subarray(43, 57))
  })

  it('leaves a batch whole that it cannot read', () => {
    const batch = unreadableBatch(encodeBatch(records), 2)
    expect(compactBatch(batch, { keeps: () => false, mostBytes })).toBe(batch)
  })

  it('leaves a batch whole that would become larger than may be', () => {
    const batch = encodeBatch(records)
    const keeps = ({ offset }: RecordCursor): boolean => offset > 0
    const compacted = compactBatch(batch, { keeps, mostBytes })!
    expect(compactBatch(batch, { keeps, mostBytes: compacted.length })).toEqual(compacted)
    expect(compactBatch(batch, { keeps, mostBytes: compacted.length - 1 })).toBe(batch)
  })

  it('notes the latest offset of each key, past a batch that cannot be read', () => {
    const batches = [encodeBatch(records), unreadableBatch(encodeBatch(records), 4), encodeBatch(records.slice(1))]
    batches.forEach((batch, number) => setBaseOffset(batch, 0, number * 10))
    const offsets = new Map<string, number>()
    noteLatestOffsets(Buffer.concat(batches), offsets)
    expect([...offsets]).toEqual([
      ['k1', 0],
      ['k2', 20],
      ['k3', 21],
    ])
  })
})

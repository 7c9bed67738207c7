import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder, type RecordParts } from '../../../core/record/batch-builder.js'
import {
  baseOffsetOf,
  baseTimestampOf,
  batchBytes,
  batchHeaderBytes,
  checkBatch,
  isDense,
  lastOffsetOf,
  leaderEpochOf,
  maxTimestampOf,
  nextOffsetOf,
  recordCountOf,
  setBaseOffset,
  setLeaderEpoch,
} from '../../../core/record/batch-layout.js'
import { encodeBatch, type PlainRecord } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { encodeHeaders } from '../../../core/record/record-headers.js'
import { someRecords } from './arbitrary-records.js'
import { headersBatch, headersBatchTimestampMs, scalaProducerBatch, scalaProducerTimestampMs } from './kafka-samples.js'

function partsOf(record: PlainRecord): RecordParts {
  return {
    key: record.key,
    value: record.value,
    valueStart: 0,
    valueEnd: record.value?.length ?? 0,
    timestampMs: record.timestampMs,
    headers: record.headers?.length ? encodeHeaders(record.headers) : null,
  }
}

/** A record with a value of `valueBytes` bytes and nothing else. */
function sized(valueBytes: number): RecordParts {
  return partsOf({ key: null, value: Buffer.alloc(valueBytes, 'x'), timestampMs: 0 })
}

function walk(batches: Buffer): (PlainRecord & { offset: number })[] {
  const cursor = new RecordCursor()
  cursor.reset(batches)
  const records = []
  while (cursor.next()) {
    records.push({
      offset: cursor.offset,
      key: plain(cursor.key()),
      value: plain(cursor.value()),
      timestampMs: cursor.timestampMs,
      headers: cursor.headers().map(({ key, value }) => ({ key, value: plain(value) })),
    })
  }
  return records
}

function plain(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Uint8Array.from(bytes)
}

describe('a built batch', () => {
  it('gives its records back, in order, with their offsets', () => {
    fc.assert(
      fc.property(fc.array(someRecords, { minLength: 1, maxLength: 4 }), fc.nat(2 ** 40), (groups, first) => {
        let offset = first
        const batches = groups.map((records) => {
          const batch = encodeBatch(records)
          setBaseOffset(batch, 0, offset)
          setLeaderEpoch(batch, 0, 7)
          expect(checkBatch(batch, 0, batch.length)).toBeUndefined()
          expect(baseOffsetOf(batch, 0)).toBe(offset)
          expect(lastOffsetOf(batch, 0)).toBe(offset + records.length - 1)
          offset += records.length
          expect(nextOffsetOf(batch, 0)).toBe(offset)
          expect(leaderEpochOf(batch, 0)).toBe(7)
          expect(recordCountOf(batch, 0)).toBe(records.length)
          expect(isDense(batch, 0)).toBe(true)
          expect(batchBytes(batch, 0)).toBe(batch.length)
          expect(baseTimestampOf(batch, 0)).toBe(records[0]!.timestampMs)
          expect(maxTimestampOf(batch, 0)).toBe(Math.max(...records.map((record) => record.timestampMs)))
          return batch
        })
        expect(walk(Buffer.concat(batches))).toEqual(
          groups.flat().map((record, number) => ({ ...record, offset: first + number })),
        )
      }),
    )
  })

  it('is byte for byte what Kafka’s own producer and broker make of the same record', () => {
    const batch = encodeBatch([
      {
        key: Buffer.from('KEY-1'),
        value: Buffer.from('VALUE-Lorem ipsum dolor sit amet-1'),
        timestampMs: scalaProducerTimestampMs,
      },
    ])
    setLeaderEpoch(batch, 0, 0)
    expect(batch.toString('hex')).toBe(scalaProducerBatch.toString('hex'))
  })

  it('lays out headers as Kafka’s clients do', () => {
    const batch = encodeBatch(
      [0, 1, 2].map((number) => ({
        key: Buffer.from(`key-${number}`),
        value: Buffer.from(`some-value-${number}`),
        timestampMs: headersBatchTimestampMs,
        headers: [{ key: `header-key-${number}`, value: Buffer.from(`header-value-${number}`) }],
      })),
    )
    expect(batch.subarray(batchHeaderBytes).toString('hex')).toBe(
      headersBatch.subarray(batchHeaderBytes).toString('hex'),
    )
  })

  it('takes only the range of the value that it is told', () => {
    const builder = new BatchBuilder(1024)
    const line = Buffer.from('before|the line|after')
    builder.append({ key: null, value: line, valueStart: 7, valueEnd: 15, timestampMs: 5, headers: null })
    expect(walk(builder.finish()).map((record) => Buffer.from(record.value!).toString())).toEqual(['the line'])
  })
})

describe('the builder', () => {
  it('says false when a record does not fit, and has not changed', () => {
    const builder = new BatchBuilder(200)
    expect(builder.append(sized(60))).toBe(true)
    const before = Buffer.from(builder.finish())
    expect(builder.append(sized(80))).toBe(false)
    expect(builder.recordCount).toBe(1)
    expect(builder.sizeBytes).toBe(before.length)
    expect(builder.finish().equals(before)).toBe(true)
    expect(builder.append(sized(50))).toBe(true)
  })

  it('fills its capacity to the last byte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 20_000 }), (capacityBytes) => {
        const builder = new BatchBuilder(capacityBytes)
        let valueBytes = capacityBytes
        const fits = (): boolean => {
          try {
            return builder.append(sized(valueBytes))
          } catch {
            return false
          }
        }
        while (!fits()) valueBytes--
        // A longer length field may leave a byte or two that no record fills.
        expect(builder.sizeBytes).toBeGreaterThanOrEqual(capacityBytes - 2)
        expect(builder.finish().length).toBeLessThanOrEqual(capacityBytes)
      }),
      { numRuns: 30 },
    )
  })

  it('grows for a first record beyond the capacity, up to the limit, and shrinks again', () => {
    const builder = new BatchBuilder(200, { maxBatchBytes: 1000 })
    expect(builder.append(sized(900))).toBe(true)
    expect(checkBatch(builder.finish(), 0, builder.sizeBytes)).toBeUndefined()
    builder.reset()
    expect(builder.append(sized(10))).toBe(true)
    expect(builder.append(sized(200))).toBe(false)
  })

  it('refuses a record that no batch may hold as record_too_large, with the numbers', () => {
    const builder = new BatchBuilder(200, { maxBatchBytes: 1000 })
    expect(() => builder.append(sized(1000))).toThrow(
      expect.objectContaining({ code: 'record_too_large', details: { neededBytes: 1070, maxBatchBytes: 1000 } }),
    )
    expect(builder.append(sized(10))).toBe(true)
  })

  it('keeps offsets with gaps, and the reach of the batch they came from', () => {
    const builder = new BatchBuilder(1024)
    for (const delta of [2, 3, 70_000]) builder.appendAt(delta, sized(1))
    const batch = builder.finish(99_999)
    setBaseOffset(batch, 0, 1000)
    expect(checkBatch(batch, 0, batch.length)).toBeUndefined()
    expect(isDense(batch, 0)).toBe(false)
    expect(walk(batch).map((record) => record.offset)).toEqual([1002, 1003, 71_000])
    expect(nextOffsetOf(batch, 0)).toBe(101_000)
  })

  it('refuses an offset that does not come behind the last one', () => {
    const builder = new BatchBuilder(1024)
    builder.appendAt(5, sized(1))
    expect(() => builder.appendAt(5, sized(1))).toThrow('offset delta 5 after 5')
    expect(() => builder.finish(4)).toThrow('last offset delta 4 before 5')
  })

  it('refuses a time stamp that is no integer instead of writing a broken record', () => {
    const builder = new BatchBuilder(1024)
    builder.append(sized(1))
    expect(() => builder.append({ ...sized(1), timestampMs: NaN })).toThrow('was written as')
    expect(walk(builder.finish())).toHaveLength(1)
  })

  it('starts anew after reset', () => {
    const builder = new BatchBuilder(1024)
    builder.append({ ...sized(3), timestampMs: 9000 })
    builder.finish()
    builder.reset()
    expect(builder.recordCount).toBe(0)
    expect(() => builder.finish()).toThrow('without records')
    builder.append({ ...sized(4), timestampMs: 1000 })
    expect(walk(builder.finish())).toMatchObject([{ offset: 0, timestampMs: 1000 }])
  })
})

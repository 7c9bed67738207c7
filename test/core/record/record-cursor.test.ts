import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { BatchBuilder } from '../../../core/record/batch-builder.js'
import { batchHeaderBytes, sealBatch, setBaseOffset } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { someRecords } from './arbitrary-records.js'
import { headersBatch, headersBatchTimestampMs } from './kafka-samples.js'

/** Batches of three records each, from offset 0 on, with values "0", "1", … */
function batchesOfThree(count: number): Buffer {
  const batches = Array.from({ length: count }, (_, number) => {
    const batch = encodeBatch(
      [0, 1, 2].map((inside) => ({ key: null, value: Buffer.from(`${number * 3 + inside}`), timestampMs: 0 })),
    )
    setBaseOffset(batch, 0, number * 3)
    return batch
  })
  return Buffer.concat(batches)
}

function cursorOn(batches: Buffer): RecordCursor {
  const cursor = new RecordCursor()
  cursor.reset(batches)
  return cursor
}

function walkAll(batches: Buffer): number {
  const cursor = cursorOn(batches)
  let count = 0
  while (cursor.next()) {
    cursor.key()
    cursor.value()
    cursor.headers()
    count++
  }
  return count
}

describe('the record cursor', () => {
  it('reads what a Kafka broker sends', () => {
    const cursor = cursorOn(headersBatch)
    for (let number = 0; number < 3; number++) {
      expect(cursor.next()).toBe(true)
      expect(cursor.offset).toBe(number)
      expect(cursor.timestampMs).toBe(headersBatchTimestampMs)
      expect(cursor.key()?.toString()).toBe(`key-${number}`)
      expect(cursor.value()?.toString()).toBe(`some-value-${number}`)
      const [header] = cursor.headers()
      expect(header?.key).toBe(`header-key-${number}`)
      expect(Buffer.from(header!.value!).toString()).toBe(`header-value-${number}`)
    }
    expect(cursor.next()).toBe(false)
    expect(cursor.next()).toBe(false)
  })

  it('tells null from empty', () => {
    const cursor = cursorOn(
      encodeBatch([
        { key: null, value: Buffer.alloc(0), timestampMs: 0 },
        { key: Buffer.alloc(0), value: null, timestampMs: 0, headers: [{ key: '', value: null }] },
      ]),
    )
    cursor.next()
    expect([cursor.key(), cursor.keyStart, cursor.keyEnd]).toEqual([null, -1, -1])
    expect(cursor.value()).toHaveLength(0)
    expect(cursor.valueEnd).toBe(cursor.valueStart)
    expect([cursor.headers(), cursor.encodedHeaders()]).toEqual([[], null])
    cursor.next()
    expect(cursor.key()).toHaveLength(0)
    expect([cursor.value(), cursor.valueStart, cursor.valueEnd]).toEqual([null, -1, -1])
    expect(cursor.headers()).toEqual([{ key: '', value: null }])
  })

  it('skips to an offset, forward only, and stays when it is there', () => {
    const cursor = cursorOn(batchesOfThree(4))
    expect(cursor.skipTo(7)).toBe(true)
    expect(cursor.value()?.toString()).toBe('7')
    expect(cursor.skipTo(7)).toBe(true)
    expect(cursor.skipTo(3)).toBe(true)
    expect(cursor.offset).toBe(7)
    expect(cursor.next()).toBe(true)
    expect(cursor.offset).toBe(8)
    expect(cursor.skipTo(9)).toBe(true)
    expect(cursor.value()?.toString()).toBe('9')
    expect(cursor.skipTo(12)).toBe(false)
    expect(cursor.next()).toBe(false)
  })

  it('skips into a gap that compaction left, to the record behind it', () => {
    const builder = new BatchBuilder(1024)
    for (const delta of [0, 5]) {
      builder.appendAt(delta, {
        key: null,
        value: Buffer.from(`${delta}`),
        valueStart: 0,
        valueEnd: 1,
        timestampMs: 0,
        headers: null,
      })
    }
    const first = Buffer.from(builder.finish(9))
    const second = batchesOfThree(1)
    setBaseOffset(second, 0, 10)
    const cursor = cursorOn(Buffer.concat([first, second]))
    expect(cursor.skipTo(3)).toBe(true)
    expect(cursor.offset).toBe(5)
    expect(cursor.skipTo(6)).toBe(true)
    expect(cursor.offset).toBe(10)
  })

  it('goes over batches without a record of anybody: control batches, and those compaction emptied', () => {
    const control = batchesOfThree(1)
    control.writeInt16BE(0x20, 21)
    sealBatch(control, 0, control.length)
    const emptied = Buffer.from(headersBatch.subarray(0, batchHeaderBytes))
    emptied.writeInt32BE(0, 57)
    sealBatch(emptied, 0, emptied.length)
    const last = batchesOfThree(1)
    setBaseOffset(last, 0, 6)
    const cursor = cursorOn(Buffer.concat([control, emptied, last]))
    expect(cursor.next()).toBe(true)
    expect(cursor.offset).toBe(6)
    expect(cursor.batchStart).toBe(control.length + emptied.length)
    expect(cursor.skipTo(8)).toBe(true)
  })

  it('gives all records the time of the append when their batch says so', () => {
    const batch = batchesOfThree(1)
    batch.writeInt16BE(0x08, 21)
    batch.writeBigInt64BE(1234n, 35)
    const cursor = cursorOn(batch)
    expect([cursor.next(), cursor.timestampMs, cursor.next(), cursor.timestampMs]).toEqual([true, 1234, true, 1234])
  })

  it('hands on headers that another batch can take as they are', () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const cursor = cursorOn(encodeBatch(records))
        const builder = new BatchBuilder(1 << 16)
        while (cursor.next()) {
          const value = cursor.value()
          builder.appendAt(cursor.offset, {
            key: cursor.key(),
            value,
            valueStart: 0,
            valueEnd: value?.length ?? 0,
            timestampMs: cursor.timestampMs,
            headers: cursor.encodedHeaders(),
          })
        }
        expect(builder.finish().equals(encodeBatch(records))).toBe(true)
      }),
    )
  })

  it('is record_malformed, and nothing else, on any damage that gets past the CRC', () => {
    let refused = 0
    fc.assert(
      fc.property(someRecords, fc.nat(), fc.integer({ min: 0, max: 255 }), (records, where, byte) => {
        const batch = encodeBatch(records)
        batch[where % batch.length] = byte
        try {
          walkAll(batch)
        } catch (error) {
          expect(error).toBeInstanceOf(TailraceError)
          expect((error as TailraceError).code).toBe('record_malformed')
          refused++
        }
      }),
      { numRuns: 2000 },
    )
    expect(refused).toBeGreaterThan(0)
  })

  it('is record_malformed on a batch that is cut off, at every byte', () => {
    const batches = batchesOfThree(2)
    const half = batches.length / 2
    for (let end = 1; end < batches.length; end++) {
      if (end === half) continue
      expect(() => walkAll(batches.subarray(0, end)), `${end} bytes`).toThrow(
        expect.objectContaining({ code: 'record_malformed' }),
      )
    }
    expect(walkAll(batches.subarray(0, half))).toBe(3)
  })
})

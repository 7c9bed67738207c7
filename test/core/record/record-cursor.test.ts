import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { BatchBuilder } from '../../../core/record/batch-builder.js'
import { batchHeaderBytes, sealBatch, setBaseOffset } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { prepareZstd } from '../../../core/record/zstd.js'
import { someRecords } from './arbitrary-records.js'
import { compressedBatch, unreadableBatch } from './compressed-batch.js'
import { foreignBatches, foreignKey, foreignRecordCount, foreignValue } from './foreign-batches.js'
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

  it('names the damage that gets past the CRC, whatever it is', () => {
    let refused = 0
    fc.assert(
      fc.property(someRecords, fc.nat(), fc.integer({ min: 0, max: 255 }), (records, where, byte) => {
        const batch = encodeBatch(records)
        batch[where % batch.length] = byte
        try {
          walkAll(batch)
        } catch (error) {
          expect(error).toBeInstanceOf(TailraceError)
          // The byte that names the codec may have changed.
          expect(['record_malformed', 'decompression_failed']).toContain((error as TailraceError).code)
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

describe('the record cursor on compressed batches', () => {
  beforeAll(prepareZstd)

  it.each(foreignBatches)('reads every record of $name', ({ batch, producer }) => {
    const cursor = cursorOn(batch)
    for (let number = 0; number < foreignRecordCount; number++) {
      expect(cursor.next()).toBe(true)
      expect([cursor.offset, cursor.key()?.toString(), cursor.value()?.toString()]).toEqual([
        number,
        foreignKey(number),
        foreignValue(number),
      ])
      expect(cursor.headers()).toEqual([{ key: 'origin', value: Buffer.from(producer) }])
    }
    expect(cursor.next()).toBe(false)
  })

  it('reads batches of all codecs one behind the other as if none were compressed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(someRecords, fc.integer({ min: 0, max: 4 })), { maxLength: 6 }), (choices) => {
        const plain: Buffer[] = []
        const mixed: Buffer[] = []
        let offset = 0
        for (const [records, codec] of choices) {
          const batch = encodeBatch(records)
          const compressed = compressedBatch(batch, codec)
          setBaseOffset(batch, 0, offset)
          setBaseOffset(compressed, 0, offset)
          plain.push(batch)
          mixed.push(compressed)
          offset += records.length
        }
        const expected = cursorOn(Buffer.concat(plain))
        const cursor = cursorOn(Buffer.concat(mixed))
        while (expected.next()) {
          expect(cursor.next()).toBe(true)
          expect([cursor.offset, cursor.timestampMs]).toEqual([expected.offset, expected.timestampMs])
          expect([cursor.key(), cursor.value()]).toEqual([expected.key(), expected.value()])
          expect(cursor.headers()).toEqual(expected.headers())
        }
        expect(cursor.next()).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  const three = batchesOfThree(3)
  const size = three.length / 3
  const [first, second, third] = [0, 1, 2].map((number) => three.subarray(number * size, (number + 1) * size)) as [
    Buffer,
    Buffer,
    Buffer,
  ]

  it('does not open what it skips', () => {
    const cursor = cursorOn(Buffer.concat([first, unreadableBatch(second, 4), compressedBatch(third, 4)]))
    expect(cursor.next()).toBe(true)
    expect(cursor.skipTo(7)).toBe(true)
    expect([cursor.offset, cursor.value()?.toString()]).toEqual([7, '7'])
  })

  it('keeps what it returned of one batch when it opens the next', () => {
    const cursor = cursorOn(Buffer.concat([compressedBatch(first, 2), compressedBatch(second, 2)]))
    cursor.next()
    const value = cursor.value()!
    cursor.skipTo(4)
    expect([value.toString(), cursor.value()?.toString()]).toEqual(['0', '4'])
  })

  it.each([1, 2, 3, 4])('names a batch of codec %i that does not open, and goes on behind it when told to', (codec) => {
    const cursor = cursorOn(Buffer.concat([first, unreadableBatch(second, codec), third]))
    expect(cursor.skipTo(2)).toBe(true)
    for (let times = 0; times < 2; times++) {
      expect(() => cursor.next()).toThrow(
        expect.objectContaining({
          code: 'decompression_failed',
          details: expect.objectContaining({ baseOffset: 3, batchStart: size }),
        }),
      )
    }
    let thrown: unknown
    try {
      cursor.next()
    } catch (error) {
      thrown = error
    }
    expect(cursor.leaveDamaged(thrown)).toBe(thrown)
    expect([cursor.next(), cursor.offset]).toEqual([true, 6])
  })

  it('throws again what is no damage, and damage of a header, behind which no batch is found', () => {
    const cursor = cursorOn(first)
    cursor.next()
    const other = new Error('other')
    expect(() => cursor.leaveDamaged(other)).toThrow(other)
    const cut = cursorOn(Buffer.concat([first, second.subarray(0, 20)]))
    cut.skipTo(2)
    let thrown: unknown
    try {
      cut.next()
    } catch (error) {
      thrown = error
    }
    expect(() => cut.leaveDamaged(thrown)).toThrow(expect.objectContaining({ code: 'record_malformed' }))
  })
})

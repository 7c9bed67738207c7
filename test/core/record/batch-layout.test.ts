import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  batchHeaderBytes,
  checkBatch,
  codecOf,
  crcOf,
  isControl,
  isTransactional,
  sealBatch,
} from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { someRecords } from './arbitrary-records.js'
import { headersBatch, scalaProducerBatch } from './kafka-samples.js'

const three = encodeBatch([1, 2, 3].map((number) => ({ key: null, value: Buffer.from([number]), timestampMs: number })))

/** The sealed batch with one field changed. */
function withField(write: (batch: Buffer) => void): Buffer {
  const batch = Buffer.from(three)
  write(batch)
  sealBatch(batch, 0, batch.length)
  return batch
}

function check(batch: Uint8Array): string | undefined {
  return checkBatch(batch, 0, batch.length)
}

describe('checkBatch', () => {
  it('accepts what a Kafka broker sends, wherever it lies', () => {
    for (const sample of [scalaProducerBatch, headersBatch]) {
      expect(check(sample)).toBeUndefined()
      const inside = Buffer.concat([Buffer.alloc(13), sample, Buffer.alloc(5)])
      expect(checkBatch(inside, 13, inside.length)).toBeUndefined()
    }
    expect(crcOf(headersBatch, 0)).toBe(0xd6545568)
  })

  it('sees every single bit that flips, but for base offset and leader epoch, which no CRC covers', () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const batch = encodeBatch(records)
        for (let bit = 0; bit < Math.min(batch.length, 200) * 8; bit++) {
          const position = bit >> 3
          if (position < 8 || (position >= 12 && position < 16)) continue
          batch[position]! ^= 1 << (bit & 7)
          expect(check(batch), `bit ${bit & 7} of byte ${position}`).toBeDefined()
          batch[position]! ^= 1 << (bit & 7)
        }
        expect(check(batch)).toBeUndefined()
      }),
      { numRuns: 20 },
    )
  })

  it('calls every torn batch short, and never reads beyond the end it is given', () => {
    for (let end = 0; end < three.length; end++) expect(checkBatch(three, 0, end)).toBe('short')
    expect(checkBatch(new Uint8Array(0), 0, 0)).toBe('short')
  })

  it('never accepts, nor fails on, bytes of chance', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, plausible) => {
        if (plausible && bytes.length > 17) bytes.set([0, 0, 0, 60, 0, 0, 0, 0, 2], 8)
        expect(check(bytes)).toBeDefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('tells the faults apart', () => {
    expect(check(Buffer.concat([three, three]))).toBeUndefined()
    expect(check(withField((batch) => batch.writeInt8(1, 16)))).toBe('magic')
    expect(check(Buffer.alloc(17))).toBe('magic')
    const small = Buffer.from(three)
    small.writeInt32BE(batchHeaderBytes - 12 - 1, 8)
    expect(check(small)).toBe('length')
    small.writeInt32BE(-5, 8)
    expect(check(small)).toBe('length')
    small.writeInt32BE(0x7fffffff, 8)
    expect(check(small)).toBe('short')
    for (const codec of [5, 6, 7]) expect(check(withField((batch) => batch.writeInt16BE(codec, 21)))).toBe('codec')
    for (const codec of [1, 2, 3, 4]) expect(check(withField((batch) => batch.writeInt16BE(codec, 21)))).toBeUndefined()
  })

  it('refuses a record count that contradicts the offsets or the size', () => {
    expect(check(withField((batch) => batch.writeInt32BE(-1, 57)))).toBe('count')
    expect(check(withField((batch) => batch.writeInt32BE(4, 57)))).toBe('count')
    expect(check(withField((batch) => batch.writeInt32BE(-1, 23)))).toBe('count')
    const many = withField((batch) => {
      batch.writeInt32BE(999_999, 23)
      batch.writeInt32BE(1_000_000, 57)
    })
    expect(check(many)).toBe('count')
    // Compaction leaves fewer records than offsets.
    expect(check(withField((batch) => batch.writeInt32BE(9, 23)))).toBeUndefined()
  })
})

describe('attributes', () => {
  it('name codec, transaction and control batches', () => {
    const batch = withField((bytes) => bytes.writeInt16BE(0x33, 21))
    expect([codecOf(batch, 0), isTransactional(batch, 0), isControl(batch, 0)]).toEqual([3, true, true])
    expect([codecOf(three, 0), isTransactional(three, 0), isControl(three, 0)]).toEqual([0, false, false])
  })
})

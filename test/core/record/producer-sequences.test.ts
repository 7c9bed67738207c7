import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchField, sealBatch } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import {
  entryAwaiting,
  entryWith,
  judge,
  lastOffsetOfProduced,
  type ProducerEntry,
  sequencedBatchAt,
  type SequencedBatch,
} from '../../../core/record/producer-sequences.js'

const last = 2 ** 31 - 1

function batch(epoch: number, firstSequence: number, lastSequence = firstSequence): SequencedBatch {
  return { producerId: 1, epoch, firstSequence, lastSequence, timestampMs: 5 }
}

/** What is known after batches of the given sequences, in epoch 3; each gets the offset 100 above the one before. */
function knownAfter(...sequences: readonly (readonly [number, number])[]): ProducerEntry | undefined {
  let entry: ProducerEntry | undefined
  for (const [index, [from, to]] of sequences.entries())
    entry = entryWith(entry, batch(3, from, to), { baseOffset: index * 100, nowMs: index })
  return entry
}

const awaited = entryAwaiting(batch(3, 4, 6), 0)
const five = knownAfter([0, 9], [10, 10], [11, 12], [13, 13], [14, 20])
const six = knownAfter([0, 9], [10, 10], [11, 12], [13, 13], [14, 20], [21, 21])
const atEnd = knownAfter([last - 4, last])
const acrossEnd = knownAfter([last - 1, 2])

const cells: readonly (readonly [string, ProducerEntry | undefined, SequencedBatch, object])[] = [
  ['an unknown producer at 0', undefined, batch(0, 0), { kind: 'follows' }],
  ['an unknown producer in the middle', undefined, batch(7, 1234), { kind: 'follows' }],
  ['the first batch that was refused before', awaited, batch(3, 4, 6), { kind: 'follows' }],
  ['what follows a first batch that was refused', awaited, batch(3, 7), { kind: 'out-of-order', expected: 4 }],
  ['a newer epoch than that of a refused batch', awaited, batch(4, 0), { kind: 'follows' }],
  ['the next sequence', five, batch(3, 21, 25), { kind: 'follows' }],
  ['the oldest of five', five, batch(3, 0, 9), { kind: 'repeats', batch: { baseOffset: 0 } }],
  ['one in the middle of five', five, batch(3, 11, 12), { kind: 'repeats', batch: { baseOffset: 200 } }],
  ['the newest of five', five, batch(3, 14, 20), { kind: 'repeats', batch: { baseOffset: 400 } }],
  ['the sixth from the end', six, batch(3, 0, 9), { kind: 'out-of-order', expected: 22 }],
  ['the fifth from the end', six, batch(3, 10, 10), { kind: 'repeats', batch: { baseOffset: 100 } }],
  ['the first sequence of a known batch alone', five, batch(3, 0, 8), { kind: 'out-of-order', expected: 21 }],
  ['the last sequence of a known batch alone', five, batch(3, 15, 20), { kind: 'out-of-order', expected: 21 }],
  ['a gap of one', five, batch(3, 22), { kind: 'out-of-order', expected: 21 }],
  ['the last sequence again, with more', five, batch(3, 20, 22), { kind: 'out-of-order', expected: 21 }],
  ['an older epoch that goes on', five, batch(2, 21), { kind: 'old-epoch', epoch: 3 }],
  ['an older epoch that repeats', five, batch(2, 0, 9), { kind: 'old-epoch', epoch: 3 }],
  ['a newer epoch at 0', five, batch(4, 0), { kind: 'follows' }],
  ['a newer epoch that goes on', five, batch(4, 21), { kind: 'out-of-order', expected: 0 }],
  ['a newer epoch with a known batch', five, batch(4, 10, 10), { kind: 'out-of-order', expected: 0 }],
  ['0 behind the last sequence there is', atEnd, batch(3, 0), { kind: 'follows' }],
  ['1 behind the last sequence there is', atEnd, batch(3, 1), { kind: 'out-of-order', expected: 0 }],
  ['what follows a batch across the end', acrossEnd, batch(3, 3), { kind: 'follows' }],
  ['a batch across the end again', acrossEnd, batch(3, last - 1, 2), { kind: 'repeats', batch: { baseOffset: 0 } }],
]

describe('the judgement of a batch', () => {
  it.each(cells)('%s', (_what, entry, sequenced, judgement) => {
    expect(judge(entry, sequenced)).toMatchObject(judgement)
  })
})

describe('what is known of a producer', () => {
  it('forgets the batches of an older epoch', () => {
    const entry = entryWith(five, batch(4, 0, 3), { baseOffset: 900, nowMs: 9 })
    expect(entry).toEqual({
      epoch: 4,
      batches: [{ firstSequence: 0, lastSequence: 3, baseOffset: 900 }],
      nextSequence: 4,
      lastTimestampMs: 5,
      activeAtMs: 9,
    })
  })

  it('begins anew where a replayed batch does not follow, as after it was forgotten', () => {
    expect(entryWith(five, batch(3, 50), { baseOffset: 900, nowMs: 9 }).batches).toHaveLength(1)
  })

  it('counts offsets across the end of the sequences', () => {
    expect(lastOffsetOfProduced({ firstSequence: last - 1, lastSequence: 2, baseOffset: 10 })).toBe(14)
    expect(lastOffsetOfProduced({ firstSequence: 4, lastSequence: 4, baseOffset: 10 })).toBe(10)
  })

  it('is read from the header of a batch', () => {
    const bytes = encodeBatch(
      ['a', 'b', 'c'].map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 7 })),
    )
    bytes.writeBigInt64BE(2n ** 52n, batchField.producerId)
    bytes.writeInt16BE(32_767, batchField.producerEpoch)
    bytes.writeInt32BE(last - 1, batchField.baseSequence)
    sealBatch(bytes, 0, bytes.length)
    expect(sequencedBatchAt(Buffer.concat([Buffer.alloc(3), bytes]), 3)).toEqual({
      producerId: 2 ** 52,
      epoch: 32_767,
      firstSequence: last - 1,
      lastSequence: 0,
      timestampMs: 7,
    })
  })

  it('takes each batch of a stream once and in order, whatever is sent again', () => {
    const sends = fc.array(fc.record({ back: fc.nat(7), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 60 })
    fc.assert(
      fc.property(sends, fc.constantFrom(0, last - 20), (steps, start) => {
        const sent: SequencedBatch[] = []
        let entry: ProducerEntry | undefined
        let next = start
        for (const { back, count } of steps) {
          const again = sent[sent.length - back]
          const to = (next + count - 1) % 2 ** 31
          const sequenced = back > 0 && again !== undefined ? again : batch(0, next, to)
          const judgement = judge(entry, sequenced)
          if (sequenced === again) {
            expect(judgement.kind).toBe(back <= 5 ? 'repeats' : 'out-of-order')
            if (judgement.kind === 'repeats') expect(judgement.batch.baseOffset).toBe(sent.indexOf(again))
            continue
          }
          expect(judgement.kind).toBe('follows')
          entry = entryWith(entry, sequenced, { baseOffset: sent.length, nowMs: 0 })
          sent.push(sequenced)
          next = (to + 1) % 2 ** 31
        }
      }),
    )
  })
})

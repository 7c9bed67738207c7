import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchField, isControl, lastOffsetOf, setBaseOffset } from '../../../core/record/batch-layout.js'
import { encodeControlBatch, outcomeOf, type TransactionOutcome } from '../../../core/record/control-batch.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { PartitionTransactions, withoutVoid } from '../../../core/record/partition-transactions.js'
import { takeIn, TransactionTurn } from '../../../core/record/transaction-turn.js'
import { transactionalBatch } from '../../contracts/log-engine/transactional-producer.js'

const value = [{ key: null, value: Buffer.from('v'), timestampMs: 5 }]

/** What happens at an offset: a producer writes or ends its transaction, or somebody without one writes. */
type Step = { readonly producerId: number; readonly does: 'write' | TransactionOutcome } | undefined

const steps = fc.array(
  fc.option(
    fc.record({
      producerId: fc.integer({ min: 0, max: 3 }),
      does: fc.constantFrom<'write' | TransactionOutcome>('write', 'write', 'commit', 'abort'),
    }),
    { nil: undefined },
  ),
  { maxLength: 60 },
)

function batchOf(step: Step, offset: number): Buffer {
  const batch = encoded(step)
  setBaseOffset(batch, 0, offset)
  return batch
}

function encoded(step: Step): Buffer {
  if (step === undefined) return encodeBatch(value)
  const producer = { producerId: step.producerId, epoch: 0 }
  return step.does === 'write' ? transactionalBatch(producer, 0, value) : encodeControlBatch(producer, step.does, 5)
}

const placeAt = (offset: number) => ({ firstOffset: offset, segmentBase: 0, position: offset * 100 })

/** What a reader finds who looks at all steps: per offset, what became of it. */
function fates(all: readonly Step[]): ('plain' | 'open' | 'commit' | 'abort' | 'marker')[] {
  return all.map((step, offset) => {
    if (step === undefined) return 'plain'
    if (step.does !== 'write') return 'marker'
    const end = all.find((each, at) => at > offset && each?.producerId === step.producerId && each.does !== 'write')
    return end === undefined ? 'open' : (end.does as TransactionOutcome)
  })
}

function taken(all: readonly Step[]): PartitionTransactions {
  const transactions = new PartitionTransactions()
  all.forEach((step, offset) => takeIn(transactions, { bytes: batchOf(step, offset), at: 0 }, placeAt(offset)))
  return transactions
}

describe('the transactions of a partition', () => {
  it('are open from the first record that has no end', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const first = fates(all).indexOf('open')
        expect(taken(all).firstOpen?.place.firstOffset).toBe(first < 0 ? undefined : first)
      }),
    )
  })

  it('leave what a reader of any range is to see: not what was aborted, and no markers', () => {
    fc.assert(
      fc.property(steps, fc.nat(60), fc.nat(60), (all, one, other) => {
        const transactions = taken(all)
        const stable = transactions.firstOpen?.place.firstOffset ?? all.length
        const to = Math.min(stable, Math.max(one, other), all.length)
        const from = Math.min(one, other, to)
        const range = all.slice(from, to).map((step, index) => batchOf(step, from + index))
        const left = withoutVoid(Buffer.concat(range), transactions.abortedIn(from, to))
        const wanted = fates(all).slice(from, to)
        expect(left).toEqual(Buffer.concat(range.filter((_, at) => wanted[at] === 'plain' || wanted[at] === 'commit')))
      }),
      { numRuns: 500 },
    )
  })

  it('name to a reader of a range every aborted transaction that it meets, by their first offsets', () => {
    fc.assert(
      fc.property(steps, fc.nat(60), fc.nat(60), (all, one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)]
        const named = taken(all).abortedIn(from, to)
        expect(named).toEqual([...named].sort((a, b) => a.firstOffset - b.firstOffset))
        for (const { firstOffset, lastOffset } of named) {
          expect(firstOffset).toBeLessThan(to)
          expect(lastOffset).toBeGreaterThanOrEqual(from)
        }
        fates(all).forEach((fate, offset) => {
          if (fate !== 'abort' || offset < from || offset >= to) return
          const producerId = all[offset]!.producerId
          const covers = named.filter((range) => range.firstOffset <= offset && offset <= range.lastOffset)
          expect(covers.map((range) => range.producerId)).toContain(producerId)
        })
      }),
      { numRuns: 500 },
    )
  })

  it('come out of a record as they went in', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const record = taken(all).record()
        expect(new PartitionTransactions(JSON.parse(JSON.stringify(record))).record()).toEqual(record)
      }),
    )
  })

  it('are as before when a turn is taken back', () => {
    fc.assert(
      fc.property(steps, steps, (before, turn) => {
        const transactions = taken(before)
        const record = transactions.record()
        const taking = new TransactionTurn()
        turn.forEach((step, index) => {
          const offset = before.length + index
          taking.take(transactions, batchOf(step, offset), placeAt(offset))
        })
        taking.takeBack()
        expect(transactions.record()).toEqual(record)
      }),
    )
  })

  it('forget what lies wholly below an offset', () => {
    const transactions = taken([
      { producerId: 1, does: 'write' },
      { producerId: 1, does: 'abort' },
      { producerId: 1, does: 'write' },
      { producerId: 1, does: 'abort' },
    ])
    transactions.forgetBelow(2)
    expect(transactions.record().aborted).toEqual([[1, 2, 3, 4]])
    transactions.forgetBelow(4)
    expect(transactions.isEmpty).toBe(true)
  })
})

describe('a control batch', () => {
  it.each(['commit', 'abort'] as const)('says %s, of whom, in one offset', (outcome) => {
    const batch = encodeControlBatch({ producerId: 2 ** 40, epoch: 7 }, outcome, 1_790_000_000_000)
    expect(isControl(batch, 0)).toBe(true)
    expect(outcomeOf(batch, 0)).toBe(outcome)
    expect(lastOffsetOf(batch, 0)).toBe(0)
    expect(batch.readBigInt64BE(batchField.producerId)).toBe(2n ** 40n)
    expect(batch.readInt16BE(batchField.producerEpoch)).toBe(7)
    expect(batch.readInt32BE(batchField.baseSequence)).toBe(-1)
  })

  it('is what Kafka writes, byte for byte', () => {
    // EndTransactionMarker of Apache Kafka 3.9: key version 0, type 1; value version 0, coordinator epoch 0.
    const record = encodeControlBatch({ producerId: 1, epoch: 0 }, 'commit', 5).subarray(61)
    expect([...record]).toEqual([32, 0, 0, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 0, 0])
  })
})

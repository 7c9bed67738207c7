import { describe, expect, it } from 'vitest'
import type { SequencedBatch } from '../../../core/record/producer-sequences.js'
import { firstProducerId, producerIdleMs, ProducerRoom, ProducerTable } from '../../../core/record/producer-table.js'
import { ProducerTurn } from '../../../core/record/producer-turn.js'
import { batchField, sealBatch } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'

function batch(producerId: number, firstSequence = 0): SequencedBatch {
  return { producerId, epoch: 0, firstSequence, lastSequence: firstSequence, timestampMs: 1 }
}

function encoded(producerId: number, sequence: number): Buffer {
  const bytes = encodeBatch([{ key: null, value: Buffer.from('v'), timestampMs: 1 }])
  bytes.writeBigInt64BE(BigInt(producerId), batchField.producerId)
  bytes.writeInt16BE(0, batchField.producerEpoch)
  bytes.writeInt32BE(sequence, batchField.baseSequence)
  sealBatch(bytes, 0, bytes.length)
  return bytes
}

function known(table: ProducerTable): number[] {
  return Array.from(table.entries(), ([producerId]) => producerId)
}

describe('the producers of a partition', () => {
  it('forget the one that was idle longest when there are too many', () => {
    const table = new ProducerTable(new ProducerRoom({ perPartition: 3, total: 100 }))
    for (const producerId of [1, 2, 3]) table.replay(batch(producerId), { baseOffset: 0, nowMs: producerId })
    table.replay(batch(1, 1), { baseOffset: 1, nowMs: 4 })
    table.replay(batch(4), { baseOffset: 2, nowMs: 5 })
    expect(known(table)).toEqual([3, 1, 4])
  })

  it('make room for those of other partitions, the longest idle of all first', () => {
    const room = new ProducerRoom({ perPartition: 10, total: 3 })
    const [one, other] = [new ProducerTable(room), new ProducerTable(room)]
    one.replay(batch(1), { baseOffset: 0, nowMs: 5 })
    other.replay(batch(2), { baseOffset: 0, nowMs: 3 })
    one.replay(batch(3), { baseOffset: 1, nowMs: 6 })
    one.replay(batch(4), { baseOffset: 2, nowMs: 7 })
    expect([known(one), known(other)]).toEqual([[1, 3, 4], []])
    other.replay(batch(5), { baseOffset: 0, nowMs: 8 })
    expect([known(one), known(other)]).toEqual([[3, 4], [5]])
    one.clear()
    for (const producerId of [6, 7]) other.replay(batch(producerId), { baseOffset: 0, nowMs: 9 })
    expect(known(other)).toEqual([5, 6, 7])
  })

  it('expire after a day', () => {
    const table = new ProducerTable(new ProducerRoom())
    table.replay(batch(1), { baseOffset: 0, nowMs: 1000 })
    table.replay(batch(2), { baseOffset: 1, nowMs: 2000 })
    table.expire(producerIdleMs + 999)
    expect(known(table)).toEqual([1, 2])
    table.expire(producerIdleMs + 1000)
    expect(known(table)).toEqual([2])
  })

  it('are the same from their records, as old as they were', () => {
    const table = new ProducerTable(new ProducerRoom())
    for (let sequence = 0; sequence < 7; sequence++)
      table.replay(batch(1, sequence), { baseOffset: sequence * 10, nowMs: 100 })
    table.replay({ ...batch(2), epoch: 9 }, { baseOffset: 80, nowMs: 300 })
    const records = JSON.parse(JSON.stringify(table.records(500)))
    const again = new ProducerTable(new ProducerRoom(), records, 10_000)
    expect(again.records(10_000)).toEqual(records)
    again.expire(10_000 - 400 + producerIdleMs)
    expect(known(again)).toEqual([2])
  })
})

describe('a turn', () => {
  it('takes back what it took in, to where it is told', () => {
    const table = new ProducerTable(new ProducerRoom())
    table.replay(batch(1), { baseOffset: 0, nowMs: 0 })
    const before = table.records(0)
    const turn = new ProducerTurn()
    expect(turn.take(table, encoded(1, 1), 5)).toMatchObject({ kind: 'new' })
    const between = turn.mark
    const after = table.records(0)
    expect(turn.take(table, encoded(2, 0), 5)).toMatchObject({ kind: 'new' })
    expect(turn.take(table, encoded(1, 2), 5)).toMatchObject({ kind: 'new' })
    expect(turn.take(table, encoded(1, 9), 5)).toMatchObject({ kind: 'out-of-order' })
    turn.takeBack(between)
    expect(table.records(0)).toEqual(after)
    turn.takeBack(0)
    expect(table.records(0)).toEqual(before)
  })
})

it('the first ids of two hubs are far apart', () => {
  expect(firstProducerId('00000001-0000-4000-8000-000000000000')).toBe(2 ** 20)
  expect(firstProducerId('ffffffff-0000-4000-8000-000000000000')).toBeLessThan(2 ** 52)
})

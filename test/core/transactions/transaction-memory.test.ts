import { describe, expect, test } from 'vitest'
import { initialized, withOffsets, withPartitions } from '../../../core/transactions/transaction.js'
import { TransactionMemory } from '../../../core/transactions/transaction-memory.js'
import type { TransactionRecord } from '../../../core/transactions/transaction-port.js'
import { metadataRecord, pendingRecord } from '../../../core/transactions/transaction-record.js'
import { topicId } from './fake-port.js'

const of = { topic: 't', topicId: topicId(1), partition: 0 }

function begun(producerId: number) {
  const first = initialized({ producer: { producerId, epoch: 0 }, known: undefined, timeoutMs: 1, nowMs: 5 })
  return withPartitions(first, [of, { ...of, partition: 1 }], 6)!
}

const offsets = withOffsets(undefined, [{ ...of, offset: 3, metadata: 'm' }])

describe('the memory of transactions', () => {
  const memory = (...records: readonly TransactionRecord[]): TransactionMemory => {
    const made = new TransactionMemory(() => undefined)
    for (const { key, value } of records) made.letGo(made.replay(key, value))
    return made
  }

  test('finds an id by its present producer alone', () => {
    const read = memory(metadataRecord('x', begun(1)), metadataRecord('x', begun(2)))
    expect(read.ofProducer(1)).toBeUndefined()
    expect(read.ofProducer(2)).toBe(read.get('x'))
  })

  test('forgets all of an id that is removed', () => {
    const made = [metadataRecord('x', begun(1)), pendingRecord('x', 'g', offsets)]
    const read = memory(...made, pendingRecord('x', 'g', undefined), metadataRecord('x', undefined))
    expect([read.size, read.partitions, read.pendingBytes]).toEqual([0, 0, 0])
    expect([read.get('x'), read.ofProducer(1), [...read.pendingIn('g')]]).toEqual([undefined, undefined, []])
  })

  test('counts what is open once, however often it reads it', () => {
    const records = [metadataRecord('x', begun(1)), pendingRecord('x', 'g', offsets), metadataRecord('y', begun(2))]
    const once = memory(...records)
    const twice = memory(...records, ...records)
    expect([once.size, once.partitions]).toEqual([2, 4])
    expect(once.pendingBytes).toBeGreaterThan(0)
    expect([twice.size, twice.partitions, twice.pendingBytes]).toEqual([once.size, once.partitions, once.pendingBytes])
  })

  test('reads pending offsets before the record of their id, as compaction may leave them', () => {
    const read = memory(pendingRecord('x', 'g', offsets), metadataRecord('x', begun(1)))
    expect([...read.pendingIn('g')]).toEqual([read.get('x')])
    expect(read.get('x')!.pending.get('g')).toEqual(offsets)
  })
})

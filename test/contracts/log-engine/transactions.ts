// Behaviours of every engine: transactions of clients.

import { beforeEach, describe, expect, test } from 'vitest'
import type { PartitionId, TransactionView } from '../../../core/engine/log-engine.js'
import { isControl } from '../../../core/record/batch-layout.js'
import { codeOf, type MakeHarness, recordsOf, useEngine, wanted } from './engine-harness.js'
import { TransactionalProducer } from './transactional-producer.js'

const first = { topic: 't', partition: 0 }
const second = { topic: 't', partition: 1 }
const input = { topic: 'input', partition: 0 }

export function transactionBehaviours(make: MakeHarness): void {
  describe('a transaction', () => {
    const under = useEngine(make)
    const open = (id = 'tx', timeoutMs?: number): Promise<TransactionalProducer> => {
      return TransactionalProducer.open(under.engine, id, timeoutMs)
    }
    const view = async (transactions: TransactionView, { topic, partition }: PartitionId = first) => {
      const [chunk] = await under.read([wanted(topic, partition, 0)], { transactions })
      const { nextOffset, lastStableOffset, aborted } = chunk!
      const pairs = aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
      return { values: recordsOf(chunk!).map(({ value }) => value), nextOffset, lastStableOffset, aborted: pairs }
    }

    beforeEach(async () => {
      await under.engine.topics.create({ name: 't', partitions: 2 })
      await under.engine.topics.create({ name: 'input', partitions: 1 })
    })

    test('is read when it is committed, and with it what came after it', async () => {
      const producer = await open()
      await under.append('t', 0, ['before'])
      await producer.send(first, 'a', 'b')
      await under.append('t', 0, ['after'])
      expect(await view('committed')).toMatchObject({ values: ['before'], nextOffset: 1, lastStableOffset: 1 })
      expect(await view('stable')).toMatchObject({ values: ['before'], nextOffset: 1 })
      expect((await view('all')).values).toEqual(['before', 'a', 'b', 'after'])
      expect(await under.engine.bounds(first)).toMatchObject({ highWatermark: 4, lastStableOffset: 1 })
      await producer.end('commit')
      expect(await view('committed')).toMatchObject({
        values: ['before', 'a', 'b', 'after'],
        nextOffset: 5,
        aborted: [],
      })
      expect(await under.engine.bounds(first)).toMatchObject({ highWatermark: 5, lastStableOffset: 5 })
    })

    test('leaves nothing behind when it is aborted but what a view of what is stored shows', async () => {
      const producer = await open()
      await producer.send(first, 'a')
      await under.append('t', 0, ['between'])
      await producer.send(first, 'b')
      await producer.end('abort')
      await producer.send(first, 'c')
      await producer.end('commit')
      expect(await view('committed')).toMatchObject({ values: ['between', 'c'], nextOffset: 6, aborted: [] })
      const { producerId } = producer.identity
      expect(await view('stable')).toMatchObject({
        values: ['a', 'between', 'b', 'c'],
        aborted: [{ producerId, firstOffset: 0 }],
      })
      expect(await view('all')).toMatchObject({ values: ['a', 'between', 'b', 'c'], aborted: [] })
    })

    test('ends in all of its partitions, with one marker where it wrote', async () => {
      const producer = await open()
      await producer.send(first, 'a')
      await under.engine.transactions.addPartitions(producer.identity, [second, input])
      await producer.end('commit')
      expect(await view('all', second)).toMatchObject({ nextOffset: 0 })
      const [chunk] = await under.read([wanted('t', 0, 1)], { transactions: 'all' })
      expect(isControl(chunk!.batches, 0)).toBe(true)
      expect(chunk!.nextOffset).toBe(2)
    })

    test('does not keep a reader waiting who has what is stable, and wakes one at its end', async () => {
      const producer = await open()
      await producer.send(first, 'a')
      const waiting = under.read([wanted('t', 0, 0)], { minBytes: 1, maxWaitMs: 60_000 })
      await producer.end('commit')
      expect((await waiting).flatMap((chunk) => recordsOf(chunk).map(({ value }) => value))).toEqual(['a'])
    })

    test('of one producer does not end that of another', async () => {
      const [one, other] = [await open('one'), await open('other')]
      await one.send(first, '1')
      await other.send(first, '2')
      await one.end('commit')
      expect(await view('committed')).toMatchObject({ values: ['1'], nextOffset: 1, lastStableOffset: 1 })
      await other.end('abort')
      expect(await view('committed')).toMatchObject({ values: ['1'], nextOffset: 4, lastStableOffset: 4 })
    })

    test('takes batches while it is open, in partitions that it named', async () => {
      const producer = await open()
      const records = [{ key: null, value: Buffer.from('v'), timestampMs: 5 }]
      expect(await codeOf(producer.write(first, records))).toBe('invalid_transaction_state')
      await under.engine.transactions.addPartitions(producer.identity, [first])
      expect(await codeOf(producer.write(second, records))).toBe('invalid_transaction_state')
      await producer.write(first, records)
      await producer.end('commit')
      expect(await codeOf(producer.write(first, records))).toBe('invalid_transaction_state')
      expect(await view('all')).toMatchObject({ nextOffset: 2 })
    })

    test('is aborted when a newer producer takes its name, and the older one is fenced', async () => {
      const older = await open()
      await older.send(first, 'old')
      const newer = await open()
      expect(newer.identity).toMatchObject({ producerId: older.identity.producerId, epoch: older.identity.epoch + 1 })
      expect(await view('committed')).toMatchObject({ values: [], nextOffset: 2 })
      expect(await codeOf(older.send(first, 'late'))).toBe('producer_fenced')
      expect(await codeOf(older.write(first, [{ key: null, value: null, timestampMs: 5 }]))).toBe('producer_fenced')
      expect(await codeOf(older.end('commit'))).toBe('producer_fenced')
      await newer.send(first, 'new')
      await newer.end('commit')
      expect((await view('committed')).values).toEqual(['new'])
    })

    test('is aborted by its time-out, and its producer is fenced', async () => {
      const producer = await open('tx', 1000)
      await producer.send(first, 'a')
      await under.until(async () => (await view('committed')).nextOffset === 2, 500)
      expect((await view('committed')).values).toEqual([])
      expect(await codeOf(producer.end('commit'))).toBe('producer_fenced')
    })

    test('commits offsets of groups with its records, or neither', async () => {
      const producer = await open()
      const { transactions, groups } = under.engine
      const commitOf = (offset: number) => {
        return { group: 'g', memberId: '', generation: -1, offsets: [{ ...input, offset }] }
      }
      await under.append('input', 0, ['i', 'j'])
      await producer.send(first, 'a')
      await transactions.addGroup(producer.identity, 'g')
      await transactions.commitOffsets(producer.identity, commitOf(1))
      expect(groups.committed('g', input)).toBeUndefined()
      expect(transactions.hasPendingOffset('g', input)).toBe(true)
      await producer.end('commit')
      expect(groups.committed('g', input)?.offset).toBe(1)
      expect(transactions.hasPendingOffset('g', input)).toBe(false)
      await transactions.addGroup(producer.identity, 'g')
      await transactions.commitOffsets(producer.identity, commitOf(2))
      await producer.end('abort')
      expect(groups.committed('g', input)?.offset).toBe(1)
    })

    test('ends though a topic of it is gone', async () => {
      const producer = await open()
      await producer.send(first, 'a')
      await producer.send(input, 'b')
      await under.engine.topics.delete('input')
      await under.engine.topics.create({ name: 'input', partitions: 1 })
      await producer.end('commit')
      expect((await view('committed')).values).toEqual(['a'])
      expect(await view('all', input)).toMatchObject({ nextOffset: 0 })
    })

    test('goes on after a restart, where the engine keeps anything', async () => {
      if (!under.persistent) return
      const producer = await open()
      await producer.send(first, 'aborted')
      await producer.end('abort')
      await producer.send(first, 'a')
      await under.engine.transactions.addGroup(producer.identity, 'g')
      const offsets = [{ ...input, offset: 0 }]
      await under.engine.transactions.commitOffsets(producer.identity, {
        group: 'g',
        memberId: '',
        generation: -1,
        offsets,
      })
      await under.reopen()
      expect(await view('committed')).toMatchObject({ values: [], nextOffset: 2, lastStableOffset: 2 })
      expect(under.engine.transactions.describe('tx')).toMatchObject({
        state: 'ongoing',
        partitions: [first],
        groups: ['g'],
      })
      await under.engine.transactions.end(producer.identity, 'commit')
      expect((await view('committed')).values).toEqual(['a'])
      expect(under.engine.groups.committed('g', input)?.offset).toBe(0)
    })

    test('keeps retention and compaction from what it has open', async () => {
      const settings = { segmentBytes: 1024, retentionBytes: 2048, cleanup: 'delete' } as const
      await under.engine.topics.create({ name: 'kept', partitions: 1, settings })
      const kept = { topic: 'kept', partition: 0 }
      const producer = await open('tx', 900_000)
      await producer.send(kept, 'open')
      for (let count = 0; count < 20; count++) await under.append('kept', 0, ['x'.repeat(400)])
      await under.passTime(60_000)
      expect((await under.engine.bounds(kept)).logStartOffset).toBe(0)
      await producer.end('commit')
      await under.append('kept', 0, ['last'])
      await under.until(async () => (await under.engine.bounds(kept)).logStartOffset > 0, 60_000)
    })

    test('is compacted once it has ended: aborted records replace nothing', async () => {
      const settings = { segmentBytes: 1024, cleanup: 'compact', minDirtyRatio: 0 } as const
      await under.engine.topics.create({ name: 'c', partitions: 1, settings })
      const compacted = { topic: 'c', partition: 0 }
      const producer = await open('tx', 900_000)
      const keyed = (key: string, value: string) => [
        { key: Buffer.from(key), value: Buffer.from(value), timestampMs: 5 },
      ]
      const begin = () => under.engine.transactions.addPartitions(producer.identity, [compacted])
      await begin()
      await producer.write(compacted, keyed('k', 'committed'))
      await producer.end('commit')
      await begin()
      await producer.write(compacted, keyed('k', 'aborted'))
      await producer.end('abort')
      await begin()
      for (let count = 0; count < 40; count++)
        await producer.write(compacted, keyed(`other${count % 2}`, `${count}`.repeat(60)))
      await producer.end('commit')
      for (let count = 0; count < 10; count++) await under.append('c', 0, ['without a key'.repeat(20)])
      const shrinks = async (): Promise<boolean> => (await under.engine.bounds(compacted)).bytes < 8000
      await under.until(shrinks, 60_000)
      const records = await under.records('c', 0)
      expect(records.filter(({ key }) => key === 'k').map(({ value }) => value)).toEqual(['committed'])
      expect((await view('stable', compacted)).values.filter((value) => value === 'aborted')).toEqual([])
      expect((await view('stable', compacted)).aborted).toEqual([])
    })
  })
}

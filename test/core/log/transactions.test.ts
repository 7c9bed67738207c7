// What the log knows of transactions through crashes, full disks and deleted records.

import { describe, expect, it } from 'vitest'
import type { LogEngine, TransactionView } from '../../../core/engine/log-engine.js'
import { codeOf, recordsOf } from '../../contracts/log-engine/engine-harness.js'
import { TransactionalProducer } from '../../contracts/log-engine/transactional-producer.js'
import { EngineRig } from './engine-rig.js'

const of = { topic: 'orders', partition: 0 }
const other = { topic: 'payments', partition: 0 }

async function view(engine: LogEngine, transactions: TransactionView, at = of) {
  const limits = { minBytes: 0, maxBytes: 1_000_000, maxWaitMs: 0, isolation: 'durable', transactions } as const
  const { chunks } = await engine.read(
    [{ ...at, offset: 0, maxBytes: 1_000_000 }],
    limits,
    new AbortController().signal,
  )
  const { nextOffset, lastStableOffset, aborted } = chunks[0]!
  return { values: recordsOf(chunks[0]!).map(({ value }) => value), nextOffset, lastStableOffset, aborted }
}

describe.each(['kill', 'power'] as const)('after a crash (%s)', (mode) => {
  const crash = (rig: EngineRig): void => {
    rig.machine.crash(mode === 'kill' ? { mode } : { mode, unsynced: 'lost' })
  }

  it.each([0, 500])(
    'open and aborted transactions are what they were, %s ms after the last of them',
    async (restMs) => {
      const rig = new EngineRig()
      await rig.run(async () => {
        const engine = await rig.open()
        await rig.create(engine, 'orders')
        const producer = await TransactionalProducer.open(engine, 'tx')
        await producer.send(of, 'aborted')
        await producer.end('abort')
        await producer.send(of, 'committed')
        await producer.end('commit')
        await producer.send(of, 'open')
        await rig.append(engine, 'orders', 'behind')
        // A checkpoint covers all of it, or the frames alone say it.
        await rig.pass(restMs)
      })
      crash(rig)
      await rig.run(async () => {
        const engine = await rig.open()
        expect(await view(engine, 'committed')).toMatchObject({
          values: ['committed'],
          nextOffset: 4,
          lastStableOffset: 4,
        })
        const [aborted] = (await view(engine, 'stable')).aborted
        expect(aborted).toMatchObject({ firstOffset: 0 })
        const { producerId, epoch } = engine.transactions.describe('tx')
        await engine.transactions.end({ transactionalId: 'tx', producerId, epoch }, 'commit')
        expect((await view(engine, 'committed')).values).toEqual(['committed', 'open', 'behind'])
        await engine.close()
      })
    },
  )

  it('a transaction has ended in all of its partitions and groups, or in none', async () => {
    for (let call = 1; call < 12; call++) {
      const rig = new EngineRig(call)
      let wasAnswered = false
      await rig
        .run(async () => {
          const engine = await rig.open()
          await rig.create(engine, 'orders')
          await rig.create(engine, 'payments')
          const producer = await TransactionalProducer.open(engine, 'tx')
          await producer.send(of, 'a')
          await producer.send(other, 'b')
          await engine.transactions.addGroup(producer.identity, 'g')
          const offsets = [{ ...of, offset: 0 }]
          await engine.transactions.commitOffsets(producer.identity, {
            group: 'g',
            memberId: '',
            generation: -1,
            offsets,
          })
          rig.machine.crashAt(rig.machine.callCount + call, { mode, unsynced: 'any' })
          await producer.end('commit')
          wasAnswered = true
        })
        .catch(() => undefined)
      if (wasAnswered) crash(rig)
      await rig.run(async () => {
        const engine = await rig.open()
        const { state } = engine.transactions.describe('tx')
        const isCommitted = state === 'committed'
        expect([state, wasAnswered]).toContain(wasAnswered ? 'committed' : state)
        expect((await view(engine, 'committed')).values).toEqual(isCommitted ? ['a'] : [])
        expect((await view(engine, 'committed', other)).values).toEqual(isCommitted ? ['b'] : [])
        expect(engine.groups.committed('g', of)?.offset).toBe(isCommitted ? 0 : undefined)
        await TransactionalProducer.open(engine, 'tx')
        const { nextOffset, lastStableOffset } = await view(engine, 'committed', other)
        expect(lastStableOffset).toBe(nextOffset)
        expect((await view(engine, 'committed', other)).values).toEqual(isCommitted ? ['b'] : [])
        await engine.close()
      })
    }
  })

  it('its time-out begins anew and ends what nobody does', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const producer = await TransactionalProducer.open(engine, 'tx', 1000)
      await producer.send(of, 'open')
      await rig.pass(900)
    })
    crash(rig)
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.pass(900)
      expect(await view(engine, 'committed')).toMatchObject({ nextOffset: 0 })
      await rig.pass(200)
      expect(await view(engine, 'committed')).toMatchObject({ values: [], nextOffset: 2, lastStableOffset: 2 })
      await engine.close()
    })
  })
})

describe('the end of a transaction', () => {
  it('that a full disk refuses may be asked for again, and nothing of it was seen', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const producer = await TransactionalProducer.open(engine, 'tx')
      await producer.send(of, 'a')
      const { capacityBytes } = rig.machine.disk
      rig.machine.faults.arm('no-space', { chance: 1 })
      expect(await codeOf(producer.end('commit'))).toBe('log_disk_full')
      rig.machine.faults.disarmAll()
      rig.machine.disk.capacityBytes = capacityBytes
      expect(await view(engine, 'committed')).toMatchObject({ values: [], nextOffset: 0, lastStableOffset: 0 })
      expect(engine.transactions.describe('tx').state).toBe('ongoing')
      await producer.send(of, 'b')
      await producer.end('commit')
      expect((await view(engine, 'committed')).values).toEqual(['a', 'b'])
      await engine.close()
    })
  })

  it('is answered where all that it holds was deleted before', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const producer = await TransactionalProducer.open(engine, 'tx')
      await producer.send(of, 'a')
      for (let count = 0; count < 10; count++) await rig.append(engine, 'orders', 'x'.repeat(400))
      await engine.deleteRecords(of, 8)
      await rig.pass(500)
      expect(await engine.bounds(of)).toMatchObject({ logStartOffset: 8, lastStableOffset: 8 })
      expect(await view(engine, 'committed')).toMatchObject({ values: [] })
    })
    rig.machine.crash({ mode: 'power', unsynced: 'lost' })
    await rig.run(async () => {
      const engine = await rig.open()
      const { producerId, epoch } = engine.transactions.describe('tx')
      expect(await engine.bounds(of)).toMatchObject({ logStartOffset: 8, lastStableOffset: 8 })
      await engine.transactions.end({ transactionalId: 'tx', producerId, epoch }, 'abort')
      expect(await engine.bounds(of)).toMatchObject({ lastStableOffset: 12, highWatermark: 12 })
      expect(await rig.values(engine, 'orders', 8)).toHaveLength(3)
      await engine.close()
    })
  })
})

describe('a read of what is committed', () => {
  it('shows nothing of an aborted transaction that is deleted while it is read', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const rig = new EngineRig(seed)
      await rig.run(async () => {
        const engine = await rig.open()
        await rig.create(engine, 'orders')
        const producer = await TransactionalProducer.open(engine, 'tx')
        await producer.send(of, 'aborted')
        await producer.end('abort')
        await rig.append(engine, 'orders', 'behind')
        // The entry that moves the log start counts in memory before it is durable, and the file stays for longer still.
        rig.machine.faults.slowDown({ chance: 1, maxMs: 5 })
        const reading = view(engine, 'committed')
        const deleting = engine.deleteRecords(of, 2)
        expect((await reading).values).not.toContain('aborted')
        await deleting
        rig.machine.faults.disarmAll()
        await engine.close()
      })
    }
  })
})

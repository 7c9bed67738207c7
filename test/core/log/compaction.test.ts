// Compaction beside what else happens to a partition, and what it leaves for clients.

import { expect, it } from 'vitest'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { TransactionalProducer } from '../../contracts/log-engine/transactional-producer.js'
import { EngineRig } from './engine-rig.js'

const of = { topic: 'orders', partition: 0 }

async function stored(engine: LogEngine, offset: number) {
  const limits = { minBytes: 0, maxBytes: 1_000_000, maxWaitMs: 0, isolation: 'durable', transactions: 'all' } as const
  const { chunks } = await engine.read([{ ...of, offset, maxBytes: 1_000_000 }], limits, new AbortController().signal)
  return chunks[0]!
}

it('goes on when records are deleted below it', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const rig = new EngineRig(seed)
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders', { cleanup: 'compact', minDirtyRatio: 0 })
      for (let count = 0; count < 20; count++) await rig.append(engine, 'orders', 'x'.repeat(400))
      rig.machine.faults.slowDown({ chance: 0.5, maxMs: 30 })
      for (let before = 1; before < 18; before++) {
        await rig.pass(15)
        await engine.deleteRecords(of, before)
      }
      rig.machine.faults.disarmAll()
      await rig.pass(500)
      expect(await rig.values(engine, 'orders', 17)).toHaveLength(3)
      expect(await rig.append(engine, 'orders', 'behind')).toBe(20)
      // What no compaction holds any more is removed.
      expect(rig.paths(/orders-0\/0{20}\.log$/)).toEqual([])
      await engine.close()
    })
  }
})

it('leaves a batch at the end, by which a client that reads what is stored gets there', async () => {
  const rig = new EngineRig()
  await rig.run(async () => {
    const engine = await rig.open()
    await rig.create(engine, 'orders', { cleanup: 'compact', minDirtyRatio: 0, segmentMs: 60_000 })
    const producer = await TransactionalProducer.open(engine, 'tx')
    await producer.send(of, 'a')
    await producer.end('commit')
    for (let times = 0; times < 3; times++) await rig.pass(61_000)
    const { highWatermark } = await engine.bounds(of)
    expect(highWatermark).toBe(2)
    let offset = 0
    for (let chunk = await stored(engine, offset); chunk.batches.length > 0; chunk = await stored(engine, offset)) {
      offset = chunk.nextOffset
    }
    expect(offset).toBe(highWatermark)
    await engine.close()
  })
})

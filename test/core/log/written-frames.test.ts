// Frames that were answered after their write: they are synced within the time of their topic, and never in the way of
// a checkpoint that waits for them.

import { describe, expect, it } from 'vitest'
import { EngineRig } from './engine-rig.js'

describe('frames that are written and not synced', () => {
  it('do not wait for room in the journal that only a checkpoint behind them can make', async () => {
    const rig = new EngineRig()
    const stored = await rig.run(async () => {
      const engine = await rig.open({ idleCheckpointMs: 60_000 })
      await rig.create(engine, 'orders', { durability: 'written', flushMs: 60_000, segmentBytes: 1024 * 1024 })
      // Two of them fill a file of the journal, which has two files before it asks for a checkpoint.
      for (let index = 0; index < 12; index++) await rig.append(engine, 'orders', Buffer.alloc(60_000, index))
      const { logEndOffset } = await engine.bounds({ topic: 'orders', partition: 0 })
      await engine.close()
      return logEndOffset
    })
    expect(stored).toBe(12)
  })

  it('are synced within the shortest time that one of their topics allows', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open({ idleCheckpointMs: 60_000 })
      await rig.create(engine, 'slow', { durability: 'written', flushMs: 30_000 })
      await rig.create(engine, 'quick', { durability: 'written', flushMs: 10 })
      await rig.append(engine, 'slow', 'a')
      await rig.append(engine, 'quick', 'b')
      await rig.pass(100)
      const { highWatermark } = await engine.bounds({ topic: 'quick', partition: 0 })
      expect(highWatermark).toBe(1)
      await engine.close()
    })
  })
})

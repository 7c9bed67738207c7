// What the log knows of idempotent producers through crashes, full disks and repairs.

import { describe, expect, it } from 'vitest'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { batchField, sealBatch } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { codeOf } from '../../contracts/log-engine/engine-harness.js'
import { EngineRig } from './engine-rig.js'

const of = { topic: 'orders', partition: 0 }
const dayMs = 24 * 3600_000

function numbered(sequence: number, value = `${sequence}`, producerId = 7): Buffer {
  const batch = encodeBatch([{ key: null, value: Buffer.from(value), timestampMs: 5 }])
  batch.writeBigInt64BE(BigInt(producerId), batchField.producerId)
  batch.writeInt16BE(0, batchField.producerEpoch)
  batch.writeInt32BE(sequence, batchField.baseSequence)
  sealBatch(batch, 0, batch.length)
  return batch
}

async function send(engine: LogEngine, batch: Buffer): Promise<number> {
  const [appended] = await engine.append([{ ...of, batch }])
  return appended!.baseOffset
}

/** Has it settled when nothing more can happen without time? */
async function isPending(rig: EngineRig, promise: Promise<unknown>, ms: number): Promise<boolean> {
  let isSettled = false
  const note = (): void => {
    isSettled = true
  }
  promise.then(note, note)
  await rig.pass(ms)
  return !isSettled
}

describe('a repetition', () => {
  it('is answered when what it repeats is durable, not before', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open({ idleCheckpointMs: 100_000 })
      await rig.create(engine, 'orders')
      rig.machine.faults.slowDown({ chance: 1, maxMs: 10_000 })
      const first = send(engine, numbered(0))
      await rig.pass(0.01)
      const again = send(engine, numbered(0))
      // The frame is on its way and nothing else is: the repetition waits for it.
      expect(await isPending(rig, again, 1)).toBe(true)
      rig.machine.faults.disarmAll()
      const order: string[] = []
      await Promise.all([first.then(() => order.push('first')), again.then(() => order.push('again'))])
      expect(order).toEqual(['first', 'again'])
      expect(await again).toBe(0)
      expect(await engine.bounds(of)).toMatchObject({ highWatermark: 1, logEndOffset: 1 })
    })
  })

  it('is refused with what it repeats when the engine stops', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      rig.machine.faults.slowDown({ chance: 1, maxMs: 1000 })
      rig.machine.faults.arm('sync-error')
      const first = codeOf(send(engine, numbered(0)))
      await rig.pass(0.01)
      expect(await codeOf(send(engine, numbered(0)))).toBe('engine_stopped')
      expect(await first).toBe('engine_stopped')
    })
  })

  it('does not keep the engine from closing', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders', { durability: 'written', flushMs: 60_000 })
      const sends = [send(engine, numbered(0)), send(engine, numbered(0))]
      await rig.pass(1)
      sends.push(send(engine, numbered(0)))
      await engine.close()
      expect(await Promise.all(sends)).toEqual([0, 0, 0])
    })
  })
})

describe('a producer', () => {
  it.each(['kill', 'power'] as const)('is where its frames are after a crash: %s', async (mode) => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      for (let sequence = 0; sequence < 4; sequence++) await send(engine, numbered(sequence))
      // A checkpoint covers these; the rest is in frames alone.
      await rig.pass(500)
      for (let sequence = 4; sequence < 7; sequence++) await send(engine, numbered(sequence))
    })
    rig.machine.crash(mode === 'kill' ? { mode } : { mode, unsynced: 'lost' })
    await rig.run(async () => {
      const engine = await rig.open()
      for (let sequence = 2; sequence < 7; sequence++) expect(await send(engine, numbered(sequence))).toBe(sequence)
      expect(await codeOf(send(engine, numbered(1)))).toBe('out_of_order_sequence')
      expect(await codeOf(send(engine, numbered(8)))).toBe('out_of_order_sequence')
      expect(await send(engine, numbered(7))).toBe(7)
      expect(await rig.values(engine, 'orders')).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
    })
  })

  it('is not known by a batch that a full disk refused', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      await send(engine, numbered(0))
      rig.machine.faults.arm('no-space', { path: /orders-0.*\.log$/, times: 1 })
      const refused = [1, 2].map((sequence) => codeOf(send(engine, numbered(sequence))))
      expect(await Promise.all(refused)).toEqual(['log_disk_full', 'log_disk_full'])
      expect(engine.producers.describe(of)).toMatchObject([{ producerId: 7, lastSequence: 0 }])
      expect(await codeOf(send(engine, numbered(2)))).toBe('out_of_order_sequence')
      for (const sequence of [1, 2]) expect(await send(engine, numbered(sequence))).toBe(sequence)
    })
  })

  it('begins with its first batch where a full disk refused it, not with the second', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      rig.machine.faults.arm('no-space', { path: /orders-0.*\.log$/, times: 1 })
      expect(await codeOf(send(engine, numbered(5)))).toBe('log_disk_full')
      expect(await codeOf(send(engine, numbered(6)))).toBe('out_of_order_sequence')
      expect(engine.producers.describe(of)).toEqual([])
      for (const sequence of [5, 6]) expect(await send(engine, numbered(sequence))).toBe(sequence - 5)
    })
  })

  it('begins with its first batch where there was no room for any', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const { disk } = rig.machine
      disk.capacityBytes -= disk.freeBytes
      await rig.pass(5000)
      expect(await codeOf(send(engine, numbered(5)))).toBe('log_disk_full')
      disk.capacityBytes = 2 ** 40
      await rig.pass(5000)
      expect(await codeOf(send(engine, numbered(6)))).toBe('out_of_order_sequence')
      for (const sequence of [5, 6]) expect(await send(engine, numbered(sequence))).toBe(sequence - 5)
    })
  })

  it('grows no older while no process runs, whatever the clocks say', async () => {
    const rig = new EngineRig()
    const begin = async (): Promise<void> => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      await send(engine, numbered(0))
      await rig.pass(1000)
    }
    await rig.run(begin)
    rig.machine.crash({ mode: 'kill' })
    rig.machine.jumpClock(30 * dayMs)
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.pass(1000)
      expect(engine.producers.describe(of)).toHaveLength(1)
      rig.machine.jumpClock(30 * dayMs)
      await rig.pass(1000)
      expect(await send(engine, numbered(0))).toBe(0)
    })
  })
})

describe('producer ids', () => {
  it('are given once, through kills right after each', async () => {
    const rig = new EngineRig()
    const given = new Set<number>()
    for (let life = 0; life < 5; life++) {
      await rig.run(async () => {
        const engine = await rig.open()
        for (let count = 0; count < 3; count++) given.add((await engine.producers.allocate()).producerId)
      })
      rig.machine.crash({ mode: 'power', unsynced: 'lost' })
    }
    expect(given.size).toBe(15)
  })

  it('are not given before their block is durable', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      rig.machine.faults.arm('sync-error')
      expect(await codeOf(engine.producers.allocate())).toBe('engine_stopped')
    })
  })

  it('that a repair cannot read of are skipped', async () => {
    const rig = new EngineRig()
    const given = await rig.run(async () => {
      const engine = await rig.open({ idleCheckpointMs: 1_000_000 })
      return (await engine.producers.allocate()).producerId
    })
    rig.machine.crash({ mode: 'kill' })
    await rig.run(async () => {
      const engine = await rig.open({ acceptsLoss: true })
      expect((await engine.producers.allocate()).producerId).toBeGreaterThanOrEqual(given + 2 ** 28)
    })
  })
})

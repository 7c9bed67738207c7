// Rules of recovery that the simulation taught, each by the smallest run that breaks without it.

import { describe, expect, it } from 'vitest'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { TransactionalProducer } from '../../contracts/log-engine/transactional-producer.js'
import { directory, EngineRig } from './engine-rig.js'

const lost = { mode: 'power', unsynced: 'lost' } as const

async function appendMany(rig: EngineRig, engine: LogEngine, count: number): Promise<string[]> {
  const values = Array.from({ length: count }, (_, index) => `${index} `.padEnd(300, 'x'))
  for (const value of values) await rig.append(engine, 'orders', value)
  return values
}

/** The slot with the higher number, and the lower. */
function slots(rig: EngineRig): { readonly newest: string; readonly older: string } {
  const [first, second] = rig.paths(/checkpoint-[01]$/)
  const number = (path: string): number => {
    const text = rig.machine.disk.findFile('read', path).live.content().toString('latin1')
    return Number(/"number":(\d+)/.exec(text)![1])
  }
  return number(first!) > number(second!) ? { newest: first!, older: second! } : { newest: second!, older: first! }
}

describe('a power loss', () => {
  it('leaves a new data directory below parents that did not exist', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      await rig.append(engine, 'orders', 'kept')
    })
    rig.machine.crash(lost)
    await rig.run(async () => expect(await rig.values(await rig.open(), 'orders')).toEqual(['kept']))
  })

  it('leaves the batches of an open transaction that are acknowledged, whatever the durability of their topic', async () => {
    const rig = new EngineRig()
    const identity = await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders', { durability: 'written', flushMs: 10_000 })
      const producer = await TransactionalProducer.open(engine, 'tx')
      await producer.send({ topic: 'orders', partition: 0 }, 'a')
      return producer.identity
    })
    rig.machine.crash(lost)
    await rig.run(async () => {
      const engine = await rig.open()
      await engine.transactions.end(identity, 'commit')
      expect(await rig.values(engine, 'orders')).toEqual(['a'])
      await engine.close()
    })
  })

  it('leaves what is acknowledged behind a checkpoint in a slot that was just made', async () => {
    const rig = new EngineRig()
    const values = await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const before = await appendMany(rig, engine, 5)
      await rig.pass(500)
      return [...before, ...(await appendMany(rig, engine, 5))]
    })
    rig.machine.crash(lost)
    await rig.run(async () => expect(await rig.values(await rig.open(), 'orders')).toEqual(values))
  })

  it('leaves nothing behind of a topic whose deletion a killed process had begun, or all of it', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const rig = new EngineRig(seed)
      await rig.run(async () => {
        const engine = await rig.open()
        await rig.create(engine, 'orders')
        await appendMany(rig, engine, 3)
        void engine.topics.delete('orders').catch(() => undefined)
        await rig.pass(0.3 * (seed % 5))
      })
      rig.machine.crash({ mode: 'kill' })
      await rig.run(() => rig.open())
      rig.machine.crash(lost)
      await rig.run(async () => {
        const engine = await rig.open()
        if (engine.topics.find('orders') !== undefined) expect(await rig.values(engine, 'orders')).toHaveLength(3)
      })
    }
  })

  it('at any call of a recovery leaves what the journal still needs, though a frame was only in the page cache', async () => {
    let lastCall = 0
    for (let call = 1; lastCall === 0; call += 2) {
      const rig = new EngineRig()
      const of = { topic: 'orders', partition: 0 }
      const values = await rig.run(async () => {
        const engine = await rig.open()
        await rig.create(engine, 'orders', { segmentMs: 10 })
        const appended = await appendMany(rig, engine, 5)
        await rig.pass(500)
        rig.machine.faults.arm('sync-error', { times: 1, path: /\.journal$/ })
        await expect(engine.deleteRecords(of, 5)).rejects.toMatchObject({ code: 'engine_stopped' })
        return appended
      })
      rig.machine.crash({ mode: 'kill' })
      rig.machine.crashAt(rig.machine.callCount + call, lost)
      const isRecovered = await rig
        .run(() => rig.open())
        .then(
          () => true,
          () => false,
        )
      if (isRecovered) lastCall = call
      rig.machine.crash(lost)
      await rig.run(async () => {
        const engine = await rig.open()
        const { logStartOffset } = await engine.bounds(of)
        expect(await rig.values(engine, 'orders', logStartOffset)).toEqual(values.slice(logStartOffset))
      })
    }
  })

  it('in a recovery leaves a whole checkpoint, though the newest was only in the page cache', async () => {
    const appendAndRest = async (rig: EngineRig): Promise<void> => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      await appendMany(rig, engine, 5)
      await rig.pass(500)
    }
    for (let seed = 1; seed <= 300; seed++) {
      const whole = new EngineRig(seed)
      await whole.run(() => appendAndRest(whole))
      const rig = new EngineRig(seed)
      rig.machine.crashAt(whole.lastCall(/ write .*checkpoint-/), { mode: 'kill', moment: 'after' })
      await rig.run(() => appendAndRest(rig))
      expect(rig.machine.crashCount).toBe(1)
      rig.machine.crashAt(rig.machine.callCount + 20 + (seed % 60), { mode: 'power', unsynced: 'any' })
      await rig.run(() => rig.open()).catch(() => undefined)
      rig.machine.crash(lost)
      await rig.run(async () => expect(await rig.values(await rig.open(), 'orders')).toHaveLength(5))
    }
  })

  it('starts again after all records of a partition were let go', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders', { segmentMs: 10 })
      await appendMany(rig, engine, 5)
      await rig.pass(500)
      await engine.deleteRecords({ topic: 'orders', partition: 0 }, 5)
      await rig.pass(500)
    })
    rig.machine.crash(lost)
    await rig.run(async () => {
      const engine = await rig.open()
      expect(await engine.bounds({ topic: 'orders', partition: 0 })).toMatchObject({
        logStartOffset: 5,
        highWatermark: 5,
      })
      expect(await rig.append(engine, 'orders', 'next')).toBe(5)
    })
  })

  it('never takes back a deletion of records that was answered, also when another one had moved the log start', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      await appendMany(rig, engine, 8)
      const of = { topic: 'orders', partition: 0 }
      void engine.deleteRecords(of, 6)
      while ((await engine.bounds(of)).logStartOffset < 6) await rig.pass(0.01)
      await engine.deleteRecords(of, 4)
    })
    rig.machine.crash(lost)
    await rig.run(async () => {
      const { logStartOffset } = await (await rig.open()).bounds({ topic: 'orders', partition: 0 })
      expect(logStartOffset).toBeGreaterThanOrEqual(4)
    })
  })
})

describe('a rotten checkpoint', () => {
  async function withCheckpoints(rig: EngineRig): Promise<string[]> {
    const values = await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const before = await appendMany(rig, engine, 5)
      await rig.pass(500)
      return [...before, ...(await appendMany(rig, engine, 5))]
    })
    rig.machine.crash(lost)
    return values
  }

  it('of the older number is not needed', async () => {
    const rig = new EngineRig()
    const values = await withCheckpoints(rig)
    rig.machine.rot(slots(rig).older, 40)
    await rig.run(async () => expect(await rig.values(await rig.open(), 'orders')).toEqual(values))
  })

  it('of the newest number is named and touches nothing, instead of going on from the older one', async () => {
    const rig = new EngineRig()
    const values = await withCheckpoints(rig)
    const { newest } = slots(rig)
    rig.machine.rot(newest, 40, 3)
    await expect(rig.run(() => rig.open())).rejects.toMatchObject({ code: 'checkpoint_damaged' })
    rig.machine.crash(lost)
    rig.machine.rot(newest, 40, 3)
    await rig.run(async () => expect(await rig.values(await rig.open(), 'orders')).toEqual(values))
  })
})

describe('a full disk', () => {
  it('refuses appends, serves reads, closes, and goes on when there is room', async () => {
    const rig = new EngineRig()
    const { disk } = rig.machine
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const values = await appendMany(rig, engine, 4)
      disk.capacityBytes -= disk.freeBytes
      await rig.pass(500)
      await expect(rig.append(engine, 'orders', 'refused')).rejects.toMatchObject({ code: 'log_disk_full' })
      await expect(rig.create(engine, 'more')).rejects.toMatchObject({ retry: 'timed' })
      expect(await rig.values(engine, 'orders')).toEqual(values)
      disk.capacityBytes = 2 ** 40
      await rig.pass(2000)
      // Free space is looked at now and then, or when somebody asks.
      await engine.status()
      expect(await rig.append(engine, 'orders', 'again')).toBe(4)
      expect(engine.failed.aborted).toBe(false)
      disk.capacityBytes -= disk.freeBytes
      await engine.close()
      disk.capacityBytes = 2 ** 40
      const next = await rig.open()
      expect(await rig.values(next, 'orders')).toEqual([...values, 'again'])
    })
  })
})

describe('what is not durable', () => {
  const shown = async (engine: LogEngine): Promise<number> => {
    const limits = { minBytes: 0, maxBytes: 10_000, maxWaitMs: 0, isolation: 'written' } as const
    const signal = new AbortController().signal
    const { chunks } = await engine.read(
      [{ topic: 'orders', partition: 0, offset: 0, maxBytes: 10_000 }],
      limits,
      signal,
    )
    return chunks[0]!.nextOffset
  }

  it.each([
    ['fsync', 0],
    ['written', 1],
  ] as const)('is shown to nobody, unless the topic says that written is enough: %s', async (durability, written) => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open({ idleCheckpointMs: 1_000_000 })
      await rig.create(engine, 'orders', { durability, flushMs: 60_000 })
      rig.machine.faults.slowDown({ chance: 1, maxMs: 100_000 })
      const appended = rig.append(engine, 'orders', 'a')
      await rig.pass(0.01)
      expect(await shown(engine)).toBe(written)
      expect((await engine.bounds({ topic: 'orders', partition: 0 })).writtenWatermark).toBe(written)
      // What was shown stays in reach when the topic becomes stricter.
      await Promise.all([appended, engine.topics.alter('orders', { settings: { durability: 'fsync' } })])
      expect(await shown(engine)).toBe(1)
    })
  })
})

describe('the end of a transaction', () => {
  it('is shown once it is durable, whatever the durability of its topic', async () => {
    const rig = new EngineRig()
    const of = { topic: 'orders', partition: 0 }
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders', { durability: 'written', flushMs: 10_000 })
      const producer = await TransactionalProducer.open(engine, 'tx')
      await producer.send(of, 'a')
      rig.machine.faults.slowDown({ chance: 1, maxMs: 1000 })
      void producer.end('commit').catch(() => undefined)
      while ((await engine.bounds(of)).lastStableOffset === 0) await rig.pass(1)
    })
    rig.machine.crash(lost)
    rig.machine.faults.disarmAll()
    await rig.run(async () => {
      const engine = await rig.open()
      expect(engine.transactions.describe('tx').state).toBe('committed')
      expect(await rig.values(engine, 'orders')).toEqual(['a'])
      await engine.close()
    })
  })
})

describe('compaction that waits for room', () => {
  it('keeps no engine from closing, and the next start finishes it', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders', { segmentMs: 10 })
      for (let value = 0; value < 12; value++) {
        const key = Buffer.from(`key ${value % 3}`)
        const batch = encodeBatch([
          { key, value: Buffer.from(`${value}`.padEnd(300, 'x')), timestampMs: rig.machine.clock.now() },
        ])
        await engine.append([{ topic: 'orders', partition: 0, batch }])
      }
      await rig.pass(500)
      rig.machine.faults.arm('too-many-files', { path: /orders-0.*timeindex$/ })
      await engine.topics.alter('orders', { settings: { cleanup: 'compact', minDirtyRatio: 0.01 } })
      while (Number.isNaN(rig.lastCall(/ unlink .*orders-0.*\.timeindex /))) await rig.pass(100)
      await engine.close()
    })
    rig.machine.crash({ mode: 'kill' })
    rig.machine.faults.disarmAll()
    await rig.run(async () => {
      const found = await rig.values(await rig.open(), 'orders')
      expect(found.slice(-3).map((value) => Number.parseInt(value, 10))).toEqual([9, 10, 11])
    })
  })
})

describe('a device that fails', () => {
  it('acknowledges nothing after a failed sync, and the next start has what was acknowledged', async () => {
    const rig = new EngineRig()
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      await rig.append(engine, 'orders', 'kept')
      rig.machine.faults.arm('sync-error', { times: 1, path: /\.journal$/ })
      await expect(rig.append(engine, 'orders', 'not acknowledged')).rejects.toMatchObject({ code: 'engine_stopped' })
      await expect(rig.append(engine, 'orders', 'nor this')).rejects.toMatchObject({ code: 'engine_stopped' })
      await engine.close()
    })
    rig.machine.crash(lost)
    await rig.run(async () => expect(await rig.values(await rig.open(), 'orders')).toEqual(['kept']))
  })
})

describe('bytes that went bad', () => {
  async function closedSegments(rig: EngineRig): Promise<string[]> {
    const values = await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const appended = await appendMany(rig, engine, 12)
      await engine.close()
      return appended
    })
    rig.machine.crash({ mode: 'kill' })
    return values
  }

  it.each([
    ['the base offset, which no checksum covers', 3, 6],
    ['the length', 10, 6],
    ['the last offset, which is then far behind', 23, 6],
    ['the last offset, which is then before the first', 23, 7],
    ['the records', 100, 6],
  ])('in %s of a batch are named and not served; the rest is', async (_, position, bit) => {
    const rig = new EngineRig()
    const values = await closedSegments(rig)
    rig.machine.rot(`${directory}/topics/orders-0/00000000000000000002.log`, position, bit)
    await rig.run(async () => {
      const engine = await rig.open()
      expect(await rig.values(engine, 'orders')).toEqual([...values.slice(0, 2), 'damaged'])
      expect(await rig.values(engine, 'orders', 4)).toEqual(values.slice(4))
      expect((await engine.status()).damage).toHaveLength(1)
    })
  })

  it('keep no other partition of the same read from its answer', async () => {
    const rig = new EngineRig()
    await closedSegments(rig)
    rig.machine.rot(`${directory}/topics/orders-0/00000000000000000002.log`, 23, 7)
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'other')
      await rig.append(engine, 'other', 'whole')
      const reads = [
        { topic: 'orders', partition: 0, offset: 3, maxBytes: 1_000_000 },
        { topic: 'other', partition: 0, offset: 0, maxBytes: 1_000_000 },
      ]
      const limits = { minBytes: 100_000, maxBytes: 1_000_000, maxWaitMs: 10, isolation: 'durable' } as const
      const { chunks } = await engine.read(reads, limits, new AbortController().signal)
      expect(chunks.map(({ error, nextOffset }) => [error?.code, nextOffset])).toEqual([
        ['damaged', 3],
        [undefined, 1],
      ])
    })
  })

  it('in any byte of an index change no answer', async () => {
    const rig = new EngineRig()
    const values = await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders', { segmentBytes: 1024 * 1024 })
      const appended = await appendMany(rig, engine, 60)
      await engine.close()
      return appended
    })
    rig.machine.crash({ mode: 'power', unsynced: 'kept' })
    const of = { topic: 'orders', partition: 0 }
    for (const path of rig.paths(/orders-0\/.*index$/)) {
      const { size } = rig.machine.disk.findFile('read', path).durable
      expect(size).toBeGreaterThan(0)
      for (let position = 0; position < size; position++) {
        rig.machine.rot(path, position, position % 8)
        await rig.run(async () => {
          const engine = await rig.open()
          expect(await rig.values(engine, 'orders', 37)).toEqual(values.slice(37))
          const { chunks } = await engine.read(
            [{ ...of, offset: 50, maxBytes: 1 }],
            { minBytes: 0, maxBytes: 1, maxWaitMs: 0, isolation: 'durable' },
            new AbortController().signal,
          )
          const timestampMs = Number(chunks[0]!.batches.readBigInt64BE(27))
          expect(await engine.offsetFor(of, timestampMs)).toBe(50)
          await engine.close()
        })
        rig.machine.crash({ mode: 'kill' })
      }
    }
  })
})

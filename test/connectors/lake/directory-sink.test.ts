// What the sink does between start and close, on a simulated disk.

import { describe, expect, it } from 'vitest'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'
import { blockBytes } from '../../../connectors/lake/formats/block.js'
import { mostPlanFiles } from '../../../connectors/lake/plan.js'
import { linesOf, namesBelow, readLake } from './lake-files.js'
import { assignAll, deliver, deliverAndClose, openLake, steady } from './lake-run.js'
import { TestLog, textRecord } from './test-log.js'

const base = '/base'
const root = '/base/lake'
const raw = { root: 'lake', format: { type: 'raw' } }

function machineWith(partitionCount: number, linesEach: number) {
  const machine = new SimulatedWorld({ seed: 7 })
  const log = new TestLog()
  for (let partition = 0; partition < partitionCount; partition++) {
    const of = log.add('orders', partition)
    log.append(
      of,
      Array.from({ length: linesEach }, (_, offset) => textRecord(`${partition}/${offset}`)),
    )
  }
  return { machine, world: machine.boot(), log }
}

async function linesByName(machine: SimulatedWorld): Promise<Record<string, readonly string[]>> {
  const { files } = machine.boot()
  const lake = await machine.run(() => readLake(files, root))
  return Object.fromEntries([...lake].map(([name, bytes]) => [name, linesOf(name, bytes)]))
}

describe('a directory sink', () => {
  it('accepts records, and calls them durable when their files are in place', async () => {
    const { machine, world, log } = machineWith(1, 3)
    await machine.run(async () => {
      const run = await openLake({ world, log, base, settings: { ...raw, rotate: { records: 4 } } })
      const [of] = log.partitions
      expect([...(await assignAll(run, log)).values()]).toEqual([0])
      const [batch] = log.read(of!, 0)
      expect(await run.sink.write(batch!, steady)).toBe('accepted')
      expect([...run.committed]).toEqual([])
      expect((await readLake(world.files, root)).size).toBe(0)
      log.append(of!, [textRecord('0/3')])
      const [next] = log.read(of!, 3)
      expect(await run.sink.write(next!, steady)).toBe('durable')
      expect([...run.committed.values()]).toEqual([4])
    })
    expect(await linesByName(machine)).toEqual({ 'orders/0-00000000000000000000.log': ['0/0', '0/1', '0/2', '0/3'] })
  })

  it('ends a plan in the middle of a batch, exactly at its number of records', async () => {
    const { machine, world, log } = machineWith(1, 10)
    const settings = { ...raw, path: '{partition}-{first}-{last}', rotate: { records: 4 } }
    await machine.run(() => deliverAndClose({ world, log, base, settings }))
    const names = Object.keys(await linesByName(machine))
    expect(names).toEqual([
      '0-00000000000000000000-00000000000000000003.log',
      '0-00000000000000000004-00000000000000000007.log',
      '0-00000000000000000008-00000000000000000009.log',
    ])
  })

  it('ends a plan when one of its files is large enough', async () => {
    const { machine, world, log } = machineWith(1, 100)
    await machine.run(() => deliverAndClose({ world, log, base, settings: { ...raw, rotate: { bytes: '100B' } } }))
    const sizes = Object.values(await linesByName(machine)).map((lines) => `${lines.join('\n')}\n`.length)
    expect(sizes.length).toBeGreaterThan(4)
    for (const size of sizes.slice(0, -1)) expect(size).toBeLessThan(105)
    for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(100)
  })

  it('ends a plan by its age, by a clock that does not jump', async () => {
    const { machine, world, log } = machineWith(1, 3)
    await machine.run(async () => {
      const run = await openLake({ world, log, base, settings: { ...raw, rotate: { age: '10s' } } })
      await deliver(run, log)
      machine.jumpClock(3600_000)
      await world.clock.sleep(9_000)
      await run.sink.tick?.(steady)
      expect([...run.committed]).toEqual([])
      await world.clock.sleep(1_001)
      await run.sink.tick?.(steady)
      expect([...run.committed.values()]).toEqual([3])
      await run.sink.tick?.(steady)
    })
  })

  it('publishes and lets go of what is revoked', async () => {
    const { machine, world, log } = machineWith(2, 3)
    await machine.run(async () => {
      const run = await openLake({ world, log, base, settings: raw })
      await deliver(run, log)
      await run.sink.revoked([log.partitions[1]!])
      expect([...run.committed.keys()]).toEqual(['id-of-orders/1'])
      await run.sink.flush(steady)
      expect([...run.committed.keys()]).toEqual(['id-of-orders/1', 'id-of-orders/0'])
    })
  })

  it('goes on behind what the lake holds, or behind the group where that is further', async () => {
    const { machine, world, log } = machineWith(1, 5)
    await machine.run(async () => {
      const options = { world, log, base, settings: raw }
      const { committed } = await deliverAndClose(options)
      const startWith = async (groupOffset: number | undefined): Promise<readonly number[]> => {
        const run = await openLake(options)
        if (groupOffset !== undefined) run.committed.set('id-of-orders/0', groupOffset)
        return [...(await assignAll(run, log)).values()]
      }
      expect([...committed.values()]).toEqual([5])
      expect(await startWith(undefined)).toEqual([5])
      expect(await startWith(2)).toEqual([5])
      expect(await startWith(9)).toEqual([9])
    })
  })

  it('takes a topic that was made anew for another one', async () => {
    const { machine, world, log } = machineWith(1, 3)
    const settings = { ...raw, path: '{topic}/{partition}-{first}-{last}' }
    await machine.run(async () => {
      await deliverAndClose({ world, log, base, settings })
      const anew = new TestLog()
      anew.append(anew.add('orders', 0, 'another-id'), [textRecord('anew')])
      await deliverAndClose({ world, log: anew, base, settings })
    })
    expect(Object.values(await linesByName(machine))).toEqual([['anew'], ['0/0', '0/1', '0/2']])
  })

  it('passes ranges that hold no records', async () => {
    const { machine, world, log } = machineWith(1, 2)
    await machine.run(async () => {
      const run = await openLake({ world, log, base, settings: { ...raw, path: '{partition}-{first}-{last}' } })
      const of = log.partitions[0]!
      await assignAll(run, log)
      const empty = (firstOffset: number, nextOffset: number) => {
        const [batch] = log.read(of, 0)
        return {
          ...batch!,
          batches: Buffer.alloc(0),
          firstOffset,
          nextOffset,
          cursor: () => emptyCursor(batch!.cursor()),
        }
      }
      const [batch] = log.read(of, 0)
      expect(await run.sink.write(batch!, steady)).toBe('accepted')
      expect(await run.sink.write(empty(2, 9), steady)).toBe('accepted')
      await run.sink.flush(steady)
      expect(await run.sink.write(empty(9, 20), steady)).toBe('durable')
      expect([...run.committed.values()]).toEqual([9])
    })
    expect(Object.keys(await linesByName(machine))).toEqual(['0-00000000000000000000-00000000000000000008.log'])
  })

  it('writes records of any size, in order', async () => {
    const { machine, world, log } = machineWith(1, 1)
    const sizes = [blockBytes - 1, 10, blockBytes, 5 * blockBytes, 0, blockBytes - 12, 11, 3]
    log.append(
      log.partitions[0]!,
      sizes.map((size, index) => textRecord(String(index).repeat(size))),
    )
    await machine.run(() => deliverAndClose({ world, log, base, settings: raw }))
    const [lines] = Object.values(await linesByName(machine))
    expect(lines?.map((line) => [line.slice(0, 1), line.length])).toEqual([
      ['0', 3],
      ...sizes.map((size, index) => [size === 0 ? '' : String(index), size]),
    ])
  })

  it('ends a plan that would need too many files', async () => {
    const machine = new SimulatedWorld({ seed: 3 })
    const log = new TestLog()
    const of = log.add('orders', 0)
    const count = mostPlanFiles + 44
    log.append(
      of,
      Array.from({ length: count }, (_, id) => textRecord(JSON.stringify({ id }))),
    )
    const settings = { root: 'lake', path: '{id}/{partition}-{first}' }
    await machine.run(() => deliverAndClose({ world: machine.boot(), log, base, settings }))
    const names = Object.keys(await linesByName(machine))
    expect(names).toHaveLength(count)
    expect(names.filter((name) => name.endsWith(`0-${'0'.repeat(20)}.ndjson`))).toHaveLength(mostPlanFiles)
  })

  it('serves 200 partitions with 12 descriptors', async () => {
    const machine = new SimulatedWorld({ seed: 5, openFiles: 12 })
    const log = new TestLog()
    for (let partition = 0; partition < 200; partition++) log.add('orders', partition)
    for (let round = 0; round < 3; round++) {
      for (const of of log.partitions) log.append(of, [textRecord(`${of.partition}/${round}`)])
    }
    const world = machine.boot()
    await machine.run(() => deliverAndClose({ world, log, base, settings: raw, openFiles: 12 }))
    const lines = Object.values(await linesByName(machine))
    expect(lines).toHaveLength(200)
    expect(lines.every((file) => file.map((line) => line.split('/')[1]).join() === '0,1,2')).toBe(true)
  })

  it('removes what it leaves behind when it is closed without a flush, at the next start', async () => {
    const { machine, world, log } = machineWith(2, 3)
    await machine.run(async () => {
      const first = await openLake({ world, log, base, settings: raw })
      await deliver(first, log)
      await first.sink.close()
      const open = `${root}/.tailrace/open`
      expect(await namesBelow(world.files, open, '')).toHaveLength(2)
      const second = await openLake({ world, log, base, settings: raw })
      expect([...(await assignAll(second, log)).values()]).toEqual([0, 0])
      expect(await namesBelow(world.files, open, '')).toEqual([])
    })
  })
})

/** Moves a cursor behind the last record of its batch. */
function emptyCursor<T extends { next(): boolean; reset(batches: Buffer): void }>(cursor: T): T {
  cursor.reset(Buffer.alloc(0))
  return cursor
}

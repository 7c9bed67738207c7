import { describe, expect, it } from 'vitest'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'
import { assignAll, deliverAndClose, openLake, steady } from './lake-run.js'
import { TestLog, textRecord } from './test-log.js'

const base = '/base'
const hubFile = '/base/lake/.tailrace/hub.json'

function setUp(seed = 11) {
  const machine = new SimulatedWorld({ seed })
  const log = new TestLog()
  log.append(log.add('orders', 0), [textRecord('a')])
  const world = machine.boot()
  return { machine, world, options: { world, log, base, settings: { root: 'lake' } }, log }
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed)
const refusal = (code: string) => expect.objectContaining({ code })

describe('the root of a lake', () => {
  it('belongs to the hub that wrote into it first', async () => {
    const { machine, options, log } = setUp()
    await machine.run(async () => {
      await deliverAndClose(options)
      const foreign = await openLake({ ...options, hubId: 'hub-2', base: '/other', settings: { root: '/base/lake' } })
      await expect(foreign.sink.check(steady)).rejects.toThrow(refusal('lake_foreign_root'))
      await expect(assignAll(foreign, log)).rejects.toThrow('/base/lake belongs to hub hub-1; this is hub hub-2')
      const again = await openLake(options)
      await again.sink.check(steady)
      await assignAll(again, log)
    })
  })

  it.each(seeds)('is never taken by two hubs at the same moment (seed %d)', async (seed) => {
    const { machine, options, log } = setUp(seed)
    await machine.run(async () => {
      const one = await openLake(options)
      const other = await openLake({ ...options, hubId: 'hub-2', base: '/other', settings: { root: '/base/lake' } })
      const outcomes = await Promise.allSettled([assignAll(one, log), assignAll(other, log)])
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled').length).toBeLessThanOrEqual(1)
    })
  })

  it('is not taken by a check', async () => {
    const { machine, world, options } = setUp()
    await machine.run(async () => {
      const run = await openLake(options)
      await run.sink.check(steady)
      expect(await world.files.stat(hubFile)).toBeUndefined()
      expect(await world.files.list('/base/lake/.tailrace')).toEqual([])
    })
  })

  it('is taken by the hub that began to, and by no other, after a crash amid the taking', async () => {
    const { machine, world, options, log } = setUp()
    await machine.run(async () => {
      await world.files.makeDirectory('/base/lake/.tailrace/claims')
      await (await world.files.open('/base/lake/.tailrace/claims/hub-1@shop.lake', 'create-new')).close()
      const foreign = await openLake({ ...options, hubId: 'hub-2', base: '/other', settings: { root: '/base/lake' } })
      await expect(assignAll(foreign, log)).rejects.toThrow(refusal('lake_foreign_root'))
      await deliverAndClose(options)
      expect(await world.files.list('/base/lake/.tailrace/claims')).toEqual([])
    })
  })

  it('is refused when the file of its owner is damaged, or of a later release', async () => {
    const { machine, world, options, log } = setUp()
    await machine.run(async () => {
      await deliverAndClose(options)
      await world.files.replace(hubFile, Buffer.from('{"version":'))
      const run = await openLake(options)
      await expect(assignAll(run, log)).rejects.toThrow(refusal('lake_bookkeeping_malformed'))
      await world.files.replace(hubFile, Buffer.from('{"version":2,"hubId":"hub-1","rootId":"x"}'))
      await expect(assignAll(run, log)).rejects.toThrow(`${hubFile} is of version 2; this release knows 1`)
    })
  })

  it('is shared by sinks whose names begin differently, and by no others', async () => {
    const { machine, world, options, log } = setUp()
    const sink = (id: string, path: string) => openLake({ ...options, sink: id, settings: { root: 'lake', path } })
    await machine.run(async () => {
      await assignAll(await sink('a', 'a/{topic}/{partition}-{first}'), log)
      await assignAll(await sink('b', 'b/{topic}/{partition}-{first}'), log)
      await assignAll(await sink('c', '{sink}/{topic}/{partition}-{first}'), log)
      const clash = await sink('d', 'a/{partition}-{first}')
      await expect(clash.sink.check(steady)).rejects.toThrow(refusal('lake_root_shared'))
      await expect(assignAll(clash, log)).rejects.toThrow('/base/lake is filled by shop.a with the path a/{topic}')
      expect(await world.files.list('/base/lake/.tailrace/sinks')).toEqual([
        'shop.a.json',
        'shop.b.json',
        'shop.c.json',
      ])
      await world.files.unlink('/base/lake/.tailrace/sinks/shop.a.json')
      await assignAll(clash, log)
    })
  })

  it.each(seeds)('is taken by two sinks of one hub that start at once (seed %d)', async (seed) => {
    const { machine, world, options, log } = setUp(seed)
    const sink = (id: string) =>
      openLake({ ...options, sink: id, settings: { root: 'lake', path: '{sink}/{topic}/{partition}-{first}' } })
    await machine.run(async () => {
      const runs = [await sink('a'), await sink('b')]
      await Promise.all(runs.map((run) => assignAll(run, log)))
      expect(await world.files.list('/base/lake/.tailrace/claims')).toEqual([])
      // Both know the root by the id that stands there: an interrupted plan of either is found again.
      const { rootId } = JSON.parse((await world.files.readAll(hubFile)).toString()) as { rootId: string }
      const { inode } = (await world.files.stat('/base/lake'))!
      expect(rootId.startsWith(`${inode}-`)).toBe(true)
    })
  })

  it.each(seeds)('is not shared by two sinks that start at once (seed %d)', async (seed) => {
    const { machine, options, log } = setUp(seed)
    await machine.run(async () => {
      const runs = [await openLake({ ...options, sink: 'a' }), await openLake({ ...options, sink: 'b' })]
      const outcomes = await Promise.allSettled(runs.map((run) => assignAll(run, log)))
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled').length).toBeLessThanOrEqual(1)
    })
  })

  it('must be one file system with its bookkeeping', async () => {
    const { machine, world, options } = setUp()
    const { files } = world
    const mounted = new Proxy(files, {
      get(target, name) {
        if (name !== 'stat') return (...given: unknown[]) => Reflect.apply(Reflect.get(target, name), target, given)
        return async (path: string) => {
          const stat = await target.stat(path)
          return stat && { ...stat, device: path.endsWith('.tailrace') ? 99 : 1 }
        }
      },
    })
    await machine.run(async () => {
      const run = await openLake({ ...options, world: { ...world, files: mounted } })
      await expect(run.sink.check(steady)).rejects.toThrow(refusal('lake_other_device'))
    })
  })
})

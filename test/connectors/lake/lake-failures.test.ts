// What the sink does when the disk, the directory or the settings fail it.

import { describe, expect, it } from 'vitest'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'
import { linesOf, namesBelow, readLake } from './lake-files.js'
import { assignAll, deliver, deliverAndClose, openLake, steady } from './lake-run.js'
import type { LakeRunOptions } from './lake-run.js'
import { TestLog, textRecord } from './test-log.js'

const base = '/base'
const root = '/base/lake'
const raw = { root: 'lake', path: '{topic}/{partition}-{first}', format: { type: 'raw' } }
const firstName = 'orders/0-00000000000000000000.log'

function setUp(recordCount = 3) {
  const machine = new SimulatedWorld({ seed: 13 })
  const log = new TestLog()
  const of = log.add('orders', 0)
  log.append(
    of,
    Array.from({ length: recordCount }, (_, offset) => textRecord(`line ${offset}`)),
  )
  const world = machine.boot()
  const options: LakeRunOptions = { world, log, base, settings: raw }
  return {
    machine,
    world,
    log,
    of,
    options,
    lines: Array.from({ length: recordCount }, (_, offset) => `line ${offset}`),
  }
}

async function allLines(options: LakeRunOptions, folder = root): Promise<readonly string[]> {
  return [...(await readLake(options.world.files, folder))].flatMap(([name, bytes]) => linesOf(name, bytes))
}

/** A run that ends with its files planned and not one of them moved. */
async function interrupted(machine: SimulatedWorld, options: LakeRunOptions): Promise<void> {
  const run = await openLake(options)
  await deliver(run, options.log)
  machine.faults.arm('rename-error', { times: 1, path: /\/open\// })
  await expect(run.sink.flush(steady)).rejects.toThrow(expect.objectContaining({ code: 'io_failed' }))
  machine.faults.disarmAll()
  await run.sink.close()
}

const refusal = (code: string) => expect.objectContaining({ code })

describe('a full disk', () => {
  it.each(['no-space', 'too-many-files'] as const)(
    '(%s) stops the sink for as long as it lasts, with nothing half visible',
    async (fault) => {
      const { machine, options, log, lines } = setUp(400)
      await machine.run(async () => {
        const run = await openLake({ ...options, settings: { ...raw, rotate: { records: 150 } } })
        await assignAll(run, log)
        let failures = 0
        // Each call fails, at another operation every time, and is tried again as it is.
        const untilGood = async (call: () => Promise<unknown>): Promise<void> => {
          for (let left = 12; ; left--) {
            if (left > 0) machine.faults.arm(fault, { times: 1, chance: 0.4, path: /\/lake\// })
            try {
              await call()
              return
            } catch (error) {
              expect(error).toMatchObject({ retry: 'timed' })
              failures++
              const seen = await namesBelow(options.world.files, root, '')
              for (const name of seen.filter((one) => one.startsWith('orders/'))) {
                expect((await allLines(options)).length % 50, name).toBe(0)
              }
            } finally {
              machine.faults.disarmAll()
            }
          }
        }
        for (const batch of log.read(log.partitions[0]!, 0)) await untilGood(() => run.sink.write(batch, steady))
        await untilGood(() => run.sink.flush(steady))
        expect(failures).toBeGreaterThan(3)
        expect(await allLines(options)).toEqual(lines)
      })
    },
  )
})

describe('a disk that fails', () => {
  it('ends the run after a sync that failed, and never takes the file for whole', async () => {
    const { machine, options, log, lines } = setUp()
    await machine.run(async () => {
      const run = await openLake(options)
      await deliver(run, log)
      machine.faults.arm('sync-error', { times: 1, path: /\/open\// })
      await expect(run.sink.flush(steady)).rejects.toThrow(refusal('lake_sync_failed'))
      await expect(run.sink.flush(steady)).rejects.toThrow(refusal('lake_sync_failed'))
      expect(await allLines(options)).toEqual([])
      await run.sink.close()
      await deliverAndClose(options)
      expect(await allLines(options)).toEqual(lines)
    })
  })

  it.each(['write-error', 'open-error', 'directory-sync-error', 'rename-error'] as const)(
    'loses and repeats nothing when the sink starts again after %s, wherever it strikes',
    async (fault) => {
      const { machine, options, lines } = setUp(20)
      await machine.run(async () => {
        let failures = 0
        for (let left = 25; left >= 0; left--) {
          if (left > 0) machine.faults.arm(fault, { times: 1, chance: 0.15, path: /\/base\// })
          try {
            await deliverAndClose({ ...options, settings: { ...raw, rotate: { records: 3 } } })
          } catch {
            failures++
          } finally {
            machine.faults.disarmAll()
          }
        }
        expect(failures).toBeGreaterThan(2)
        expect([...(await allLines(options))].sort()).toEqual([...lines].sort())
      })
    },
  )
})

describe('a file that somebody else touched', () => {
  it('is never overwritten when it stands under a name that is needed', async () => {
    const { machine, world, options, lines } = setUp()
    await machine.run(async () => {
      await world.files.makeDirectory(`${root}/orders`)
      await world.files.replace(`${root}/${firstName}`, Buffer.from('mine\n'))
      await expect(deliverAndClose(options)).rejects.toThrow(refusal('lake_name_taken'))
      expect(await allLines(options)).toEqual(['mine'])
      await world.files.rename(`${root}/${firstName}`, `${root}/mine.log`)
      await deliverAndClose(options)
      expect(await allLines(options)).toEqual(['mine', ...lines])
    })
  })

  it('is not overwritten after a crash either', async () => {
    const { machine, world, options } = setUp()
    await machine.run(async () => {
      await interrupted(machine, options)
      await world.files.makeDirectory(`${root}/orders`)
      await world.files.replace(`${root}/${firstName}`, Buffer.from('mine\n'))
      await expect(deliverAndClose(options)).rejects.toThrow(
        `${root}/${firstName} exists and is not the file of 21 bytes`,
      )
      expect(await allLines(options)).toEqual(['mine'])
    })
  })

  it('is accepted when it agrees to the byte: the log is older than the lake, and brings the same records', async () => {
    const { machine, world, options, lines } = setUp()
    await machine.run(async () => {
      await deliverAndClose(options)
      await world.files.unlink('/base/hub/state.json')
      const again = await deliverAndClose(options)
      expect([...again.committed.values()]).toEqual([3])
      expect(await allLines(options)).toEqual(lines)
    })
  })

  it.each(['removed', 'cut', 'replaced'] as const)('is noticed when it is %s under way', async (what) => {
    const { machine, world, options, log, lines } = setUp()
    await machine.run(async () => {
      const run = await openLake(options)
      await deliver(run, log)
      const open = `${root}/.tailrace/open/shop.lake`
      const [name] = await world.files.list(open)
      const path = `${open}/${name}`
      if (what === 'cut') {
        const file = await world.files.open(path, 'write')
        await file.truncate(0)
        await file.write(Buffer.alloc(1000), 0)
        await file.close()
      } else {
        await world.files.unlink(path)
        if (what === 'replaced') await world.files.replace(path, Buffer.from('x'))
      }
      await expect(run.sink.flush(steady)).rejects.toThrow(refusal('lake_file_changed'))
      await run.sink.close()
      await deliverAndClose(options)
      expect(await allLines(options)).toEqual(lines)
    })
  })
})

describe('a plan that was interrupted', () => {
  it('is finished as it was planned, whatever path and format are by now', async () => {
    const { machine, world, options, log, lines } = setUp()
    await machine.run(async () => {
      await interrupted(machine, options)
      for (const name of await namesBelow(world.files, `${root}/.tailrace/open`, '')) {
        await world.files.unlink(`${root}/.tailrace/open/${name}`)
      }
      const settings = {
        root: 'lake',
        path: 'new/{partition}/{first}',
        format: { type: 'ndjson', compression: 'gzip' },
      }
      log.append(log.partitions[0]!, [textRecord('later')])
      await deliverAndClose({ ...options, settings })
      const lake = await readLake(world.files, root)
      expect([...lake.keys()]).toEqual(['new/0/00000000000000000003.ndjson.gz', firstName])
      expect(linesOf(firstName, lake.get(firstName)!)).toEqual(lines)
    })
  })

  it('is finished in the root that it was planned for', async () => {
    const { machine, world, options, lines } = setUp()
    await machine.run(async () => {
      await interrupted(machine, options)
      await deliverAndClose({ ...options, settings: { ...raw, root: 'elsewhere' } })
      expect(await allLines(options)).toEqual(lines)
      expect(await allLines(options, '/base/elsewhere')).toEqual([])
      expect(await namesBelow(world.files, `${root}/.tailrace/manifests`, '')).toEqual([])
    })
  })

  it('is finished in its root when that was moved', async () => {
    const { machine, world, options, lines } = setUp()
    await machine.run(async () => {
      await interrupted(machine, options)
      await world.files.rename(root, '/base/moved')
      await deliverAndClose({ ...options, settings: { ...raw, root: 'moved' } })
      expect(await allLines(options, '/base/moved')).toEqual(lines)
    })
  })

  it('stops the sink when its root is gone', async () => {
    const { machine, world, options } = setUp()
    await machine.run(async () => {
      await interrupted(machine, options)
      await world.files.rename(root, '/base/gone')
      await expect(deliverAndClose({ ...options, settings: { ...raw, root: 'new' } })).rejects.toThrow(
        '/base/lake holds unfinished files, and is gone',
      )
      await expect(deliverAndClose(options)).rejects.toThrow(refusal('lake_plan_root_missing'))
    })
  })

  it('stops the sink when neither its files nor its records are there', async () => {
    const { machine, world, options, log, of } = setUp()
    await machine.run(async () => {
      await interrupted(machine, options)
      for (const name of await namesBelow(world.files, `${root}/.tailrace/open`, '')) {
        await world.files.unlink(`${root}/.tailrace/open/${name}`)
      }
      log.retain(of, 3)
      await expect(deliverAndClose(options)).rejects.toThrow(
        'the files of orders-0 from offset 0 to below 3 are incomplete, and the log does not hold its records any more',
      )
    })
  })

  it('stops the sink when the log does not know of it: a data directory from a backup', async () => {
    const { machine, world, options } = setUp()
    await machine.run(async () => {
      await interrupted(machine, options)
      await world.files.unlink('/base/hub/state.json')
      await expect(deliverAndClose(options)).rejects.toThrow(refusal('lake_state_behind'))
      await world.files.unlink(`${root}/.tailrace/manifests/shop.lake/id-of-orders-0.json`)
      await deliverAndClose(options)
    })
  })
})

describe('a path that does not fit its topics', () => {
  it('is refused when two topics would share names', async () => {
    const { machine, options, log } = setUp()
    log.add('payments', 0)
    await machine.run(async () => {
      const run = await openLake({ ...options, settings: { root: 'lake', path: '{partition}-{first}' } })
      await expect(assignAll(run, log)).rejects.toThrow('gives the same names for several topics: orders, payments')
    })
  })
})

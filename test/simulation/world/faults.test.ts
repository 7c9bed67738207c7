import { describe, expect, it } from 'vitest'
import type { OpenFile } from '../../../core/runtime/files.js'
import type { World } from '../../../core/runtime/world.js'
import { type FailureKind } from './faults.js'
import { SimulatedWorld } from './simulated-world.js'

const bytes = Buffer.from('bytes')

function start(seed = 1): { machine: SimulatedWorld; world: World } {
  const machine = new SimulatedWorld({ seed })
  return { machine, world: machine.boot() }
}

function created(machine: SimulatedWorld, { files }: World): Promise<OpenFile> {
  return machine.run(async () => {
    const file = await files.open('/f', 'create')
    await files.syncDirectory('/')
    return file
  })
}

describe('a sync that fails', () => {
  it('leaves pages that can be read until the power fails, and that no later sync saves', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { machine, world } = start(seed)
      const file = await created(machine, world)
      file.writeSync(bytes, 0)
      machine.faults.arm('sync-error', { times: 1 })
      await expect(machine.run(() => file.datasync())).rejects.toMatchObject({ code: 'io_failed' })
      await machine.run(() => file.datasync())
      expect((await machine.run(() => world.files.readAll('/f'))).equals(bytes)).toBe(true)
      machine.crash()
      const after = machine.boot()
      expect(await machine.run(() => after.files.stat('/f'))).toMatchObject({ bytes: 0 })
      expect(machine.faults.counts()).toMatchObject({ 'sync-error': 1, 'forgotten-pages': 1 })
    }
  })

  it('outlives the process: the pages are in the cache, and still not on the device', async () => {
    const { machine, world } = start()
    const file = await created(machine, world)
    file.writeSync(bytes, 0)
    machine.faults.arm('sync-error', { times: 1 })
    await expect(machine.run(() => file.datasync())).rejects.toMatchObject({ code: 'io_failed' })
    machine.crash({ mode: 'kill' })
    const second = machine.boot()
    const again = await machine.run(() => second.files.open('/f', 'write'))
    expect(again.sizeSync()).toBe(bytes.length)
    await machine.run(() => again.datasync())
    machine.crash()
    const third = machine.boot()
    expect(await machine.run(() => third.files.stat('/f'))).toMatchObject({ bytes: 0 })
  })

  it('of a directory leaves its names to the next sync', async () => {
    const { machine, world } = start()
    machine.faults.arm('directory-sync-error', { times: 1 })
    await expect(created(machine, world)).rejects.toMatchObject({ code: 'io_failed' })
    await machine.run(() => world.files.syncDirectory('/'))
    machine.crash()
    expect(machine.disk.paths()).toEqual(['/f'])
  })
})

describe('failures of single calls', () => {
  const cases: readonly (readonly [FailureKind, string, (world: World, file: OpenFile) => Promise<unknown>])[] = [
    ['open-error', 'io_failed', ({ files }) => files.open('/f', 'read')],
    ['read-error', 'io_failed', (_, file) => file.read(Buffer.alloc(1), 0, 1, 0)],
    ['write-error', 'io_failed', (_, file) => file.write(bytes, 0)],
    ['write-error', 'io_failed', (_, file) => file.truncate(0)],
    ['rename-error', 'io_failed', ({ files }) => files.rename('/f', '/g')],
    ['no-space', 'disk_full', (_, file) => file.write(bytes, 0)],
    ['no-space', 'disk_full', ({ files }) => files.open('/new', 'create')],
    ['no-space', 'disk_full', ({ files }) => files.rename('/f', '/g')],
    ['too-many-files', 'too_many_files', ({ files }) => files.open('/f', 'read')],
  ]
  it.each(cases)('%s gives %s, is counted, and ends when disarmed', async (kind, code, work) => {
    const { machine, world } = start()
    const file = await created(machine, world)
    machine.faults.arm(kind)
    await expect(machine.run(() => work(world, file))).rejects.toMatchObject({ code })
    machine.faults.disarmAll()
    await machine.run(() => work(world, file))
    expect(machine.faults.counts()).toEqual({ [kind]: 1 })
  })

  it('strike only the paths they are armed for, as often as asked', async () => {
    const { machine, world } = start()
    const file = await created(machine, world)
    machine.faults.arm('write-error', { path: /other/ })
    file.writeSync(bytes, 0)
    machine.faults.arm('write-error', { path: /f$/, times: 2 })
    expect(() => file.writeSync(bytes, 0)).toThrow('cannot write /f: i/o error (EIO)')
    expect(() => file.writeSync(bytes, 0)).toThrow('EIO')
    file.writeSync(bytes, 0)
    expect(machine.faults.counts()).toEqual({ 'write-error': 2 })
  })
})

describe('a disk that fills up', () => {
  it('refuses what does not fit, and takes it when something was removed', async () => {
    const { machine, world } = start()
    const file = await created(machine, world)
    file.writeSync(Buffer.alloc(10_000), 0)
    const room = await machine.run(() => world.files.freeBytes('/'))
    machine.disk.capacityBytes -= room - 1000
    expect(await machine.run(() => world.files.freeBytes('/'))).toBe(1000)
    expect(() => file.writeSync(Buffer.alloc(1001), 10_000)).toThrow(expect.objectContaining({ code: 'disk_full' }))
    expect(file.sizeSync()).toBeLessThanOrEqual(11_000)
    file.writeSync(Buffer.alloc(10_000, 1), 0)
    file.truncateSync(5000)
    file.writeSync(Buffer.alloc(1001), 10_000 - 1001)
    await machine.run(() => world.files.unlink('/f'))
    expect(await machine.run(() => world.files.freeBytes('/'))).toBe(1000)
    await machine.run(() => file.close())
    expect(await machine.run(() => world.files.freeBytes('/'))).toBeGreaterThan(11_000)
    expect(machine.faults.counts()).toEqual({ 'disk-full': 1 })
  })

  it('knows its room again after a loss of power', async () => {
    const { machine, world } = start()
    const before = await machine.run(() => world.files.freeBytes('/'))
    const file = await created(machine, world)
    file.writeSync(Buffer.alloc(10_000), 0)
    machine.crash({ unsynced: 'lost' })
    const after = machine.boot()
    await machine.run(() => after.files.unlink('/f'))
    expect(await machine.run(() => after.files.freeBytes('/'))).toBe(before)
  })
})

describe('the machine', () => {
  it('gives a process so many descriptors and no more', async () => {
    const machine = new SimulatedWorld({ seed: 1, openFiles: 2 })
    const { files, limits } = machine.boot()
    expect(limits.openFiles).toBe(2)
    const first = files.openSync('/a', 'create')
    files.openSync('/b', 'create')
    expect(() => files.openSync('/c', 'create')).toThrow(expect.objectContaining({ code: 'too_many_files' }))
    first.closeSync()
    files.openSync('/c', 'create')
  })

  it('slows calls down', async () => {
    const { machine, world } = start()
    machine.faults.slowDown({ chance: 1, maxMs: 30_000 })
    await created(machine, world)
    expect(world.clock.monotonicMs()).toBeGreaterThan(100)
    expect(machine.faults.counts().slow).toBe(2)
  })

  it('rots a bit of a file on the device', async () => {
    const { machine, world } = start()
    const file = await created(machine, world)
    file.writeSync(Buffer.from([0, 0, 0]), 0)
    await machine.run(() => file.datasync())
    machine.rot('/f', 1, 3)
    expect([...(await machine.run(() => world.files.readAll('/f')))]).toEqual([0, 8, 0])
    machine.crash()
    const after = machine.boot()
    expect([...(await machine.run(() => after.files.readAll('/f')))]).toEqual([0, 8, 0])
    expect(() => machine.rot('/f', 3)).toThrow('holds 3 bytes')
  })

  it('has one owner per directory, as long as its process lives', async () => {
    const { machine, world } = start()
    const other = machine.boot()
    await machine.run(() => world.files.makeDirectory('/d'))
    const claim = await machine.run(() => world.ownership.claim('/d'))
    await expect(machine.run(() => other.ownership.claim('/d/'))).rejects.toMatchObject({ code: 'directory_owned' })
    await machine.run(() => claim.release())
    const taken = await machine.run(() => other.ownership.claim('/d'))
    machine.usurp('/d')
    expect(taken.lost.reason).toMatchObject({ code: 'ownership_lost' })
    await machine.run(() => world.ownership.claim('/d'))
    machine.crash({ mode: 'kill' })
    const third = machine.boot()
    await machine.run(() => third.ownership.claim('/d'))
  })
})

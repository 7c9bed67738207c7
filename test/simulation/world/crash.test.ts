import { describe, expect, it } from 'vitest'
import type { World } from '../../../core/runtime/world.js'
import { SimulatedCrash } from './simulated-crash.js'
import { type CrashOptions, SimulatedWorld } from './simulated-world.js'

const seeds = Array.from({ length: 300 }, (_, index) => index + 1)

/** Runs the work on a new machine, crashes, and gives what a new process reads of the path. */
async function survivors(
  seed: number,
  work: (world: World, machine: SimulatedWorld) => Promise<void>,
  options: CrashOptions & { readonly read?: string } = {},
): Promise<string | undefined> {
  const machine = new SimulatedWorld({ seed })
  const world = machine.boot()
  await machine.run(() => work(world, machine))
  machine.crash(options)
  return readText(machine, options.read ?? '/f')
}

async function readText(machine: SimulatedWorld, path: string): Promise<string | undefined> {
  const { files } = machine.boot()
  return machine.run(async () => {
    if ((await files.stat(path)) === undefined) return undefined
    return (await files.readAll(path)).toString('latin1')
  })
}

async function outcomes(
  work: (world: World, machine: SimulatedWorld) => Promise<void>,
  options: CrashOptions & { readonly read?: string } = {},
): Promise<Set<string | undefined>> {
  return new Set(await Promise.all(seeds.map((seed) => survivors(seed, work, options))))
}

async function writeSynced({ files }: World, path: string, content: string): Promise<void> {
  const file = await files.open(path, 'create')
  file.writeSync(Buffer.from(content), 0)
  await file.datasync()
  await file.close()
  await files.syncDirectory('/')
}

describe('a loss of power', () => {
  it('never takes what was synced, content and name', async () => {
    expect(await outcomes((world) => writeSynced(world, '/f', 'safe'))).toEqual(new Set(['safe']))
  })

  it('may take any of several writes that were not synced, or tear it', async () => {
    const left = await outcomes(async (world) => {
      await writeSynced(world, '/f', 'aaaabbbb')
      const file = await world.files.open('/f', 'write')
      file.writeSync(Buffer.from('AAAA'), 0)
      file.writeSync(Buffer.from('BBBB'), 4)
    })
    for (const outcome of ['aaaabbbb', 'AAAAbbbb', 'aaaaBBBB', 'AAAABBBB']) {
      expect(left, outcome).toContain(outcome)
    }
    expect([...left].some((outcome) => /^A{1,3}[a\0]/.test(outcome ?? ''))).toBe(true)
  })

  it('may grow a file without its content', async () => {
    const left = await outcomes(async (world) => {
      await writeSynced(world, '/f', 'ab')
      const file = await world.files.open('/f', 'write')
      file.writeSync(Buffer.from('cd'), 2)
    })
    for (const outcome of ['ab', 'abc', 'abcd', 'ab\0\0']) expect(left, outcome).toContain(outcome)
    for (const outcome of left) expect(outcome).toMatch(/^ab/)
  })

  it('tears at sectors and pages of the file, not of the write', async () => {
    const lengths = new Set<number>()
    const left = await outcomes(async (world) => {
      await writeSynced(world, '/f', 'x'.repeat(300))
      const file = await world.files.open('/f', 'write')
      file.writeSync(Buffer.alloc(8000, 'y'), 300)
    })
    for (const outcome of left) lengths.add((outcome ?? '').length)
    expect(lengths).toContain(4096)
    expect([...lengths].some((length) => length > 512 && length < 8300 && length % 512 === 0)).toBe(true)
  })

  it('may take the name of a file whose content was synced', async () => {
    const left = await outcomes(async ({ files }) => {
      const file = await files.open('/f', 'create')
      file.writeSync(Buffer.from('safe?'), 0)
      await file.datasync()
    })
    expect(left).toEqual(new Set(['safe?', undefined]))
  })

  it('may keep a rename and lose the content behind it, or the reverse', async () => {
    const left = await outcomes(async (world) => {
      await writeSynced(world, '/f', 'old')
      const file = await world.files.open('/g', 'create')
      file.writeSync(Buffer.from('new'), 0)
      await world.files.rename('/g', '/f')
    })
    for (const outcome of ['old', 'new', '']) expect(left, outcome).toContain(outcome)
    expect(left).not.toContain(undefined)
  })

  it('leaves the old or the new content of a file that is being replaced, at every call', async () => {
    const left = new Set<string | undefined>()
    for (const seed of seeds) {
      const machine = new SimulatedWorld({ seed })
      const world = machine.boot()
      await machine.run(() => writeSynced(world, '/f', 'old'))
      machine.crashAt(machine.callCount + 1 + (seed % 9))
      await machine
        .run(() => world.files.replace('/f', Buffer.from('new')))
        .catch((error: Error) => {
          expect(error).toBeInstanceOf(SimulatedCrash)
        })
      machine.crash()
      left.add(await readText(machine, '/f'))
    }
    expect(left).toEqual(new Set(['old', 'new']))
  })

  it('never undoes a replacement that was answered', async () => {
    const left = await outcomes(async (world) => {
      await writeSynced(world, '/f', 'old')
      await world.files.replace('/f', Buffer.from('new'))
    })
    expect(left).toEqual(new Set(['new']))
  })

  it('may bring back a file whose removal was not synced', async () => {
    const removed = async (world: World) => {
      await writeSynced(world, '/f', 'here')
      await world.files.unlink('/f')
    }
    expect(await outcomes(removed)).toEqual(new Set(['here', undefined]))
    const synced = async (world: World) => {
      await removed(world)
      await world.files.syncDirectory('/')
    }
    expect(await outcomes(synced)).toEqual(new Set([undefined]))
  })

  it('takes all that is in a directory whose own name it takes', async () => {
    const work = async (world: World) => {
      await world.files.makeDirectory('/d')
      await writeSynced(world, '/d/f', 'deep')
      await world.files.syncDirectory('/d')
    }
    const unsynced = async (world: World) => {
      await world.files.makeDirectory('/d')
      const file = await world.files.open('/d/f', 'create')
      file.writeSync(Buffer.from('deep'), 0)
      await file.datasync()
      await world.files.syncDirectory('/d')
    }
    expect(await outcomes(work, { read: '/d/f' })).toEqual(new Set(['deep']))
    expect(await outcomes(unsynced, { read: '/d/f' })).toEqual(new Set(['deep', undefined]))
  })

  it('moves a name between directories in one step', async () => {
    for (const seed of seeds) {
      const machine = new SimulatedWorld({ seed })
      const world = machine.boot()
      await machine.run(async () => {
        await world.files.makeDirectory('/a')
        await world.files.makeDirectory('/b')
        await writeSynced(world, '/a/f', 'one')
        await world.files.syncDirectory('/a')
        await world.files.rename('/a/f', '/b/f')
        if (seed % 2 === 0) await world.files.syncDirectory(seed % 4 === 0 ? '/a' : '/b')
      })
      machine.crash()
      expect(machine.disk.paths()).toEqual(seed % 2 === 0 ? ['/b/f'] : [expect.stringMatching(/^\/[ab]\/f$/)])
    }
  })

  it('loses nothing or everything that was not synced when told to', async () => {
    const work = async ({ files }: World) => {
      const file = await files.open('/f', 'create')
      file.writeSync(Buffer.from('content'), 0)
    }
    expect(await outcomes(work, { unsynced: 'lost' })).toEqual(new Set([undefined]))
    expect(await outcomes(work, { unsynced: 'kept' })).toEqual(new Set(['content']))
  })

  it('covers by a sync what was written before it, and not what came while it ran', async () => {
    const left = await outcomes(async ({ files }) => {
      const file = await files.open('/f', 'create')
      file.writeSync(Buffer.from('before'), 0)
      const syncing = file.datasync()
      file.writeSync(Buffer.from('+'), 6)
      await syncing
      await files.syncDirectory('/')
    })
    expect(left).toContain('before')
    expect(left).toContain('before+')
    for (const outcome of left) expect(outcome).toMatch(/^before/)
  })
})

describe('the death of a process', () => {
  it('leaves the page cache whole', async () => {
    const left = await outcomes(
      async ({ files }) => {
        const file = await files.open('/f', 'create')
        file.writeSync(Buffer.from('unsynced'), 0)
      },
      { mode: 'kill' },
    )
    expect(left).toEqual(new Set(['unsynced']))
  })

  it('may cut the write under way', async () => {
    const left = await outcomes(
      async ({ files }) => {
        const file = await files.open('/f', 'create')
        void file.write(Buffer.from('abc'), 0)
      },
      { mode: 'kill' },
    )
    for (const outcome of ['', 'a', 'ab', 'abc']) expect(left, outcome).toContain(outcome)
    expect(left.size).toBe(4)
  })

  it('ends all that the process could do', async () => {
    const machine = new SimulatedWorld({ seed: 1 })
    const { files } = machine.boot()
    const file = await machine.run(() => files.open('/f', 'create'))
    machine.crash({ mode: 'kill' })
    expect(() => file.writeSync(Buffer.from('late'), 0)).toThrow(SimulatedCrash)
    await expect(machine.run(() => file.write(Buffer.from('late'), 0))).rejects.toThrow(SimulatedCrash)
    expect(await readText(machine, '/f')).toBe('')
  })
})

describe('a crash at a call', () => {
  it.each([
    ['before', ''],
    ['during', /^x{0,4}$/],
    ['after', 'xxxx'],
  ] as const)('strikes %s it', async (moment, left) => {
    for (const kind of ['sync', 'async']) {
      const machine = new SimulatedWorld({ seed: 5 })
      const { files } = machine.boot()
      machine.crashAt(2, { mode: 'kill', moment })
      const work = async () => {
        const file = await files.open('/f', 'create')
        if (kind === 'sync') file.writeSync(Buffer.from('xxxx'), 0)
        else await file.write(Buffer.from('xxxx'), 0)
      }
      await expect(machine.run(work)).rejects.toThrow(SimulatedCrash)
      expect(await readText(machine, '/f')).toMatch(left)
    }
  })

  it('can strike a recovery, which then starts on what the first crash left', async () => {
    const machine = new SimulatedWorld({ seed: 5 })
    const first = machine.boot()
    await machine.run(() => writeSynced(first, '/f', 'safe'))
    machine.crash()
    const second = machine.boot()
    machine.crashAt(machine.callCount + 2)
    await expect(machine.run(() => writeSynced(second, '/g', 'lost'))).rejects.toThrow(SimulatedCrash)
    expect(await readText(machine, '/f')).toBe('safe')
  })

  it('can be tried many times from the same disk', async () => {
    const machine = new SimulatedWorld({ seed: 5 })
    const world = machine.boot()
    await machine.run(() => writeSynced(world, '/f', 'safe'))
    machine.crash()
    for (const seed of seeds.slice(0, 20)) {
      const copy = new SimulatedWorld({ seed, diskOf: machine })
      const { files } = copy.boot()
      await copy.run(() => files.unlink('/f'))
    }
    expect(await readText(machine, '/f')).toBe('safe')
  })
})

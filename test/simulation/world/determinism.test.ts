import { expect, it } from 'vitest'
import type { World } from '../../../core/runtime/world.js'
import { SeededRandom } from './seeded-random.js'
import { SimulatedCrash } from './simulated-crash.js'
import { SimulatedWorld } from './simulated-world.js'

/** Two writers, a syncer and a crash, with faults: enough to depend on every choice of the machine. */
async function session(seed: number, keepLines = false): Promise<SimulatedWorld> {
  const machine = new SimulatedWorld({ seed, keepLines })
  machine.faults.arm('write-error', { chance: 0.05 })
  machine.faults.slowDown({ chance: 0.1, maxMs: 50 })
  for (let life = 0; life < 2; life++) {
    const world = machine.boot()
    machine.crashAt(machine.callCount + 60)
    await machine
      .run(() => busy(world))
      .catch((error: unknown) => {
        if (!(error instanceof SimulatedCrash)) throw error
      })
  }
  return machine
}

async function busy({ files, clock, random }: World): Promise<void> {
  const writer = async (path: string): Promise<void> => {
    const file = await files.open(path, 'create')
    for (let position = 0; position < 40; position++) {
      await file.write(random.bytes(1), position).catch((error: Error) => expect(error.message).toContain('EIO'))
      if (random.fraction() < 0.2) await file.datasync()
      if (random.fraction() < 0.2) await clock.sleep(random.fraction())
    }
    await file.close()
  }
  await Promise.all([writer('/a'), writer('/b')])
}

it('repeats a seed call by call', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const [one, other] = [await session(seed, true), await session(seed, true)]
    expect(one.trace.lines().length).toBeGreaterThan(100)
    expect(one.trace.lines()).toEqual(other.trace.lines())
    expect(one.trace.hash()).toBe(other.trace.hash())
  }
})

it('does something else for every seed', async () => {
  const hashes = new Set<string>()
  for (let seed = 1; seed <= 100; seed++) hashes.add((await session(seed)).trace.hash())
  expect(hashes.size).toBe(100)
})

it('completes what is under way at once in an order that the seed decides', async () => {
  const orders = new Set<string>()
  for (let seed = 1; seed <= 50; seed++) {
    const machine = new SimulatedWorld({ seed })
    const { files } = machine.boot()
    const order: string[] = []
    const open = (path: string) => files.open(path, 'create').then(() => order.push(path))
    await machine.run(() => Promise.all(['/a', '/b', '/c'].map(open)))
    orders.add(order.join(''))
  }
  expect(orders.size).toBe(6)
})

it('draws numbers that look like chance', () => {
  const random = new SeededRandom(7)
  const buckets = Array.from({ length: 10 }, () => 0)
  for (let draw = 0; draw < 100_000; draw++) buckets[random.below(10)]!++
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

it('gives uuids of version 4', () => {
  const { random } = new SimulatedWorld({ seed: 7 }).boot()
  expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

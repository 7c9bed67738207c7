import { expect, it } from 'vitest'
import { SimulatedCrash } from './simulated-crash.js'
import { SimulatedWorld } from './simulated-world.js'

it('lets hours pass in no time, and keeps timers in order', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  const { clock } = machine.boot()
  const fired: string[] = []
  await machine.run(async () => {
    clock.after(7_200_000, () => fired.push('two hours'))
    clock.after(3_600_000, () => fired.push('one hour'))
    clock.after(1, () => fired.push('cancelled')).cancel()
    clock.soon(() => fired.push('soon'))
    clock.soon(() => fired.push('soon after'))
    await clock.sleep(3 * 3_600_000)
  })
  expect(fired).toEqual(['soon', 'soon after', 'one hour', 'two hours'])
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(3 * 3_600_000)
  expect(clock.monotonicMs()).toBeLessThan(3 * 3_600_000 + 10)
})

it('ends a sleep with the reason of its signal', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  const { clock } = machine.boot()
  const abort = new AbortController()
  clock.after(5, () => abort.abort(new Error('enough')))
  await expect(machine.run(() => clock.sleep(1000, abort.signal))).rejects.toThrow('enough')
  expect(clock.monotonicMs()).toBeLessThan(10)
})

it('moves the wall clock without the monotonic one', () => {
  const machine = new SimulatedWorld({ seed: 1 })
  const { clock } = machine.boot()
  const before = { wall: clock.now(), monotonic: clock.monotonicMs() }
  machine.jumpClock(-86_400_000)
  expect(clock.now()).toBe(before.wall - 86_400_000)
  expect(clock.monotonicMs()).toBe(before.monotonic)
})

it('fires no timer of a process that died, but those of the outside', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  const { clock } = machine.boot()
  const fired: string[] = []
  await machine.run(async () => {
    clock.after(10, () => fired.push('process'))
    machine.clock.after(10, () => fired.push('outside'))
    machine.crash()
    await machine.clock.sleep(20)
  })
  expect(fired).toEqual(['outside'])
})

it('says so when nothing is left that could settle a run', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  machine.boot()
  await expect(machine.run(() => new Promise(() => {}))).rejects.toThrow('the run is stuck')
})

it('says what waits when a run goes on without end', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  const { clock } = machine.boot()
  const again = (): void => void clock.after(200, again)
  again()
  const limits = { eventCount: 1000, virtualMs: 10_000 }
  await expect(machine.run(() => new Promise(() => {}), limits)).rejects.toThrow(/does not end.*\n.*timer 200 ms/)
})

it('waits for the real world when the work does', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  machine.boot()
  const { gzip } = await import('node:zlib')
  const work = () => new Promise<number>((resolve) => gzip('text', (_, bytes) => resolve(bytes.length)))
  expect(await machine.run(work)).toBeGreaterThan(0)
})

it('ends a run whose process died at once', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  const { clock } = machine.boot()
  machine.clock.after(5, () => machine.crash())
  await expect(machine.run(() => clock.sleep(1000))).rejects.toThrow(SimulatedCrash)
})

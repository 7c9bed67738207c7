import { beforeEach, describe, expect, it } from 'vitest'
import type { AppendOptions, PartitionAppend } from '../../../core/engine/log-engine.js'
import { engineErrors } from '../../../core/engine/errors.js'
import { connectorScope, connectorStateView } from '../../../core/pipeline/connector-state.js'
import { runSource } from '../../../core/pipeline/source-runner.js'
import { settled } from '../../support/manual-clock.js'
import {
  advanceUntil,
  endRun,
  eventually,
  makeEnvironment,
  makeRig,
  makeStop,
  makeTopic,
  numbers,
  readTopic,
  type Rig,
  withAppend,
} from './rig.js'
import { CountingSource, sourcePlan } from './sources.js'

let rig: Rig

beforeEach(async () => {
  rig = await makeRig()
  await makeTopic(rig.engine, 'numbers')
})

function resumePoint(): unknown {
  return connectorStateView(rig.engine.state, connectorScope('shop', 'source', 'numbers')).get('next')
}

function run(source: CountingSource, engine = rig.engine) {
  const environment = makeEnvironment({ ...rig, engine }, 'numbers', 'source')
  const stop = makeStop(rig)
  const done = runSource({ environment, plan: sourcePlan(), source, stop })
  done.catch(() => undefined)
  return { done, stop, meter: environment.meter }
}

async function values(): Promise<(string | null)[]> {
  return (await readTopic(rig.engine, 'numbers')).map(({ value }) => value)
}

/** Refuses as often as said, then appends. Every call is written down. */
function refusing(times: number, code: 'log_disk_full' | 'corrupt_batch' = 'log_disk_full') {
  const calls: { entries: readonly PartitionAppend[]; bytes: string; options: AppendOptions | undefined }[] = []
  const engine = withAppend(rig.engine, async (entries, options) => {
    const bytes = entries.map(({ batch }) => Buffer.from(batch).toString('base64')).join()
    calls.push({ entries, bytes, options })
    if (calls.length <= times) throw engineErrors.make(code, 'no room')
    return rig.engine.append(entries, options)
  })
  return { engine, calls }
}

describe('a source run', () => {
  it('puts every record into the log once, in order, with the resume point behind the last', async () => {
    const source = new CountingSource({ total: 1_000, perRead: 7 })
    expect(await run(source).done).toBe('ended')
    expect(await values()).toEqual(numbers(0, 1_000))
    expect(resumePoint()).toBe(1_000)
    expect(source.isClosed).toBe(true)
  })

  it('acknowledges every resume point in order', async () => {
    const source = new CountingSource({ total: 20, perRead: 7 })
    await run(source).done
    expect(source.acknowledged).toEqual([7, 14, 20])
  })

  it('goes on from the resume point that the log holds', async () => {
    await run(new CountingSource({ total: 10 })).done
    await run(new CountingSource({ total: 25 })).done
    expect(await values()).toEqual(numbers(0, 25))
  })

  it('tries a refused append again unchanged and lets no later one overtake it', async () => {
    const { engine, calls } = refusing(5)
    const source = new CountingSource({ total: 30, perRead: 10 })
    await advanceUntil(rig, run(source, engine).done)
    expect(await values()).toEqual(numbers(0, 30))
    expect(new Set(calls.slice(0, 6).map(({ bytes }) => bytes)).size).toBe(1)
    // What came meanwhile went together.
    expect(calls).toHaveLength(7)
    expect(source.acknowledged).toEqual([10, 30])
  })

  it('gathers what a source with much to bring finds in small pieces', async () => {
    const { engine, calls } = refusing(0)
    const value = 'x'.repeat(40 * 1024)
    const source = new CountingSource({ total: 12, perRead: 1, textOf: () => value })
    await run(source, engine).done
    expect(await values()).toHaveLength(12)
    expect(calls).toHaveLength(2)
    expect(source.acknowledged.at(-1)).toBe(12)
  })

  it('does not let what it gathered wait for more than a moment', async () => {
    const { engine, calls } = refusing(0)
    const value = 'x'.repeat(40 * 1024)
    const source = new CountingSource({ total: 3, perRead: 1, textOf: () => value, after: 'idle' })
    const { done, stop } = run(source, engine)
    await eventually(() => source.next === 3, 'all of it was read')
    expect(calls).toHaveLength(1)
    await rig.clock.advance(10)
    await eventually(() => source.acknowledged.at(-1) === 3, 'all of it was acknowledged')
    expect(calls).toHaveLength(2)
    await endRun(rig, stop, done)
  })

  it('never holds a resume point that is ahead of its records', async () => {
    const seen: [unknown, number][] = []
    const engine = withAppend(rig.engine, async (entries, options) => {
      const appended = await rig.engine.append(entries, options)
      const { highWatermark } = await rig.engine.bounds({ topic: 'numbers', partition: 0 })
      seen.push([resumePoint(), highWatermark])
      return appended
    })
    await run(new CountingSource({ total: 50, perRead: 9 }), engine).done
    expect(seen).toEqual([9, 18, 27, 36, 45, 50].map((point) => [point, point]))
  })

  it('is read no further than one writer ahead while the log refuses', async () => {
    const { engine } = refusing(Infinity)
    const value = 'x'.repeat(1_000)
    const source = new CountingSource({ total: Infinity, textOf: () => value })
    const { done, stop, meter } = run(source, engine)
    await rig.clock.advance(60_000)
    const given = source.next
    expect(given * 1_000).toBeGreaterThan(4 * 1024 * 1024)
    expect(given * 1_000).toBeLessThan(8 * 1024 * 1024)
    await rig.clock.advance(60_000)
    expect(source.next).toBe(given)
    expect(meter.status()).toMatchObject({ state: 'waiting', error: { code: 'log_disk_full' } })
    await endRun(rig, stop, done)
  })

  it('is running again, without an error, once the log takes its records', async () => {
    const { engine } = refusing(3)
    const { done, stop, meter } = run(new CountingSource({ total: 10, after: 'idle' }), engine)
    await rig.clock.advance(10_000)
    expect(meter.status()).toMatchObject({ state: 'running', error: undefined, recordCount: 10 })
    await endRun(rig, stop, done)
  })

  it('fails with an error that waiting does not help, and keeps nothing of what followed', async () => {
    const { engine } = refusing(1, 'corrupt_batch')
    const source = new CountingSource({ total: 30, perRead: 10 })
    await expect(run(source, engine).done).rejects.toMatchObject({ code: 'corrupt_batch' })
    expect(await values()).toEqual([])
    expect(source.acknowledged).toEqual([])
  })

  it('drops what a failed read had begun; the next run reads it again', async () => {
    const failing = new CountingSource({
      total: 30,
      perRead: 10,
      beforeRead: (next) => {
        if (next === 20) throw new Error('the file is gone')
      },
    })
    await expect(run(failing).done).rejects.toThrow('the file is gone')
    expect(failing.isClosed).toBe(true)
    await run(new CountingSource({ total: 30 })).done
    expect(await values()).toEqual(numbers(0, 30))
  })

  it('settles its last append when it is told to end', async () => {
    const source = new CountingSource({ total: Infinity, perRead: 10 })
    const { done, stop } = run(source)
    await eventually(() => source.acknowledged.length > 3, 'some appends')
    await endRun(rig, stop, done)
    expect(await done).toBe('stopped')
    const inLog = await values()
    expect(inLog).toEqual(numbers(0, source.acknowledged.at(-1)!))
    expect(resumePoint()).toBe(inLog.length)
  })

  it('gives a refused append up when it is told to end, and repeats it in the next run', async () => {
    const { engine } = refusing(Infinity)
    const { done, stop } = run(new CountingSource({ total: 30, perRead: 10 }), engine)
    await rig.clock.advance(1_000)
    await endRun(rig, stop, done)
    expect(await done).toBe('stopped')
    expect(await values()).toEqual([])
    await run(new CountingSource({ total: 30, perRead: 10 })).done
    expect(await values()).toEqual(numbers(0, 30))
  })

  it('rests for the idle time between reads that find nothing', async () => {
    const source = new CountingSource({ total: 0, after: 'idle' })
    const { done, stop } = run(source)
    await rig.clock.advance(0)
    for (const reads of [1, 2, 3]) {
      await rig.clock.advance(249)
      expect(source.reads).toBe(reads)
      await rig.clock.advance(1)
      await settled()
    }
    await endRun(rig, stop, done)
  })

  it('reads again at once when the source wakes', async () => {
    let wakeUp = (): void => undefined
    const source = Object.assign(new CountingSource({ total: 0, after: 'idle' }), {
      wake: () => new Promise<void>((resolve) => (wakeUp = resolve)),
    })
    const { done, stop } = run(source)
    await rig.clock.advance(0)
    expect(source.reads).toBe(1)
    wakeUp()
    await eventually(() => source.reads === 2, 'a read without any time passing')
    await endRun(rig, stop, done)
  })

  it('writes resume points without records as state alone', async () => {
    const source = new CountingSource({ total: 0 })
    source.read = async (into) => {
      into.remember('next', 77)
      return 'end'
    }
    await run(source).done
    expect(resumePoint()).toBe(77)
    expect(await values()).toEqual([])
  })

  it('ends an earlier run of the same source: what that one still appends is refused', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const slow = withAppend(rig.engine, async (entries, options) => {
      await held
      return rig.engine.append(entries, options)
    })
    const first = run(new CountingSource({ total: 10 }), slow)
    await settled()
    await run(new CountingSource({ total: 10 })).done
    release()
    await expect(first.done).rejects.toMatchObject({ code: 'state_fenced' })
    expect(await values()).toEqual(numbers(0, 10))
  })

  it('follows a topic that is given more partitions while it runs', async () => {
    const source = new CountingSource({ total: 400, perRead: 1, keyOf: (number) => `key ${number}`, after: 'idle' })
    const { done, stop } = run(source)
    await eventually(() => source.acknowledged.length > 10, 'some appends')
    await rig.engine.topics.alter('numbers', { partitions: 3 })
    await eventually(() => source.next === 400, 'all numbers')
    await endRun(rig, stop, done)
    const records = await readTopic(rig.engine, 'numbers')
    expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
    expect(records.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(numbers(0, 400).map(Number))
  })
})

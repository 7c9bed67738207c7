import { beforeEach, describe, expect, it } from 'vitest'
import type { ConnectorContext } from '../../../core/connector/context.js'
import type { PushSource, WriterFactory } from '../../../core/connector/push-source.js'
import { engineErrors } from '../../../core/engine/errors.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import type { SourcePlan } from '../../../core/pipeline/pipeline-plan.js'
import { runPushSource } from '../../../core/pipeline/push-runner.js'
import { endRun, makeEnvironment, makeRig, makeStop, makeTopic, readTopic, type Rig, withAppend } from './rig.js'
import { parts, sourcePlan } from './sources.js'

let rig: Rig

beforeEach(async () => {
  rig = await makeRig()
  await makeTopic(rig.engine, 'hooks', 2)
  await makeTopic(rig.engine, 'dead', 1)
})

class Listener implements PushSource {
  context!: ConnectorContext
  writers!: WriterFactory
  isClosed = false

  async open(context: ConnectorContext): Promise<void> {
    this.context = context
  }

  async serve(writers: WriterFactory, signal: AbortSignal): Promise<void> {
    this.writers = writers
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

async function run(change: Partial<SourcePlan> = {}, engine: LogEngine = rig.engine) {
  const source = new Listener()
  const stop = makeStop(rig)
  const environment = makeEnvironment({ ...rig, engine }, 'hooks', 'push-source')
  const done = runPushSource({ environment, plan: sourcePlan({ id: 'hooks', to: 'hooks', ...change }), source, stop })
  done.catch(() => undefined)
  await rig.clock.advance(1)
  return { source, meter: environment.meter, end: () => endRun(rig, stop, done) }
}

const text = (value: string, key = 'k') => parts(Buffer.from(value), Buffer.from(key))
const values = async () => (await readTopic(rig.engine, 'hooks')).map(({ value }) => value)

describe('a push source run', () => {
  it('commits a request as one append and says where its records are', async () => {
    const { source, end, meter } = await run()
    const first = source.writers.open()
    first.append(text('one'))
    first.append(text('two'))
    expect(await values()).toEqual([])
    const [range] = await first.commit()
    expect(range).toMatchObject({ topic: 'hooks', firstOffset: 0, lastOffset: 1 })
    const second = source.writers.open()
    second.append(text('three'))
    expect(await second.commit()).toMatchObject([{ partition: range!.partition, firstOffset: 2, lastOffset: 2 }])
    expect(await values()).toEqual(['one', 'two', 'three'])
    expect(meter.status().recordCount).toBe(3)
    await end()
    expect(source.isClosed).toBe(true)
  })

  it('makes what a request remembers durable with its records', async () => {
    const { source, end } = await run()
    const writer = source.writers.open()
    writer.append(text('one'))
    writer.remember('idempotency/abc', 1)
    expect(source.context.state.get('idempotency/abc')).toBeUndefined()
    await writer.commit()
    expect(source.context.state.get('idempotency/abc')).toBe(1)
    await end()
  })

  it('keeps nothing of a request that was never committed', async () => {
    const { source, end } = await run()
    source.writers.open().append(text('lost'))
    const writer = source.writers.open()
    writer.append(text('kept'))
    await writer.commit()
    expect(await values()).toEqual(['kept'])
    await end()
  })

  it('hands a retriable refusal to the outside, and keeps nothing of the request', async () => {
    let refusals = 1
    const engine = withAppend(rig.engine, async (entries, options) => {
      if (refusals-- > 0) throw engineErrors.make('log_disk_full', 'no room')
      return rig.engine.append(entries, options)
    })
    const { source, end, meter } = await run({}, engine)
    const first = source.writers.open()
    first.append(text('one'))
    await expect(first.commit()).rejects.toMatchObject({ code: 'log_disk_full', retry: 'timed' })
    expect(meter.status().state).toBe('waiting')
    const again = source.writers.open()
    again.append(text('one'))
    await again.commit()
    expect(await values()).toEqual(['one'])
    expect(meter.status().state).toBe('running')
    await end()
  })

  it('refuses a request that no append can hold', async () => {
    const { source, end } = await run()
    const writer = source.writers.open()
    const record = parts(Buffer.alloc(1_000_000))
    let taken = 0
    while (writer.append(record)) taken++
    expect(taken).toBe(8)
    await writer.commit()
    expect(await values()).toHaveLength(8)
    await end()
  })

  it('refuses commits while as much as may be is on its way', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const engine = withAppend(rig.engine, async (entries, options) => {
      await held
      return rig.engine.append(entries, options)
    })
    const { source, end } = await run({}, engine)
    const commits = Array.from({ length: 10 }, () => {
      const writer = source.writers.open()
      while (writer.append(parts(Buffer.alloc(1_000_000))));
      return writer.commit().then(
        () => 'committed',
        (error: unknown) => (error as { code: string }).code,
      )
    })
    await rig.clock.advance(0)
    release()
    const outcomes = await Promise.all(commits)
    expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(8)
    expect(outcomes.filter((outcome) => outcome === 'ingest_busy')).toHaveLength(2)
    const later = source.writers.open()
    later.append(text('later'))
    expect(await later.commit()).toHaveLength(1)
    await end()
  })

  it('parses, and puts what does not parse into the dead-letter topic with the rest of its request', async () => {
    const parse = {
      format: 'json',
      pattern: undefined,
      columns: [],
      separator: ',',
      onFail: 'dead-letter',
      time: undefined,
    } as const
    const onError = { deadLetter: 'dead', maxAttempts: 1 }
    const { source, end, meter } = await run({ parse, onError, key: 'id' })
    const writer = source.writers.open()
    writer.append(text('{"id":7}'))
    writer.append(text('nonsense'))
    const ranges = await writer.commit()
    expect(ranges.map(({ topic }) => topic)).toEqual(['hooks', 'dead'])
    expect(await readTopic(rig.engine, 'hooks')).toMatchObject([{ key: '7', value: '{"id":7}' }])
    expect(await readTopic(rig.engine, 'dead')).toMatchObject([{ value: 'nonsense' }])
    expect(meter.status().deadLetterCount).toBe(1)
    await end()
  })

  it('serves requests side by side from writers that are used again', async () => {
    const { source, end } = await run()
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, request) => {
          const writer = source.writers.open()
          for (let record = 0; record < 3; record++) writer.append(text(`${round}/${request}/${record}`))
          await writer.commit()
        }),
      )
    }
    const all = await values()
    expect(new Set(all).size).toBe(300)
    expect(all).toHaveLength(300)
    await end()
  })

  it('lets a writer be used for one commit only', async () => {
    const { source, end } = await run()
    const writer = source.writers.open()
    writer.append(text('one'))
    await writer.commit()
    expect(() => writer.append(text('two'))).toThrow('after its commit')
    await expect(writer.commit()).rejects.toThrow('committed twice')
    await end()
  })
})

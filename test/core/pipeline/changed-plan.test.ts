import { noIngress } from '../../../core/connector/no-ingress.js'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PipelinePlan, SinkPlan, SourcePlan, TopicPlan } from '../../../core/pipeline/pipeline-plan.js'
import { startPipelines } from '../../../core/pipeline/supervisor.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { advanceUntil, appendNumbers, emptyPlan, makeRig, numbers, readTopic, type Rig, testErrors } from './rig.js'
import { sinkPlan, type TargetRecord, TestSink } from './sinks.js'
import { CountingSource, sourcePlan } from './sources.js'

let rig: Rig
let target: TargetRecord[]

beforeEach(async () => {
  rig = await makeRig()
  target = []
})

function topics(...names: string[]): TopicPlan[] {
  return names.map((name) => ({ name, partitions: 1, settings: {}, declared: true }))
}

/** What the origin has when a plan runs; it grows from run to run. */
function source(total: number, change: Partial<SourcePlan> = {}): SourcePlan {
  return sourcePlan(change, () => new CountingSource({ total, after: 'idle', textOf: (n) => `{"n":${n}}` }))
}

function sink(change: Partial<SinkPlan> = {}): SinkPlan {
  return sinkPlan(change, () => new TestSink(target))
}

/** Runs the plan until it is at rest, and ends it; what its edges said at the end. */
async function runPlan(plan: Partial<PipelinePlan>) {
  const { engine, world } = rig
  const surroundings = {
    logger: silentLogger,
    recorder: silentRecorder,
    ingress: noIngress,
    dataDirectory: '/data',
    openFiles: 100,
  }
  const plans = [{ ...emptyPlan, topics: topics('numbers'), ...plan }]
  const pipelines = await startPipelines({ plans, engine, world, ...surroundings })
  for (let waits = 0; waits < 40; waits++) await rig.clock.advance(50)
  const statuses = pipelines.status()
  await advanceUntil(rig, pipelines.drain())
  return statuses
}

async function logged(topic = 'numbers'): Promise<number[]> {
  return (await readTopic(rig.engine, topic)).map(({ value }) => (JSON.parse(value!) as { n: number }).n)
}

function delivered(topic = 'numbers'): string[] {
  return target.filter((record) => record.topic === topic).map(({ value }) => value!)
}

const range = (from: number, to: number): number[] => numbers(from, to).map(Number)

describe('a source', () => {
  beforeEach(() => runPlan({ sources: [source(10)] }))

  it('renamed reads from its beginning', async () => {
    await runPlan({ sources: [source(12, { id: 'renamed' })] })
    expect(await logged()).toEqual([...range(0, 10), ...range(0, 12)])
    await runPlan({ sources: [source(12)] })
    expect(await logged()).toEqual([...range(0, 10), ...range(0, 12), 10, 11])
  })

  it('of a renamed pipeline reads from its beginning', async () => {
    await runPlan({ name: 'renamed', sources: [source(10)] })
    expect(await logged()).toEqual([...range(0, 10), ...range(0, 10)])
  })

  it('to another topic goes on at its resume point', async () => {
    await runPlan({ topics: topics('numbers', 'other'), sources: [source(15, { to: 'other' })] })
    expect(await logged()).toEqual(range(0, 10))
    expect(await logged('other')).toEqual(range(10, 15))
  })

  it('with another key goes on, and records from now on have it', async () => {
    await runPlan({ sources: [source(12, { key: 'n' })] })
    const keys = (await readTopic(rig.engine, 'numbers')).map(({ key }) => key)
    expect(keys).toEqual([...range(0, 10).map(() => null), '10', '11'])
  })

  it('with other parse goes on, and it holds for records from now on', async () => {
    const parse = {
      format: 'json',
      pattern: undefined,
      columns: [],
      separator: ',',
      onFail: 'keep',
      time: 'n',
    } as const
    await runPlan({ sources: [source(12, { parse })] })
    const times = (await readTopic(rig.engine, 'numbers')).map(({ timestampMs }) => timestampMs)
    expect(times).toEqual([...range(0, 10).map(() => 1_000), 10_000, 11_000])
  })

  it('removed and brought back goes on where it was', async () => {
    await runPlan({ sources: [] })
    await runPlan({ sources: [source(14)] })
    expect(await logged()).toEqual(range(0, 14))
  })

  it('of a topic with more partitions goes on, and older records stay', async () => {
    const [topic] = topics('numbers')
    await runPlan({ topics: [{ ...topic!, partitions: 3 }], sources: [source(60, { key: 'n' })] })
    const records = await readTopic(rig.engine, 'numbers')
    expect(records).toHaveLength(60)
    expect(records.slice(0, 10).every(({ partition }) => partition === 0)).toBe(true)
    expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
  })
})

describe('a sink', () => {
  const fill = (from: number, to: number, topic = 'numbers') =>
    appendNumbers(rig.engine, { topic, partition: 0 }, { from, to })

  beforeEach(async () => {
    await runPlan({})
    await fill(0, 10)
    await runPlan({ sinks: [sink()] })
    expect(delivered()).toEqual(numbers(0, 10))
    target = []
  })

  it('renamed begins with the oldest record of its topics', async () => {
    await fill(10, 12)
    await runPlan({ sinks: [sink({ id: 'renamed', group: 'shop.renamed' })] })
    expect(delivered()).toEqual(numbers(0, 12))
    target = []
    await runPlan({ sinks: [sink()] })
    expect(delivered()).toEqual(numbers(10, 12))
  })

  it('of a renamed pipeline begins with the oldest record', async () => {
    await runPlan({ name: 'renamed', sinks: [sink({ group: 'renamed.copy' })] })
    expect(delivered()).toEqual(numbers(0, 10))
  })

  it('from one topic more reads that from its oldest record, and goes on in the others', async () => {
    await runPlan({ topics: topics('numbers', 'other') })
    await fill(10, 12)
    await fill(100, 105, 'other')
    await runPlan({ topics: topics('numbers', 'other'), sinks: [sink({ from: ['numbers', 'other'] })] })
    expect(delivered()).toEqual(numbers(10, 12))
    expect(delivered('other')).toEqual(numbers(100, 105))
  })

  it('from one topic less goes on there when it is named again', async () => {
    await runPlan({ topics: topics('numbers', 'other'), sinks: [sink({ from: ['other'] })] })
    await fill(10, 13)
    await runPlan({ sinks: [sink()] })
    expect(delivered()).toEqual(numbers(10, 13))
  })

  it('removed and brought back goes on where it was', async () => {
    await runPlan({})
    await fill(10, 13)
    await runPlan({ sinks: [sink()] })
    expect(delivered()).toEqual(numbers(10, 13))
  })

  it('brought back to records that are gone stops with the lost range', async () => {
    await fill(10, 30)
    await rig.engine.deleteRecords({ topic: 'numbers', partition: 0 }, 20)
    const [status] = await runPlan({ sinks: [sink()] })
    expect(delivered()).toEqual([])
    expect(status).toMatchObject({ state: 'failed', error: { code: 'offset_out_of_range' } })
    expect(status!.error!.message).toContain('from 10 to 19 are gone')
  })

  it('begins with the oldest record of a topic that was deleted and made anew', async () => {
    await rig.engine.topics.delete('numbers')
    await runPlan({})
    await fill(50, 55)
    await runPlan({ sinks: [sink()] })
    expect(delivered()).toEqual(numbers(50, 55))
  })

  it('has its dead letters from now on in the topic that the file names now', async () => {
    const failingSink = (deadLetter: string): SinkPlan => {
      const plan = { onError: { deadLetter, maxAttempts: 1 } }
      return sinkPlan(plan, () => {
        const made: TestSink = new TestSink(target, {
          isBad: () => true,
          failing: (_record, cursor, batch) => made.context.fail(batch, cursor, testErrors.make('record_bad', 'bad')),
        })
        return made
      })
    }
    await fill(10, 12)
    await runPlan({ topics: topics('numbers', 'dead'), sinks: [failingSink('dead')] })
    await fill(12, 14)
    await runPlan({ topics: topics('numbers', 'dead', 'morgue'), sinks: [failingSink('morgue')] })
    expect((await readTopic(rig.engine, 'dead')).map(({ value }) => value)).toEqual(['10', '11'])
    expect((await readTopic(rig.engine, 'morgue')).map(({ value }) => value)).toEqual(['12', '13'])
  })
})

describe('a topic', () => {
  it('that is no longer declared stays, with its records and settings', async () => {
    const [topic] = topics('numbers')
    await runPlan({ topics: [{ ...topic!, settings: { retentionMs: 5_000_000 } }], sources: [source(10)] })
    await runPlan({ topics: [{ ...topic!, declared: false, settings: { retentionMs: 1 } }], sources: [source(10)] })
    await runPlan({ topics: [] })
    expect(rig.engine.topics.find('numbers')?.settings.retentionMs).toBe(5_000_000)
    expect(await logged()).toEqual(range(0, 10))
  })

  it('never gets fewer partitions: nothing starts', async () => {
    const [topic] = topics('numbers')
    await runPlan({ topics: [{ ...topic!, partitions: 4 }] })
    await expect(runPlan({ sources: [source(10)] })).rejects.toMatchObject({ code: 'fewer_partitions' })
    expect(await logged()).toEqual([])
  })
})

import { noIngress } from '../../../core/connector/no-ingress.js'
import { beforeEach, describe, expect, it } from 'vitest'
import { readAppliedPlans } from '../../../core/pipeline/applied-plan.js'
import type { PipelinePlan, TopicPlan, TransformPlan } from '../../../core/pipeline/pipeline-plan.js'
import type { EdgeStatus } from '../../../core/pipeline/pipeline-status.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { advanceUntil, down, emptyPlan, makeRig, numbers, readTopic, type Rig, testErrors } from './rig.js'
import { sinkPlan, type TargetRecord, TestSink } from './sinks.js'
import { CountingSource, sourcePlan } from './sources.js'

let rig: Rig
let target: TargetRecord[]

beforeEach(async () => {
  rig = await makeRig()
  target = []
})

const numbersTopic: TopicPlan = { name: 'numbers', partitions: 1, settings: {}, declared: true }

async function start(plan: Partial<PipelinePlan>, openFiles = 1_000): Promise<RunningPipelines> {
  const plans = [{ ...emptyPlan, topics: [numbersTopic], ...plan }]
  const { engine, world } = rig
  const surroundings = {
    logger: silentLogger,
    recorder: silentRecorder,
    ingress: noIngress,
    dataDirectory: '/data',
    openFiles,
  }
  return startPipelines({ plans, engine, world, ...surroundings })
}

function edge(pipelines: RunningPipelines, id: string): EdgeStatus {
  const found = pipelines.status().find((status) => status.id === id)
  if (found === undefined) throw new Error(`no edge ${id}`)
  return found
}

async function passTimeUntil(condition: () => boolean, what: string): Promise<void> {
  for (let waits = 0; !condition(); waits++) {
    if (waits > 2_000) throw new Error(`never: ${what}`)
    await rig.clock.advance(50)
  }
}

describe('pipelines', () => {
  it('move records from their sources through their topics to their sinks', async () => {
    const pipelines = await start({
      sources: [sourcePlan({}, () => new CountingSource({ total: 500, perRead: 30, after: 'idle' }))],
      sinks: [sinkPlan({}, () => new TestSink(target))],
    })
    await passTimeUntil(() => target.length === 500, 'all records are there')
    await rig.clock.advance(500)
    expect(pipelines.status()).toMatchObject([
      { id: 'numbers', role: 'source', state: 'running', recordCount: 500, topics: ['numbers'] },
      { id: 'copy', role: 'sink', state: 'running', recordCount: 500, lagRecords: 0, topics: ['numbers'] },
    ])
    await advanceUntil(rig, pipelines.drain())
    expect(target.map(({ value }) => value)).toEqual(numbers(0, 500))
    expect(pipelines.status().map(({ state }) => state)).toEqual(['stopped', 'stopped'])
  })

  it('bring everything that the sources gave to the sinks before they end', async () => {
    const pipelines = await start({
      sources: [sourcePlan({}, () => new CountingSource({ total: Infinity, perRead: 10 }))],
      sinks: [sinkPlan({}, () => new TestSink(target))],
    })
    await passTimeUntil(() => target.length > 100, 'some records are there')
    await advanceUntil(rig, pipelines.drain())
    expect(target.map(({ value }) => value)).toEqual(numbers(0, edge(pipelines, 'numbers').recordCount))
    expect(edge(pipelines, 'copy').lagRecords).toBe(0)
  })

  it('bring everything through their transforms too before they end', async () => {
    const made: TopicPlan = { ...numbersTopic, name: 'made' }
    const transform: TransformPlan = {
      id: 'shape',
      from: ['numbers'],
      topic: 'made',
      topics: ['made'],
      group: 'shop.shape',
      steps: [],
      onError: { deadLetter: undefined, maxAttempts: 8 },
    }
    const pipelines = await start({
      topics: [numbersTopic, made],
      sources: [sourcePlan({}, () => new CountingSource({ total: Infinity, perRead: 10 }))],
      transforms: [transform],
      sinks: [sinkPlan({ from: ['made'] }, () => new TestSink(target))],
    })
    await passTimeUntil(() => target.length > 100, 'some records are there')
    expect(edge(pipelines, 'shape')).toMatchObject({ role: 'transform', type: 'transform', state: 'running' })
    await advanceUntil(rig, pipelines.drain())
    expect(target.map(({ value }) => value)).toEqual(numbers(0, edge(pipelines, 'numbers').recordCount))
    expect(edge(pipelines, 'shape')).toMatchObject({ state: 'stopped', lagRecords: 0 })
  })

  it('end within their time when nothing of them does', async () => {
    const never = new Promise<never>(() => undefined)
    const source = new CountingSource({ total: 5 })
    source.read = () => never
    source.close = () => never
    const pipelines = await start({
      sources: [
        sourcePlan({ id: 'stuck' }, () => source),
        sourcePlan({}, () => new CountingSource({ total: 10, after: 'idle' })),
      ],
      sinks: [sinkPlan({}, () => new TestSink(target, { beforeWrite: () => never }))],
    })
    await rig.clock.advance(5_000)
    const beganMs = rig.clock.monotonicMs()
    await advanceUntil(rig, pipelines.drain(8_000))
    expect(rig.clock.monotonicMs() - beganMs).toBeLessThan(10_000)
  })

  it('start a failed connector again, ever more slowly, while the others go on', async () => {
    const failures: number[] = []
    const pipelines = await start({
      sources: [sourcePlan({}, () => new CountingSource({ total: Infinity, perRead: 1 }))],
      sinks: [
        sinkPlan({}, () => new TestSink(target)),
        sinkPlan({ id: 'broken', group: 'shop.broken' }, () => {
          failures.push(rig.clock.monotonicMs())
          throw testErrors.make('target_broken', 'no such table')
        }),
      ],
    })
    await rig.clock.advance(10_000)
    const delivered = target.length
    expect(edge(pipelines, 'broken')).toMatchObject({ state: 'failed', error: { code: 'target_broken' } })
    expect(edge(pipelines, 'broken').nextAttemptMs).toBeGreaterThan(rig.clock.now())
    expect(pipelines.failed).toEqual([])
    for (let minutes = 0; minutes < 10; minutes++) await rig.clock.advance(60_000)
    expect(target.length).toBeGreaterThan(delivered)
    const waits = failures.slice(1).map((at, index) => at - failures[index]!)
    expect(waits[0]).toBeLessThanOrEqual(1_100)
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_100)
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000)
    expect(edge(pipelines, 'broken').restartCount).toBe(failures.length - 1)
    await advanceUntil(rig, pipelines.drain())
  })

  it('have a restarted source go on where the log stands, with nothing lost or repeated', async () => {
    let runs = 0
    const pipelines = await start({
      sources: [
        sourcePlan({}, () => {
          const failAt = ++runs * 70
          return new CountingSource({
            total: 400,
            perRead: 9,
            after: 'idle',
            beforeRead: (next) => {
              if (next > failAt && runs < 5) throw new Error('the connection broke')
            },
          })
        }),
      ],
    })
    await passTimeUntil(() => edge(pipelines, 'numbers').recordCount >= 400, 'all records are in the log')
    await advanceUntil(rig, pipelines.drain())
    expect(runs).toBe(5)
    expect((await readTopic(rig.engine, 'numbers')).map(({ value }) => value)).toEqual(numbers(0, 400))
  })

  it('leave a connector down whose error no attempt can heal, with its reason', async () => {
    let starts = 0
    const pipelines = await start({
      sinks: [
        sinkPlan({}, () => {
          starts++
          throw testErrors.make('target_misconfigured', 'the bucket has no name')
        }),
      ],
    })
    await rig.clock.advance(600_000)
    expect(starts).toBe(1)
    expect(pipelines.failed).toMatchObject([
      { id: 'copy', state: 'failed', nextAttemptMs: undefined, error: { message: 'the bucket has no name' } },
    ])
    await advanceUntil(rig, pipelines.drain())
  })

  it('wait for a target that is down when they start, as for one that goes down later', async () => {
    let isDown = true
    const check = (): void => {
      if (isDown) throw down()
    }
    const pipelines = await start({
      sources: [sourcePlan({}, () => new CountingSource({ total: 5, after: 'idle' }))],
      sinks: [sinkPlan({}, () => new TestSink(target, { check }))],
    })
    await rig.clock.advance(600_000)
    expect(edge(pipelines, 'copy')).toMatchObject({ state: 'waiting', error: { code: 'target_down' } })
    isDown = false
    await passTimeUntil(() => target.length === 5, 'the records are there')
    expect(edge(pipelines, 'copy')).toMatchObject({ state: 'running', error: undefined, nextAttemptMs: undefined })
    await advanceUntil(rig, pipelines.drain())
  })

  it('stop a source at its end', async () => {
    const pipelines = await start({ sources: [sourcePlan({}, () => new CountingSource({ total: 5 }))] })
    await passTimeUntil(() => edge(pipelines, 'numbers').state === 'stopped', 'the source ended')
    expect(edge(pipelines, 'numbers').recordCount).toBe(5)
    await advanceUntil(rig, pipelines.drain())
  })

  it('say what a library threw, with all that lies behind it', async () => {
    const pipelines = await start({
      sinks: [
        sinkPlan({}, () => {
          throw new Error('query failed', { cause: new Error('connect ECONNREFUSED 10.0.0.1:5432') })
        }),
      ],
    })
    await rig.clock.advance(10)
    expect(edge(pipelines, 'copy').error).toMatchObject({
      code: 'connector_failed',
      message: 'shop.copy: query failed',
      causes: ['query failed', 'connect ECONNREFUSED 10.0.0.1:5432'],
    })
    await advanceUntil(rig, pipelines.drain())
  })

  it('end what waits for its target, or for its next start, without waiting on', async () => {
    const pipelines = await start({
      sources: [sourcePlan({}, () => new CountingSource({ total: 5, after: 'idle' }))],
      sinks: [
        sinkPlan({}, () => new TestSink(target, { beforeWrite: () => Promise.reject(down()) })),
        sinkPlan({ id: 'broken', group: 'shop.broken' }, () => {
          throw testErrors.make('target_broken', 'no such table')
        }),
      ],
    })
    await rig.clock.advance(120_000)
    const beganMs = rig.clock.monotonicMs()
    await advanceUntil(rig, pipelines.drain())
    expect(rig.clock.monotonicMs() - beganMs).toBeLessThan(1_000)
  })

  it('share the open files among their connectors', async () => {
    const seen: number[] = []
    const create = (): CountingSource => {
      const source = new CountingSource({ total: 0 })
      source.open = async (context) => void seen.push(context.limits.openFiles)
      return source
    }
    const sources = ['a', 'b', 'c', 'd'].map((id) => sourcePlan({ id }, create))
    const pipelines = await start({ sources }, 1_000)
    await rig.clock.advance(10)
    expect(seen).toEqual([250, 250, 250, 250])
    await advanceUntil(rig, pipelines.drain())
  })

  it('keep a source and a sink of one id apart', async () => {
    const pipelines = await start({
      sources: [sourcePlan({ id: 'same' }, () => new CountingSource({ total: 50, perRead: 1, after: 'idle' }))],
      sinks: [sinkPlan({ id: 'same', group: 'shop.same' }, () => new TestSink(target))],
    })
    await passTimeUntil(() => target.length === 50, 'all records are there')
    expect(pipelines.status().map(({ state }) => state)).toEqual(['running', 'running'])
    await advanceUntil(rig, pipelines.drain())
  })

  it('leave their documents behind for whoever compares', async () => {
    const first = await start({ document: { name: 'shop', version: 1 } })
    await advanceUntil(rig, first.drain())
    expect(readAppliedPlans(rig.engine.state)).toEqual([
      { name: 'shop', file: '/etc/shop.json', appliedAtMs: expect.any(Number), document: { name: 'shop', version: 1 } },
    ])
    const second = await start({ name: 'other', document: { name: 'other', version: 1 } })
    await advanceUntil(rig, second.drain())
    expect(readAppliedPlans(rig.engine.state).map(({ name }) => name)).toEqual(['other'])
  })

  it('have retention keep what their sinks have not read', async () => {
    const kept: unknown[] = []
    rig.engine.keepFor = (consumers) => void kept.push(...consumers)
    const pipelines = await start({ sinks: [sinkPlan({}, () => new TestSink(target))] })
    expect(kept).toEqual([{ group: 'shop.copy', topics: ['numbers', 'shop.copy.replay'] }])
    await advanceUntil(rig, pipelines.drain())
  })
})

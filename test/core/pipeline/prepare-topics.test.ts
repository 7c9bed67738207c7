import { beforeEach, describe, expect, it } from 'vitest'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import type { PipelinePlan, TopicPlan } from '../../../core/pipeline/pipeline-plan.js'
import { prepareTopics } from '../../../core/pipeline/prepare-topics.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { emptyPlan, makeRig, makeTopic } from './rig.js'
import { sourcePlan } from './sources.js'

let engine: LogEngine

beforeEach(async () => {
  engine = (await makeRig()).engine
})

function topic(change: Partial<TopicPlan> = {}): TopicPlan {
  return { name: 'orders', partitions: 2, settings: {}, declared: true, ...change }
}

function prepare(...plans: Partial<PipelinePlan>[]): Promise<void> {
  return prepareTopics(
    plans.map((plan) => ({ ...emptyPlan, ...plan })),
    engine,
    silentLogger,
  )
}

const intoDead = { sources: [sourcePlan({ onError: { deadLetter: 'dead', maxAttempts: 1 } })] }

describe('topics of a plan', () => {
  it('are made with the settings of the file', async () => {
    await prepare({ topics: [topic({ settings: { cleanup: 'compact', retentionMs: 5_000 } })] })
    expect(engine.topics.find('orders')).toMatchObject({
      partitions: 2,
      settings: { cleanup: 'compact', retentionMs: 5_000 },
    })
  })

  it('stay the same topics when the same file runs again', async () => {
    await prepare({ topics: [topic()] })
    const before = engine.topics.find('orders')
    await prepare({ topics: [topic()] })
    expect(engine.topics.find('orders')).toEqual(before)
  })

  it('get more partitions and other settings when the file says so', async () => {
    await makeTopic(engine, 'orders', 2)
    await prepare({ topics: [topic({ partitions: 5, settings: { retentionMs: 7_000 } })] })
    expect(engine.topics.find('orders')).toMatchObject({ partitions: 5, settings: { retentionMs: 7_000 } })
  })

  it('never get fewer partitions, and nothing else is changed then', async () => {
    await makeTopic(engine, 'orders', 4)
    const other = topic({ name: 'other' })
    await expect(prepare({ topics: [other, topic({ partitions: 3 })] })).rejects.toMatchObject({
      code: 'fewer_partitions',
      details: { partitions: 4, wanted: 3 },
    })
    expect(engine.topics.find('other')).toBeUndefined()
  })

  it('are left as they are when an edge only names them', async () => {
    await makeTopic(engine, 'orders', 4, { retentionMs: 1_000 })
    await prepare({ topics: [topic({ partitions: 1, settings: { retentionMs: 9_000 }, declared: false })] })
    expect(engine.topics.find('orders')).toMatchObject({ partitions: 4, settings: { retentionMs: 1_000 } })
  })

  it('are as one file declares them where another only names them', async () => {
    await prepare({ topics: [topic({ partitions: 1, declared: false })] }, { topics: [topic({ partitions: 3 })] })
    expect(engine.topics.find('orders')?.partitions).toBe(3)
  })

  it('are refused when two files declare one differently', async () => {
    const plans = [{ topics: [topic()] }, { topics: [topic({ settings: { retentionMs: 1 } })] }]
    await expect(prepare(...plans)).rejects.toMatchObject({ code: 'topic_settings_conflict' })
  })

  it('take the largest batches for dead letters that nobody declares', async () => {
    await prepare({
      ...intoDead,
      topics: [topic({ name: 'dead', declared: false, settings: { maxBatchBytes: 1_024 } })],
    })
    expect(engine.topics.find('dead')?.settings.maxBatchBytes).toBe(8 * 1024 * 1024)
  })

  it('are refused when they are too small for dead letters', async () => {
    const small = topic({ name: 'dead', settings: { maxBatchBytes: 10_000 } })
    await expect(prepare({ ...intoDead, topics: [small] })).rejects.toMatchObject({
      code: 'dead_letter_topic_too_small',
    })
    await makeTopic(engine, 'dead', 1, { maxBatchBytes: 10_000 })
    await expect(prepare({ ...intoDead, topics: [{ ...small, declared: false }] })).rejects.toMatchObject({
      code: 'dead_letter_topic_too_small',
    })
  })

  it('are refused when the engine cannot compact them', async () => {
    const plainEngine = Object.create(engine, {
      capabilities: { value: { ...engine.capabilities, compaction: false } },
    }) as LogEngine
    const plan = { ...emptyPlan, topics: [topic({ settings: { cleanup: 'compact' } })] }
    await expect(prepareTopics([plan], plainEngine, silentLogger)).rejects.toMatchObject({ code: 'engine_lacks' })
  })
})

import { createPostgresBackend, Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bullmqSink } from '../../../connectors/bullmq/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { noIngress } from '../../../core/connector/no-ingress.js'
import { Secret } from '../../../core/connector/secret.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { emptyPlan, makeTopic, readTopic } from '../../core/pipeline/rig.js'
import { missing } from '../../support/missing.js'
import { availableVersions } from '../../support/postgres/postgres-binaries.js'
import { startPostgres } from '../../support/postgres/postgres-server.js'
import { RedisServer } from '../../support/redis-server.js'

const withoutServer = missing('redis-server', ['--version'])
const world = nodeWorld()
const patience = { timeout: 20_000, interval: 20 }

let redis: RedisServer
let engine: LogEngine
let running: RunningPipelines | undefined
let jobs: Queue

beforeEach(async () => {
  redis = await RedisServer.start()
  engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
  await makeTopic(engine, 'orders')
  jobs = new Queue('orders', { connection: { host: '127.0.0.1', port: redis.port }, skipMetasUpdate: true })
  // The kill of the server is the test's own.
  jobs.on('error', () => undefined)
})

afterEach(async () => {
  await running?.drain(3_000)
  running = undefined
  await jobs.close()
  await engine.close()
  await redis.remove()
})

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const settings = { redis: new Secret(redis.url), queue: 'orders', ...more }
  const sink = {
    id: 'out',
    declaration: bullmqSink,
    settings: readSettings(bullmqSink.fields, settings),
    from: ['orders'],
    group: 'shop.out',
    steps: [],
    onError: { deadLetter: 'bad', maxAttempts: 1 },
  }
  const topics = ['orders', 'bad'].map((name) => ({ name, partitions: 1, settings: {}, declared: true }))
  running = await startPipelines({
    plans: [{ ...emptyPlan, topics, sinks: [sink] }],
    engine,
    world,
    ingress: noIngress,
    logger: silentLogger,
    recorder: silentRecorder,
    dataDirectory: '/nowhere',
    openFiles: 64,
  })
}

async function append(...values: readonly string[]): Promise<void> {
  const records = values.map((value) => ({ key: Buffer.from('k'), value: Buffer.from(value), timestampMs: 1_000 }))
  await engine.append([{ topic: 'orders', partition: 0, batch: encodeBatch(records) }])
}

describe.skipIf(withoutServer !== undefined)(withoutServer ?? 'the BullMQ sink', () => {
  it('adds each record once, also when it delivers all of them again', async () => {
    await append('{"n":1}', '{"n":2}')
    await start()
    await vi.waitFor(async () => expect(await jobs.getWaitingCount()).toBe(2), patience)
    await running?.drain(3_000)
    await engine.groups.delete('shop.out')
    await append('{"n":3}')
    await start()
    await vi.waitFor(async () => expect(await jobs.getWaitingCount()).toBe(3), patience)
    const waiting = await jobs.getWaiting()
    expect(waiting.map(({ data }) => (data as { n: number }).n).toSorted((one, other) => one - other)).toEqual([
      1, 2, 3,
    ])
  }, 30_000)

  it('gives up a value that is no JSON and a priority that is none, and takes priorities of fields', async () => {
    await append('{"p":7}', 'no json', '{"p":"high"}')
    await start({ priority: 'p', whole: true })
    await vi.waitFor(async () => expect(await readTopic(engine, 'bad')).toHaveLength(2), patience)
    const [job] = await jobs.getPrioritized()
    expect([job?.opts.priority, job?.data]).toMatchObject([7, { key: 'k', value: { p: 7 }, offset: 0 }])
  }, 30_000)

  it('leaves the number of events that a queue keeps as its owner set it', async () => {
    const connection = { host: '127.0.0.1', port: redis.port }
    const owner = new Queue('orders', { connection, streams: { events: { maxLen: 77 } } })
    await vi.waitFor(async () => expect(await owner.getMeta()).toMatchObject({ maxLenEvents: 77 }), patience)
    await append('1')
    await start()
    await vi.waitFor(async () => expect(await jobs.getWaitingCount()).toBe(1), patience)
    await running?.drain(3_000)
    expect(await owner.getMeta()).toMatchObject({ maxLenEvents: 77 })
    await owner.close()
  }, 30_000)

  it('waits for a Redis that is killed', async () => {
    await append('1')
    await start()
    await vi.waitFor(async () => expect(await jobs.getWaitingCount()).toBe(1), patience)
    await redis.kill()
    await append('2', '3')
    await redis.up()
    await vi.waitFor(async () => expect(await jobs.getWaitingCount()).toBe(3), patience)
  }, 30_000)

  it.skipIf(availableVersions().length === 0)(
    'adds jobs to a queue in Postgres',
    async () => {
      const [version = 'debian'] = availableVersions()
      const server = await startPostgres({ version })
      try {
        await append('{"n":1}', '{"n":2}')
        await start({ redis: undefined, postgres: new Secret(server.url()) })
        const group = { topic: 'orders', partition: 0 }
        await vi.waitFor(() => expect(engine.groups.committed('shop.out', group)?.offset).toBe(2), patience)
        const queue = new Queue('orders', { connection: { connectionString: server.url() } }, createPostgresBackend)
        expect(await queue.getWaitingCount()).toBe(2)
        await queue.close()
        await running?.drain(3_000)
      } finally {
        await server.close()
      }
    },
    60_000,
  )

  it('says which password was refused', async () => {
    await start({ redis: new Secret(`redis://nobody:wrong@127.0.0.1:${redis.port}`) })
    await vi.waitFor(() => expect(running?.status()[0]?.error?.code).toBe('bullmq_refused'), { timeout: 5_000 })
  }, 30_000)
})

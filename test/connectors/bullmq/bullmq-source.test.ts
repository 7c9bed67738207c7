import { createPostgresBackend, Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bullmqSource } from '../../../connectors/bullmq/declaration.js'
import { openEvents } from '../../../connectors/bullmq/bullmq-source.js'
import { bullmqSourceFields } from '../../../connectors/bullmq/settings.js'
import { readSettings } from '../../../core/connector/fields.js'
import { Secret } from '../../../core/connector/secret.js'
import { noIngress } from '../../../core/connector/no-ingress.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { type Logger, silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { emptyPlan, makeTopic, readTopic } from '../../core/pipeline/rig.js'
import type { PostgresServer } from '../../support/postgres/postgres-server.js'
import { openSite, type QueueSite, withoutBackend } from './queue-site.js'

const world = nodeWorld()
const patience = { timeout: 20_000, interval: 20 }

let site: QueueSite
let engine: LogEngine
let running: RunningPipelines | undefined
let warned: string[]

async function setUp(backend: 'redis' | 'postgres'): Promise<void> {
  site = await openSite(backend)
  warned = []
  engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
  await makeTopic(engine, 'done')
}

async function tearDown(): Promise<void> {
  await stop()
  await engine.close()
  await site.close()
}

async function stop(): Promise<void> {
  await running?.drain(3_000)
  running = undefined
}

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const settings = { ...site.place, queue: 'orders', ...more }
  const source = {
    id: 'in',
    declaration: bullmqSource,
    settings: readSettings(bullmqSource.fields, settings),
    to: 'done',
    topic: 'done',
    topics: ['done'],
    parse: undefined,
    key: undefined,
    steps: [],
    onError: { deadLetter: undefined, maxAttempts: 1 },
  }
  const logger: Logger = { ...silentLogger, child: () => logger, warn: (message) => void warned.push(message) }
  running = await startPipelines({
    plans: [
      { ...emptyPlan, topics: [{ name: 'done', partitions: 1, settings: {}, declared: true }], sources: [source] },
    ],
    engine,
    world,
    ingress: noIngress,
    logger,
    recorder: silentRecorder,
    dataDirectory: '/nowhere',
    openFiles: 64,
  })
}

type JobValue = Readonly<Record<string, unknown>>

async function records(): Promise<readonly JobValue[]> {
  return (await readTopic(engine, 'done')).map(({ value }) => JSON.parse(value ?? 'null') as JobValue)
}

async function recorded(count: number): Promise<readonly JobValue[]> {
  await vi.waitFor(async () => expect(await records()).toHaveLength(count), patience)
  return records()
}

async function add(count: number, from = 0, options: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const jobs = Array.from({ length: count }, (_, index) => ({
    name: 'ship',
    data: { n: from + index },
    opts: { ...options },
  }))
  const queue = site.queue()
  await queue.addBulk(jobs)
}

for (const backend of ['redis', 'postgres'] as const) {
  const without = withoutBackend(backend)
  describe.skipIf(without !== undefined)(without ?? `the BullMQ source on ${backend}`, () => {
    beforeEach(() => setUp(backend), 60_000)
    afterEach(tearDown, 30_000)

    it('makes a record of each completed job, with what it was given and what it returned', async () => {
      await add(3)
      site.worker(async (job) => ({ doubled: (job.data as { n: number }).n * 2 }))
      await start()
      const done = await recorded(3)
      expect(
        done.map(({ event, queue, name, data, returnvalue, attemptsMade }) => [
          event,
          queue,
          name,
          data,
          returnvalue,
          attemptsMade,
        ]),
      ).toEqual([0, 1, 2].map((n) => ['completed', 'orders', 'ship', { n }, { doubled: n * 2 }, 1]))
      const [first] = done
      expect(Object.values(first ?? {}).filter((value) => typeof value === 'number' && value > 1e12)).toHaveLength(3)
      const keys = (await readTopic(engine, 'done')).map(({ key }) => key)
      expect(keys).toEqual(done.map(({ id }) => id))
    }, 30_000)

    it('takes jobs when they are added, and when they failed for the last time', async () => {
      await start({ take: ['added', 'failed'] })
      await add(1, 0, { attempts: 2, priority: 7 })
      site.worker(() => Promise.reject(new Error('out of stock')))
      const [added, failed] = await recorded(2)
      expect(added).toMatchObject({ event: 'added', name: 'ship', data: { n: 0 }, priority: 7 })
      expect(failed).toMatchObject({ event: 'failed', failedReason: 'out of stock', attemptsMade: 2 })
      expect(failed?.['stacktrace']).toHaveLength(2)
    }, 30_000)

    it('keeps what the event itself says of a job that was removed', async () => {
      await add(1, 0, { removeOnComplete: true })
      site.worker(async () => 'shipped')
      await vi.waitFor(async () => expect(await site.queue().getJobCountByTypes('waiting', 'active')).toBe(0), patience)
      await start()
      const [done] = await recorded(1)
      expect(done).toMatchObject({ event: 'completed', removed: true, returnvalue: 'shipped' })
    }, 30_000)

    it('goes on behind the last event after a restart', async () => {
      await add(2)
      await start({ take: ['added'] })
      await recorded(2)
      await stop()
      await add(600, 2)
      await start({ take: ['added'] })
      const all = await recorded(602)
      expect(all.map(({ data }) => (data as { n: number }).n)).toEqual(Array.from({ length: 602 }, (_, n) => n))
      expect(warned).toEqual([])
    }, 30_000)

    it('begins with the next event when told so', async () => {
      await add(2)
      await start({ take: ['added'], start: 'latest' })
      await vi.waitFor(() => expect(engine.state.scopes()).toHaveLength(1), patience)
      await add(1, 2)
      const [first] = await recorded(1)
      expect(first?.['data']).toEqual({ n: 2 })
    }, 30_000)

    it('has nothing to remember while the queue is quiet', async () => {
      await add(3)
      const settings = readSettings(bullmqSourceFields, { ...site.place, queue: 'orders', take: ['added'] })
      const stream = openEvents(settings, () => undefined)
      try {
        let page = await stream.page(await stream.first('earliest'))
        expect(page.events).toHaveLength(3)
        // On Postgres the floor follows one look later.
        page = await stream.page(page.behind)
        const again = await stream.page(page.behind)
        expect(again.behind).toBe(page.behind)
        expect(again).toMatchObject({ events: [], isLast: true, loss: undefined })
      } finally {
        await stream.close()
      }
    }, 30_000)

    it('waits for a server that is killed', async () => {
      await add(1)
      await start({ take: ['added'] })
      await recorded(1)
      await site.restart()
      await add(2, 1)
      const all = await recorded(3)
      expect(all.map(({ data }) => (data as { n: number }).n)).toEqual([0, 1, 2])
    }, 60_000)

    it('says that events were trimmed before it read them, and goes on with what is left', async () => {
      const queue = site.queue('orders', 100)
      await queue.waitUntilReady()
      await queue.addBulk([{ name: 'ship', data: { n: -1 } }])
      await start({ take: ['added'] })
      await recorded(1)
      await stop()
      for (let first = 0; first < 2_000; first += 500) {
        await queue.addBulk(Array.from({ length: 500 }, (_, index) => ({ name: 'ship', data: { n: first + index } })))
      }
      // On Postgres only single jobs bring the trimming about.
      for (let n = 0; n < 300; n++) await queue.add('ship', { n: 2_000 + n })
      await start({ take: ['added'] })
      await vi.waitFor(async () => expect((await records()).at(-1)?.['data']).toEqual({ n: 2_299 }), patience)
      expect(warned.filter((message) => message === 'bullmq_events_gone')).toHaveLength(1)
      expect((await records()).length).toBeLessThan(1_000)
    }, 60_000)
  })
}

const withoutPostgres = withoutBackend('postgres')
describe.skipIf(withoutPostgres !== undefined)(withoutPostgres ?? 'the BullMQ source on Postgres', () => {
  it('needs no right but to read', async () => {
    await setUp('postgres')
    try {
      const { server } = site as Extract<Awaited<ReturnType<typeof openSite>>, { readonly server: PostgresServer }>
      await server.run(`
        CREATE ROLE reader LOGIN;
        GRANT USAGE ON SCHEMA bullmq TO reader;
        GRANT SELECT ON bullmq.event, bullmq.job, bullmq.meta, bullmq.event_seq TO reader`)
      await add(3)
      await start({ take: ['added'], postgres: new Secret(server.url('postgres', 'reader')) })
      await recorded(3)
    } finally {
      await tearDown()
    }
  }, 60_000)

  it('stops at another database rather than pass its events over', async () => {
    await setUp('postgres')
    try {
      const { server } = site as Extract<Awaited<ReturnType<typeof openSite>>, { readonly server: PostgresServer }>
      await add(1)
      await start({ take: ['added'] })
      await recorded(1)
      await stop()
      await server.run('DROP SCHEMA bullmq CASCADE')
      const again = new Queue(
        'orders',
        { connection: { connectionString: server.url(), migrate: true } },
        createPostgresBackend,
      )
      await again.add('ship', { n: 1 })
      await again.close()
      await start({ take: ['added'] })
      await vi.waitFor(() => expect(running?.status()[0]?.error?.code).toBe('bullmq_queue_replaced'), patience)
    } finally {
      await tearDown()
    }
  }, 60_000)
})

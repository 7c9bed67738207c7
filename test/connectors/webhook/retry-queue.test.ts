import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { webhookSink } from '../../../connectors/webhook/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { readTopic } from '../../core/pipeline/rig.js'
import { openSite, withoutBackend } from '../bullmq/queue-site.js'
import { answering, Receiver } from './receiver.js'
import { WebhookSite } from './site.js'

const waiting = { timeout: 15_000, interval: 10 }
const schedule = (...waits: readonly string[]) => ({ retry: { schedule: waits, jitterPercent: 0 } })
const waits = (count: number, wait: string) => schedule(...Array.from({ length: count }, () => wait))
const calm = { breaker: { minRequests: 1000 } }

let site: WebhookSite
let receiver: Receiver
let queues: Awaited<ReturnType<typeof openSite>>

async function start(settings: Readonly<Record<string, unknown>>, deadLetter?: string): Promise<void> {
  const retryQueue = { ...queues.place, queue: 'retries' }
  await site.start({ url: receiver.url, order: 'none', retryIn: 'bullmq', retryQueue, ...settings }, deadLetter)
}

const numbers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => [`key ${index}`, { number: from + index }] as const)

const taken = () =>
  receiver.taken
    .map(({ body }) => (JSON.parse(body) as { number: number }).number)
    .toSorted((one, other) => one - other)

async function jobs(): Promise<number> {
  const counts = await queues.queue('retries').getJobCounts('waiting', 'delayed', 'active', 'failed', 'completed')
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

for (const backend of ['redis', 'postgres'] as const) {
  const without = withoutBackend(backend)
  describe.skipIf(without !== undefined)(without ?? `a webhook sink that retries in BullMQ on ${backend}`, () => {
    beforeEach(async () => {
      queues = await openSite(backend)
      site = await WebhookSite.open()
      receiver = await Receiver.open()
    }, 60_000)

    afterEach(async () => {
      await site.close()
      await receiver.close()
      await queues.close()
    }, 30_000)

    it('lets the group pass what waits in the queue, and sends it again under its id until it is taken', async () => {
      receiver.answer = answering(500)
      await start({ ...waits(200, '50ms'), ...calm })
      await site.append(...numbers(20))
      await vi.waitFor(() => expect(site.committed).toBe(20), waiting)
      receiver.answer = answering(204)
      await vi.waitFor(() => expect(taken()).toEqual(Array.from({ length: 20 }, (_, number) => number)), waiting)
      const ids = new Set(receiver.received.map(({ id, body }) => `${id} ${body}`))
      expect(ids.size).toBe(20)
      await vi.waitFor(async () => expect(await jobs()).toBe(0), waiting)
    }, 30_000)

    it('makes a dead letter of what no attempt brought home, with its attempts, and forgets it', async () => {
      receiver.answer = answering(503)
      await start({ ...schedule('30ms', '30ms'), ...calm }, 'bad')
      await site.append(['k', { number: 7 }])
      await vi.waitFor(async () => expect(await readTopic(site.engine, 'bad')).toHaveLength(1), waiting)
      const [letter] = await readTopic(site.engine, 'bad')
      expect(receiver.received).toHaveLength(3)
      expect(JSON.parse(letter?.value ?? '')).toEqual({ number: 7 })
      expect(letter?.headers).toMatchObject({ 'tailrace.error.attempts': '3' })
      await vi.waitFor(async () => expect(await jobs()).toBe(0), waiting)
      const [scope] = site.engine.state.scopes()
      await vi.waitFor(
        () => expect(scope === undefined ? [] : site.engine.state.entries(scope, 'buried-job/')).toEqual([]),
        waiting,
      )
    }, 30_000)

    it('goes on with what waits after a restart, and counts its attempts on', async () => {
      receiver.answer = answering(500)
      await start({ ...schedule('1ms', '1h'), ...calm }, 'bad')
      await site.append(...numbers(3))
      await vi.waitFor(() => expect(receiver.received).toHaveLength(6), waiting)
      await vi.waitFor(async () => expect(await queues.queue('retries').getDelayedCount()).toBe(3), waiting)
      await site.stop(3_000)
      expect(site.committed).toBe(3)
      await queues.queue('retries').promoteJobs()
      await start({ ...schedule('1ms', '1h'), ...calm }, 'bad')
      await vi.waitFor(async () => expect(await readTopic(site.engine, 'bad')).toHaveLength(3), waiting)
      expect(receiver.received).toHaveLength(9)
    }, 30_000)

    it('waits with the group while the server of the queue is away', async () => {
      receiver.answer = answering(500)
      await start({ ...waits(200, '100ms'), ...calm })
      await site.append(...numbers(1))
      await vi.waitFor(() => expect(site.committed).toBe(1), waiting)
      await queues.restart()
      await site.append(...numbers(5, 1))
      await vi.waitFor(() => expect(site.committed).toBe(6), { ...waiting, timeout: 30_000 })
      receiver.answer = answering(204)
      // A job whose worker lost its server comes again when its lock is over.
      await vi.waitFor(() => expect(new Set(taken()).size).toBe(6), { ...waiting, timeout: 45_000 })
    }, 90_000)
  })
}

describe.skipIf(withoutBackend('redis') !== undefined)('a queue of retries', () => {
  beforeEach(async () => {
    queues = await openSite('redis')
    site = await WebhookSite.open()
    receiver = await Receiver.open()
  })

  afterEach(async () => {
    await site.close()
    await receiver.close()
    await queues.close()
  })

  it('of an endpoint that is dead holds up no other', async () => {
    const dead = await Receiver.open(() => undefined)
    try {
      const ports = { dead: dead.port, good: receiver.port }
      await start({
        url: 'http://127.0.0.1:{value.port}/hook',
        allowHosts: ['127.0.0.1'],
        ports: Object.values(ports),
        concurrency: 2,
        timeout: '500ms',
        ...waits(200, '20ms'),
        breaker: { minRequests: 40 },
      })
      const of = (port: number, count: number) =>
        Array.from({ length: count }, (_, number) => [null, { number, port }] as const)
      await site.append(...of(ports.dead, 400))
      await vi.waitFor(() => expect(site.committed).toBe(400), waiting)
      receiver.answer = (_request, response, number) => response.writeHead(number < 10 ? 500 : 204).end()
      await site.append(...of(ports.good, 10))
      await vi.waitFor(() => expect(receiver.taken).toHaveLength(10), waiting)
    } finally {
      await dead.close()
    }
  }, 40_000)

  it('with a job of somebody else stops the sink', async () => {
    await queues.queue('retries').add('other', { n: 1 })
    await start({})
    await vi.waitFor(() => expect(site.problem).toBe('webhook_queue_shared'), waiting)
    expect(receiver.received).toEqual([])
  }, 30_000)

  it('does not judge twice what became a dead letter before its job had left', async () => {
    receiver.answer = answering(500)
    await start({ ...schedule('1h') }, 'bad')
    await site.append(...numbers(1))
    await vi.waitFor(() => expect(site.committed).toBe(1), waiting)
    await site.stop(3_000)
    const [job] = await queues.queue('retries').getDelayed()
    const scope = { pipeline: 'shop', connector: 'sink/hook' }
    const claim = await site.engine.state.claim(scope)
    await site.engine.state.put({
      claim,
      changes: [{ key: `buried-job/${job?.id}`, value: Buffer.from('true') }],
    })
    await job?.promote()
    await start({ ...schedule('1h') }, 'bad')
    await vi.waitFor(async () => expect(await jobs()).toBe(0), waiting)
    await vi.waitFor(() => expect(site.engine.state.entries(scope, 'buried-job/')).toEqual([]), waiting)
    expect(receiver.received).toHaveLength(1)
  }, 30_000)

  it('is refused with an order of keys, and without its place', () => {
    const problems = (settings: Readonly<Record<string, unknown>>) =>
      webhookSink
        .check?.(readSettings(webhookSink.fields, { url: 'https://api.example.com/', ...settings }) as never, '/')
        .map(({ path }) => path.join('.'))
    expect(problems({ retryIn: 'bullmq', retryQueue: { ...queues.place, queue: 'q' } })).toEqual(['retryIn'])
    expect(problems({ retryIn: 'bullmq', order: 'none' })).toEqual(['retryQueue'])
    expect(problems({ retryIn: 'bullmq', order: 'none', retryQueue: { queue: 'q' } })).toEqual(['retryQueue.redis'])
    expect(problems({ order: 'none', retryQueue: { ...queues.place, queue: 'q' } })).toEqual(['retryQueue'])
    expect(problems({ retryIn: 'bullmq', order: 'none', retryQueue: { ...queues.place, queue: 'q' } })).toEqual([])
  })
})

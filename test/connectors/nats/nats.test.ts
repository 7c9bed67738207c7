import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { natsSink, natsSource } from '../../../connectors/nats/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { noIngress } from '../../../core/connector/no-ingress.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { emptyPlan, makeTopic, readTopic } from '../../core/pipeline/rig.js'
import { missing } from '../../support/missing.js'
import { NatsServer } from '../../support/nats-server.js'

const withoutServer = missing('nats-server', ['--version'])
const world = nodeWorld()
const patience = { timeout: 20_000, interval: 20 }

let server: NatsServer
let engine: LogEngine
let running: RunningPipelines | undefined
let client: NatsConnection

beforeEach(async () => {
  server = await NatsServer.start()
  engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
  await makeTopic(engine, 'orders')
  client = await connect({ servers: server.address, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  await makeStream()
})

afterEach(async () => {
  await stop()
  await client.close()
  await engine.close()
  await server.remove()
})

async function makeStream(): Promise<void> {
  await (await jetstreamManager(client)).streams.add({ name: 'ORDERS', subjects: ['orders.>'] })
}

async function stop(): Promise<void> {
  await running?.drain(3_000)
  running = undefined
}

async function start(edge: 'source' | 'sink', more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const settings = { servers: [server.address], stream: 'ORDERS', timeout: '2s', ...more }
  const names = ['orders', 'bad']
  const source = {
    id: 'in',
    declaration: natsSource,
    to: 'orders',
    topic: 'orders',
    topics: ['orders'],
    parse: undefined,
    key: undefined,
    steps: [],
    onError: { deadLetter: undefined, maxAttempts: 1 },
  }
  const sink = {
    id: 'out',
    declaration: natsSink,
    from: ['orders'],
    group: 'shop.out',
    steps: [],
    onError: { deadLetter: 'bad', maxAttempts: 1 },
  }
  running = await startPipelines({
    plans: [
      {
        ...emptyPlan,
        topics: names.map((name) => ({ name, partitions: 1, settings: {}, declared: true })),
        sources: edge === 'source' ? [{ ...source, settings: readSettings(natsSource.fields, settings) }] : [],
        sinks: edge === 'sink' ? [{ ...sink, settings: readSettings(natsSink.fields, settings) }] : [],
      },
    ],
    engine,
    world,
    ingress: noIngress,
    logger: silentLogger,
    recorder: silentRecorder,
    dataDirectory: '/nowhere',
    openFiles: 64,
  })
}

async function publish(first: number, count: number): Promise<void> {
  for (let number = first; number < first + count; number++) {
    await client.request(`orders.${number % 3}`, String(number))
  }
}

async function append(keys: readonly string[]): Promise<void> {
  const records = keys.map((key) => ({ key: Buffer.from(key), value: Buffer.from(`v-${key}`), timestampMs: 1_000 }))
  await engine.append([{ topic: 'orders', partition: 0, batch: encodeBatch(records) }])
}

async function values(): Promise<readonly (string | null)[]> {
  return (await readTopic(engine, 'orders')).map(({ value }) => value)
}

async function messageCount(): Promise<number> {
  return (await (await jetstreamManager(client)).streams.info('ORDERS')).state.messages
}

const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, number) => String(number))

describe.skipIf(withoutServer !== undefined)(withoutServer ?? 'the NATS source', () => {
  it('reads each message once, in order, over a restart of its own and a kill of the server', async () => {
    await publish(0, 300)
    await start('source')
    await vi.waitFor(async () => expect(await values()).toHaveLength(300), patience)
    await stop()
    await publish(300, 100)
    await start('source')
    await vi.waitFor(async () => expect(await values()).toHaveLength(400), patience)
    await server.kill()
    await server.up()
    await vi.waitFor(() => client.flush(), patience)
    await publish(400, 50)
    await vi.waitFor(async () => expect((await values()).length).toBeGreaterThanOrEqual(450), patience)
    expect(await values()).toEqual(numbers(450))
    expect((await readTopic(engine, 'orders'))[4]?.key).toBe('orders.1')
  }, 60_000)

  it('passes over messages that the stream no longer has', async () => {
    await publish(0, 10)
    await (await jetstreamManager(client)).streams.deleteMessage('ORDERS', 5)
    await start('source')
    await vi.waitFor(async () => expect(await values()).toHaveLength(9), patience)
    expect(await values()).toEqual(numbers(10).filter((text) => text !== '4'))
  }, 30_000)

  it('stops at a stream that was made anew under the same name', async () => {
    await publish(0, 5)
    await start('source')
    await vi.waitFor(async () => expect(await values()).toHaveLength(5), patience)
    await (await jetstreamManager(client)).streams.delete('ORDERS')
    await makeStream()
    await publish(100, 9)
    await vi.waitFor(() => expect(running?.status()[0]?.error?.code).toBe('nats_stream_replaced'), patience)
    expect(await values()).toEqual(numbers(5))
  }, 30_000)
})

describe.skipIf(withoutServer !== undefined)(withoutServer ?? 'the NATS sink', () => {
  it('publishes in order and drops what comes again by its id', async () => {
    await append(['a', 'b', 'c'])
    await start('sink', { subject: 'orders.{key}' })
    await vi.waitFor(async () => expect(await messageCount()).toBe(3), patience)
    await stop()
    await engine.groups.delete('shop.out')
    await append(['d'])
    await start('sink', { subject: 'orders.{key}' })
    await vi.waitFor(async () => expect(await messageCount()).toBe(4), patience)
    const manager = await jetstreamManager(client)
    const last = await manager.streams.getMessage('ORDERS', { seq: 4 })
    expect([last?.subject, last?.string()]).toEqual(['orders.d', 'v-d'])
  }, 30_000)

  it('gives up a record whose key makes no subject, and delivers the rest', async () => {
    await append(['a', 'no good', 'b'])
    await start('sink', { subject: 'orders.{key}' })
    await vi.waitFor(async () => expect(await messageCount()).toBe(2), patience)
    await vi.waitFor(async () => expect(await readTopic(engine, 'bad')).toHaveLength(1), patience)
  }, 30_000)

  it('waits for a server that is killed', async () => {
    await start('sink', { subject: 'orders.{key}' })
    await server.kill()
    await append(['a', 'b'])
    await server.up()
    await vi.waitFor(async () => expect(await messageCount()).toBe(2), patience)
  }, 30_000)
})

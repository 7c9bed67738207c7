import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebhookClient } from '../../../connectors/webhook/client.js'
import { webhookSink } from '../../../connectors/webhook/declaration.js'
import type { Delivery } from '../../../connectors/webhook/delivery.js'
import { Dispatcher } from '../../../connectors/webhook/dispatcher.js'
import type { Outcome } from '../../../connectors/webhook/exchange.js'
import { policyOf, type WebhookSettings } from '../../../connectors/webhook/settings.js'
import type { Json } from '../../../core/connector/context.js'
import { readSettings } from '../../../core/connector/fields.js'
import type { SinkContext } from '../../../core/connector/sink.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { VirtualClock } from '../../../core/runtime/virtual-clock.js'
import { outgoingBehindGuard } from '../../../core/security/address-guard.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'

const world = nodeWorld()
const local = { allowHttp: true, allowPrivate: ['127.0.0.0/8'], allowHosts: ['*.example.com'] }

function settingsWith(settings: Readonly<Record<string, unknown>>): WebhookSettings {
  const url = 'http://{key}.example.com/'
  return readSettings(webhookSink.fields, { url, ...local, ...settings }) as WebhookSettings
}

function deliveryTo(endpoint: string, offset: number): Delivery {
  return {
    of: { topic: 'events', topicId: 'topic', partition: 0 },
    offset,
    id: `msg_${offset}`,
    url: `${endpoint}/hook`,
    endpoint,
    lane: `${endpoint} ${offset}`,
    headers: {},
    record: { key: null, value: Buffer.from('{}'), timestampMs: 0 },
    attempts: 0,
    dueMs: 0,
    isParked: false,
    isStored: false,
  }
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** A dispatcher on a virtual clock whose endpoints answer by their names. */
function dispatcherWith(answer: (endpoint: string) => Outcome) {
  const clock = new VirtualClock(world.clock, 0)
  const stored = new Map<string, Json>()
  const context = {
    pipeline: 'shop',
    connector: 'hooks',
    clock,
    random: world.random,
    logger: silentLogger,
    metrics: silentRecorder,
    state: {
      get: (key: string) => stored.get(key),
      entries: () => [],
      put: async (changes: ReadonlyMap<string, Json | undefined>) => {
        for (const [key, value] of changes) {
          if (value === undefined) stored.delete(key)
          else stored.set(key, value)
        }
      },
    },
  }
  const dispatcher = new Dispatcher({
    settings: settingsWith({ breaker: { minRequests: 1 } }),
    client: { send: async ({ endpoint }) => answer(endpoint), abandon: () => undefined, close: async () => undefined },
    context: context as unknown as SinkContext,
    parking: { park: async () => undefined },
    resolved: () => undefined,
    stopped: (error) => {
      throw error
    },
    gone: async () => true,
  })
  return { clock, dispatcher, stored }
}

describe('a sink with any number of endpoints', () => {
  it('remembers a thousand of those without work', async () => {
    const { dispatcher } = dispatcherWith(() => ({ kind: 'taken' }))
    for (let number = 0; number < 5_000; number++) {
      dispatcher.add(deliveryTo(`http://h${number}.example.com`, number))
      if (number % 500 === 0) await turn()
    }
    await turn()
    expect(dispatcher.endpointCount).toBe(1_000)
  })

  it('forgets no endpoint that is left alone, until that is over', async () => {
    const failure: Outcome = { kind: 'failed', why: 'busy', status: 429, retryAfterMs: 3_600_000 }
    const { clock, dispatcher, stored } = dispatcherWith((endpoint) => {
      return endpoint.includes('busy') ? failure : { kind: 'taken' }
    })
    for (let number = 0; number < 100; number++) dispatcher.add(deliveryTo(`http://busy${number}.example.com`, number))
    await turn()
    const others = async (from: number): Promise<void> => {
      for (let number = from; number < from + 4_000; number++) {
        dispatcher.add(deliveryTo(`http://h${number}.example.com`, number))
        if (number % 100 === 0) await turn()
      }
      await turn()
    }
    await others(1_000)
    expect(stored.size).toBe(100)
    clock.after(3_600_001, () => undefined)
    while (clock.now() <= 3_600_000 && clock.toNextTimer()) await turn()
    await others(10_000)
    expect(stored.size).toBe(0)
    expect(dispatcher.endpointCount).toBe(1_000)
  })

  it('keeps the connections of a few that were used last', async () => {
    const server: Server = createServer((request, response) => {
      request.resume()
      request.on('end', () => response.writeHead(204).end())
    })
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    const { port } = server.address() as AddressInfo
    const settings = settingsWith({ ports: [port] })
    const guard = outgoingBehindGuard(world.resolver).guard(policyOf(settings))
    const client = new WebhookClient(settings, guard, world.clock)
    const endpoints = Array.from(
      { length: 400 },
      (_, number) => `http://127.0.${number >> 8}.${number & 255 || 1}:${port}`,
    )
    try {
      for (const [number, endpoint] of endpoints.entries()) {
        expect((await client.send(deliveryTo(endpoint, number))).kind).toBe('taken')
      }
      expect(client.endpointCount).toBe(256)
    } finally {
      await client.close()
      server.closeAllConnections()
      server.close()
    }
    expect(client.endpointCount).toBe(0)
  })
})

// Several records as one request: the same records under the same id in each attempt, through restarts.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkWebhookSettings, webhookFields } from '../../../connectors/webhook/settings.js'
import { readSettings } from '../../../core/connector/fields.js'
import { answering, Receiver, type Received } from './receiver.js'
import { readTopic } from '../../core/pipeline/rig.js'
import { WebhookSite } from './site.js'

const waiting = { timeout: 15_000, interval: 10 }
const unordered = { order: 'none', breaker: { minRequests: 1000 } }

let site: WebhookSite
let receiver: Receiver

beforeEach(async () => {
  site = await WebhookSite.open()
  receiver = await Receiver.open()
})

afterEach(async () => {
  await site.close()
  await receiver.close()
})

const numbers = (from: number, to: number): (readonly [null, { number: number }])[] =>
  Array.from({ length: to - from }, (_, index) => [null, { number: from + index }])
const numbersIn = ({ body }: Received): readonly number[] =>
  (JSON.parse(body) as readonly { number: number }[]).map(({ number }) => number)
const allTaken = (): readonly number[] => receiver.taken.flatMap(numbersIn).toSorted((a, b) => a - b)
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

describe('a webhook sink with batches', () => {
  it('sends so many records at once, and what is left when it has waited', async () => {
    await site.start({ url: receiver.url, ...unordered, batch: { records: 10, maxWait: '50ms' } })
    await site.append(...numbers(0, 25))
    await vi.waitFor(() => expect(allTaken()).toEqual(upTo(25)), waiting)
    expect(receiver.taken.map((request) => numbersIn(request).length).toSorted((a, b) => a - b)).toEqual([5, 10, 10])
    expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(3)
    expect(receiver.taken[0]!.headers['content-type']).toBe('application/json')
    await vi.waitFor(() => expect(site.committed).toBe(25), waiting)
  })

  it('ends a batch at its size, and sends what is larger alone', async () => {
    await site.start({ url: receiver.url, ...unordered, batch: { bytes: '2KiB', maxWait: '50ms' } })
    const wide = (number: number, bytes: number) => [null, { number, text: 'x'.repeat(bytes) }] as const
    await site.append(wide(0, 300), wide(1, 300), wide(2, 300), wide(3, 5000), wide(4, 10))
    await vi.waitFor(() => expect(allTaken()).toEqual(upTo(5)), waiting)
    const sizes = receiver.taken.map(numbersIn).toSorted((a, b) => a[0]! - b[0]!)
    expect(sizes).toContainEqual([3])
    expect(sizes[0]!.length).toBeLessThan(4)
  })

  it('writes lines, of bodies that the file makes', async () => {
    const body = { n: '{value.number}', text: 'number {value.number}' }
    await site.start({ url: receiver.url, ...unordered, body, batch: { format: 'ndjson', maxWait: '50ms' } })
    await site.append(...numbers(0, 3))
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), waiting)
    expect(receiver.taken[0]!.body).toBe(
      '{"n":0,"text":"number 0"}\n{"n":1,"text":"number 1"}\n{"n":2,"text":"number 2"}\n',
    )
    expect(receiver.taken[0]!.headers['content-type']).toBe('application/x-ndjson')
  })

  it('sends the same records under the same id until they are taken, through restarts', async () => {
    receiver.answer = answering(500)
    const settings = { url: receiver.url, ...unordered, retry: { schedule: Array.from({ length: 60 }, () => '100ms') } }
    await site.start({ ...settings, batch: { records: 4, maxWait: '20ms' } })
    await site.append(...numbers(0, 10))
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(5), waiting)
    await vi.waitFor(() => expect(site.committed).toBe(10), waiting)
    await site.stop()
    // Another size: what is stored stays as it is.
    await site.start({ ...settings, batch: { records: 3, maxWait: '20ms' } })
    const before = receiver.received.length
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(before + 5), waiting)
    receiver.answer = answering(204)
    await vi.waitFor(() => expect(allTaken()).toEqual(upTo(10)), waiting)
    const bodies = new Map<string, Set<string>>()
    for (const { id, body } of receiver.received) bodies.set(id, (bodies.get(id) ?? new Set()).add(body))
    expect([...bodies.values()].every((each) => each.size === 1)).toBe(true)
    expect(bodies.size).toBe(3)
  })

  it('makes a dead letter of each record of a batch that nobody took', async () => {
    receiver.answer = answering(422)
    await site.start(
      { url: receiver.url, ...unordered, retry: { schedule: [] }, batch: { records: 5, maxWait: '20ms' } },
      'dead',
    )
    await site.append(...numbers(0, 5))
    const letters = async () => (await readTopic(site.engine, 'dead')).map(({ value }) => value)
    await vi.waitFor(async () => expect(await letters()).toHaveLength(5), waiting)
    expect(await letters()).toEqual(numbers(0, 5).map(([, value]) => JSON.stringify(value)))
    expect(receiver.received).toHaveLength(1)
    await site.stop()
    await site.start({ url: receiver.url, ...unordered, batch: { records: 5, maxWait: '20ms' } }, 'dead')
    receiver.answer = answering(204)
    await site.append(...numbers(5, 6))
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), waiting)
    expect(receiver.taken.map(numbersIn)).toEqual([[5]])
    expect(await letters()).toHaveLength(5)
  })

  it('is refused where it could not keep what it says', () => {
    const problemsOf = (more: object) =>
      checkWebhookSettings(readSettings(webhookFields, { url: 'https://example.com', batch: {}, ...more })).map(
        ({ path, message }) => `${path.join('.')} ${message}`,
      )
    expect(problemsOf({ order: 'none' })).toEqual([])
    expect(problemsOf({})).toEqual(['batch is for `"order": "none"`'])
    expect(problemsOf({ order: 'none', batch: { bytes: '2MiB', maxWait: '0s' } })).toEqual([
      'batch.bytes must be from 1B to 1MiB',
      'batch.maxWait must be at least 1ms',
    ])
    expect(problemsOf({ order: 'none', body: { a: '{nope}' } })).toHaveLength(1)
  })
})

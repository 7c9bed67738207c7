import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { Secret } from '../../../core/connector/secret.js'
import { readTopic } from '../../core/pipeline/rig.js'
import { answering, Receiver } from './receiver.js'
import { WebhookSite } from './site.js'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
/** Many short waits: what is sure to succeed some time does so within a test. */
const patient = { retry: { schedule: Array.from({ length: 200 }, () => '20ms') } }
const waiting = { timeout: 15_000, interval: 10 }

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

const numbers = (count: number, key?: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => [key?.(number) ?? null, { number }] as const)

describe('a webhook sink', () => {
  it('sends each record under an id of its own, signed by both secrets', async () => {
    const older = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
    const sign = { secret: new Secret(secret), previousSecret: new Secret(older) }
    await site.start({ url: receiver.url, headers: { 'x-number': '{value.number}', 'x-from': '{topic}' }, sign })
    await site.append(...numbers(20))
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(20), waiting)
    expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(20)
    for (const { body, headers } of receiver.taken) {
      for (const key of [secret, older]) {
        expect(new Webhook(key).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body))
      }
      expect(headers['x-number']).toBe(String((JSON.parse(body) as { number: number }).number))
      expect(headers['x-from']).toBe('events')
      expect(headers['content-type']).toBe('application/json')
    }
    await vi.waitFor(() => expect(site.committed).toBe(20), waiting)
  })

  it('keeps the order of each key and every id, though the receiver fails at random', async () => {
    receiver.answer = (_request, response) => {
      const failing = Math.random() < 0.3
      if (failing && Math.random() < 0.3) response.destroy()
      else response.writeHead(failing ? 500 : 200).end()
    }
    await site.start({ url: receiver.url, breaker: { minRequests: 1000 }, ...patient })
    await site.append(...numbers(300, (number) => `key ${number % 7}`))
    await vi.waitFor(() => expect(receiver.taken.length).toBeGreaterThanOrEqual(300), waiting)
    const seen = new Map<number, number[]>()
    const ids = new Map<number, string>()
    for (const { body, id } of receiver.received) {
      const { number } = JSON.parse(body) as { number: number }
      expect(ids.get(number) ?? id).toBe(id)
      ids.set(number, id)
    }
    for (const { body } of receiver.taken) {
      const { number } = JSON.parse(body) as { number: number }
      seen.set(number % 7, [...(seen.get(number % 7) ?? []), number])
    }
    for (const [key, taken] of seen) {
      expect(taken).toEqual(numbers(300).flatMap(([, { number }]) => (number % 7 === key ? [number] : [])))
    }
  })

  it('lets the group go on while a key waits, and sends nothing of it out of turn behind a restart', async () => {
    let isDown = true
    receiver.answer = (request, response) => {
      const { number } = JSON.parse(request.body) as { number: number }
      response.writeHead(isDown && number % 2 === 0 ? 500 : 200).end()
    }
    const url = receiver.url
    await site.start({ url, breaker: { minRequests: 1000 }, retry: { schedule: ['300ms', '300ms', '300ms'] } })
    await site.append(...numbers(10, (number) => `key ${number % 2}`))
    await vi.waitFor(() => expect(site.committed).toBe(10), waiting)
    expect(receiver.taken.map(({ body }) => (JSON.parse(body) as { number: number }).number)).toEqual([1, 3, 5, 7, 9])
    await site.stop()
    isDown = false
    await site.append(['key 0', { number: 10 }], ['key 1', { number: 11 }])
    await site.start({ url, ...patient })
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(12), waiting)
    const even = receiver.taken.map(({ body }) => (JSON.parse(body) as { number: number }).number)
    expect(even.filter((number) => number % 2 === 0)).toEqual([0, 2, 4, 6, 8, 10])
  })

  it('makes a dead letter of what was refused in all attempts, once, and goes on', async () => {
    receiver.answer = (request, response) => {
      response.writeHead(request.body.includes('"number":1}') ? 400 : 200).end()
    }
    await site.start({ url: receiver.url, retry: { schedule: ['10ms', '10ms'] } }, 'dead')
    await site.append(...numbers(4, () => 'one key'))
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(3), waiting)
    await site.stop()
    const letters = await readTopic(site.engine, 'dead')
    expect(letters.map(({ value }) => value)).toEqual(['{"number":1}'])
    expect(JSON.stringify(letters[0])).toContain('webhook_refused')
    expect(receiver.received.filter(({ body }) => body === '{"number":1}')).toHaveLength(3)
  })

  it('stops without a topic for dead letters, rather than lose a record', async () => {
    receiver.answer = answering(422)
    await site.start({ url: receiver.url, retry: { schedule: [] } })
    await site.append(...numbers(1))
    await vi.waitFor(() => expect(site.problem).toBe('no_dead_letter_topic'), waiting)
  })

  it('takes a redirect for a failure and follows none', async () => {
    const elsewhere = await Receiver.open()
    receiver.answer = answering(302, { location: elsewhere.url })
    await site.start({ url: receiver.url, retry: { schedule: [] } }, 'dead')
    await site.append(...numbers(1))
    await vi.waitFor(async () => expect(await readTopic(site.engine, 'dead')).toHaveLength(1), waiting)
    expect(elsewhere.received).toEqual([])
    await elsewhere.close()
  })

  it('waits no longer than its time for a receiver that hangs, or that answers without an end', async () => {
    receiver.answer = (_request, response, number) => {
      if (number === 0) return
      if (number === 1) {
        const filler = Buffer.alloc(64 * 1024)
        response.writeHead(500)
        const more = (): void => void (response.destroyed || response.write(filler, more))
        more()
      } else response.writeHead(204).end()
    }
    await site.start({ url: receiver.url, timeout: '300ms', ...patient })
    await site.append(...numbers(1))
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), waiting)
    expect(receiver.received.length).toBe(3)
  })

  it('sends nothing more to a receiver that answered 410, until the file says so', async () => {
    receiver.answer = answering(410)
    await site.start({ url: receiver.url }, 'dead')
    await site.append(...numbers(2))
    await vi.waitFor(() => expect(site.problem).toBe('webhook_disabled'), waiting)
    await site.stop()
    receiver.answer = answering(204)
    const before = receiver.received.length
    await site.start({ url: receiver.url }, 'dead')
    await vi.waitFor(() => expect(site.problem).toBe('webhook_disabled'), waiting)
    expect(receiver.received).toHaveLength(before)
    await site.stop()
    await site.start({ url: receiver.url, enable: 'again' }, 'dead')
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(2), waiting)
  })

  it('lets no dead endpoint hold up another', async () => {
    const dead = await Receiver.open((_request, response) => void response)
    const url = 'http://127.0.0.1:{value.port}/hook'
    const ports = [dead.port, receiver.port]
    await site.start({ url, allowHosts: ['127.0.0.1'], ports, timeout: '10s', concurrency: 2 }, 'dead')
    // More than may wait in memory.
    const toDead = numbers(3_000, (number) => `d${number}`).map(
      ([key, value]) => [key, { ...value, port: dead.port }] as const,
    )
    const toLive = numbers(50, (number) => `l${number}`).map(
      ([key, value]) => [key, { ...value, port: receiver.port }] as const,
    )
    await site.append(...toDead, ...toLive)
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(50), waiting)
    expect(dead.taken).toEqual([])
    await dead.close()
  })

  it('goes to no host that the file does not name, and to no address that it does not allow', async () => {
    const url = 'http://{value.host}/'
    await site.start({ url, allowHosts: ['127.0.0.1'], ports: [receiver.port] }, 'dead')
    await site.append([null, { host: 'evil.example' }], [null, { host: '169.254.169.254' }], [null, {}])
    await vi.waitFor(async () => expect(await readTopic(site.engine, 'dead')).toHaveLength(3), waiting)
    const codes = JSON.stringify(await readTopic(site.engine, 'dead'))
    expect(codes).toContain('webhook_host_refused')
    expect(codes).toContain('address_refused')
    expect(codes).toContain('webhook_record_unfit')
  })

  it('pauses when too much is parked, and goes on when the receiver is back', async () => {
    receiver.answer = answering(500)
    const quick = { retry: { schedule: Array.from({ length: 500 }, () => '50ms') } }
    await site.start({ url: receiver.url, parkedBytes: '1KiB', breaker: { open: '100ms' }, ...quick })
    await site.append(...numbers(10))
    await vi.waitFor(() => expect(site.committed).toBe(10), waiting)
    await site.append(...numbers(10))
    await vi.waitFor(() => expect(site.problem).toBe('webhook_parked_full'), waiting)
    receiver.answer = answering(200)
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(20), waiting)
  })

  it('parks a lane of more bytes than the log takes at once, and sends it in order', async () => {
    let isDown = true
    receiver.answer = (_request, response) => void response.writeHead(isDown ? 500 : 200).end()
    const often = { retry: { schedule: Array.from({ length: 500 }, () => '50ms') }, breaker: { open: '100ms' } }
    await site.start({ url: receiver.url, ...often })
    const filler = 'x'.repeat(500_000)
    for (let number = 0; number < 20; number++) await site.append(['one key', { number, filler }])
    await vi.waitFor(() => expect(site.committed).toBe(20), waiting)
    expect(site.problem).toBeUndefined()
    isDown = false
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(20), waiting)
    const taken = receiver.taken.map(({ body }) => (JSON.parse(body) as { number: number }).number)
    expect(taken).toEqual(Array.from({ length: 20 }, (_, number) => number))
  })

  it('asks a receiver that answered 410 no more, not even until the sink has ended', async () => {
    receiver.answer = answering(410)
    await site.start({ url: receiver.url, concurrency: 1 })
    await site.append(...numbers(5))
    await vi.waitFor(() => expect(site.problem).toBe('webhook_disabled'), waiting)
    expect(receiver.received).toHaveLength(1)
  })

  it('parks what comes while the first of its key is being parked, so that the group goes on', async () => {
    receiver.answer = (_request, response) => void response.writeHead(500).end()
    await site.start({ url: receiver.url, retry: { schedule: ['1h'] } })
    const appended = Array.from({ length: 40 }, (_, number) => site.append(['one key', { number }]))
    await Promise.all(appended)
    await vi.waitFor(() => expect(site.committed).toBe(40), waiting)
    expect(receiver.received).toHaveLength(1)
  })
})

// Requests of a hub's webhook sink, verified by the libraries that receivers use.

import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhooks } from '@octokit/webhooks'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { type Hub, startHub } from '../../../hub/start-hub.js'
import { type Received, Receiver } from './receiver.js'

const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
  readonly examples: readonly unknown[]
}[]
/** As a sender may write them: each other one over many lines. */
const payloads = definitions
  .flatMap(({ examples }) => examples)
  .map((example, number) => Buffer.from(JSON.stringify(example, null, number % 2 === 0 ? 0 : 2)))

const waiting = { timeout: 30_000, interval: 20 }

/** Throws, or gives false, for what it does not take. */
type Verify = (received: Received) => unknown

let directory: string
let receiver: Receiver
let hub: Hub | undefined

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-signed-'))
  receiver = await Receiver.open()
})

afterEach(async () => {
  await hub?.close()
  hub = undefined
  await receiver.close()
  rmSync(directory, { recursive: true })
})

function secretFile(name: string, secret: string): object {
  const path = join(directory, name)
  writeFileSync(path, secret)
  return { $file: path }
}

async function start(sign: Readonly<Record<string, unknown>>): Promise<Hub> {
  const sink = { type: 'webhook', from: ['events'], url: receiver.url, allowHttp: true, allowPrivate: ['127.0.0.1'] }
  const topics = { events: { partitions: 1 }, dead: {} }
  const sinks = { hook: { ...sink, sign, retry: { schedule: [] }, onError: { deadLetter: 'dead' } } }
  const file = join(directory, 'p.json')
  writeFileSync(file, JSON.stringify({ version: 1, name: 'test', topics, sinks }))
  return startHub({ files: [file], dataDirectory: join(directory, 'data') })
}

/** Sends the bodies through the sink to a receiver that answers 401 to what `verify` does not take. */
async function deliver(sign: Readonly<Record<string, unknown>>, bodies: readonly Buffer[], verify: Verify) {
  receiver.answer = (received, response) => {
    const verified = Promise.resolve(received).then(verify)
    void verified.then(
      (isTaken) => response.writeHead(isTaken === false ? 401 : 204).end(),
      () => response.writeHead(401).end(),
    )
  }
  hub = await start(sign)
  const records = bodies.map((value) => ({ key: null, value, timestampMs: 1_000 }))
  for (let at = 0; at < records.length; at += 20) {
    const batch = encodeBatch(records.slice(at, at + 20))
    await hub.engine.append([{ topic: 'events', partition: 0, batch }])
  }
  await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThanOrEqual(bodies.length), waiting)
  await hub.close()
  hub = undefined
}

const sorted = (bodies: readonly Buffer[]): readonly string[] => bodies.map((body) => body.toString('latin1')).sort()

/** Each body was taken, once, byte for byte. */
function expectEachOnce(bodies: readonly Buffer[]): void {
  expect(receiver.received).toHaveLength(bodies.length)
  expect(receiver.taken).toHaveLength(bodies.length)
  expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(bodies.length)
  expect(sorted(receiver.taken.map(({ bytes }) => bytes))).toEqual(sorted(bodies))
}

const headerOf = ({ headers }: Received, name: string): string => String(headers[name])

describe('a webhook sink of a hub', () => {
  it('signs every example of every event as GitHub does', { timeout: 60_000 }, async () => {
    const webhooks = new Webhooks({ secret: 'shared' })
    expect(payloads.length).toBeGreaterThan(200)
    await deliver({ scheme: 'github', secret: secretFile('new', 'shared') }, payloads, (received) =>
      webhooks.verify(received.body, headerOf(received, 'x-hub-signature-256')),
    )
    expectEachOnce(payloads)
  })

  it('is believed by nobody with another secret', async () => {
    const webhooks = new Webhooks({ secret: 'another' })
    const few = payloads.slice(0, 5)
    await deliver({ scheme: 'github', secret: secretFile('new', 'shared') }, few, (received) =>
      webhooks.verify(received.body, headerOf(received, 'x-hub-signature-256')),
    )
    expect(receiver.received).toHaveLength(few.length)
    expect(receiver.taken).toEqual([])
  })

  it('signs as Standard Webhooks says, for receivers with either secret', { timeout: 60_000 }, async () => {
    const [newer, older] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD']
    const sign = { secret: secretFile('new', newer!), previousSecret: secretFile('old', older!) }
    await deliver({ scheme: 'standard-webhooks', ...sign }, payloads, ({ body, headers }) => {
      for (const key of [newer!, older!]) new Webhook(key).verify(body, headers as Record<string, string>)
    })
    expectEachOnce(payloads)
  })

  it('signs as Stripe does, for receivers with either secret', { timeout: 60_000 }, async () => {
    const sign = { secret: secretFile('new', 'whsec_new'), previousSecret: secretFile('old', 'whsec_old') }
    await deliver({ scheme: 'stripe', ...sign }, payloads, (received) => {
      for (const key of ['whsec_new', 'whsec_old']) {
        Stripe.webhooks.constructEvent(received.bytes, headerOf(received, 'stripe-signature'), key)
      }
    })
    expectEachOnce(payloads)
  })

  it('signs by an HMAC that the file describes, over bytes that are no text as well', async () => {
    const bodies = [Buffer.from([0xff, 0x00, 0xfe]), Buffer.alloc(0), ...payloads.slice(0, 20)]
    const sign = {
      scheme: 'hmac',
      header: 'X-Shop-Signature',
      algorithm: 'sha512',
      encoding: 'base64',
      prefix: 'v0=',
      signed: '{id}:{timestamp}:{body}',
      timestampHeader: 'X-Shop-Time',
      secret: secretFile('new', 'new'),
      previousSecret: secretFile('old', 'old'),
    }
    await deliver(sign, bodies, (received) => {
      const start = `${received.id}:${headerOf(received, 'x-shop-time')}:`
      const shown = ['new', 'old'].map(
        (key) => `v0=${createHmac('sha512', key).update(start).update(received.bytes).digest('base64')}`,
      )
      return headerOf(received, 'x-shop-signature') === shown.join(',')
    })
    expectEachOnce(bodies)
  })
})

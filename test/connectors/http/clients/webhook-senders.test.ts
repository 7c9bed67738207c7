// Requests as GitHub, Stripe and senders of Standard Webhooks sign them, by their own libraries.

import { createRequire } from 'node:module'
import { Webhooks } from '@octokit/webhooks'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { afterEach, describe, expect, it } from 'vitest'
import { type Answer, HttpSite, secret } from '../site.js'

const sites: HttpSite[] = []

async function open(verify: Readonly<Record<string, unknown>>): Promise<HttpSite> {
  const site = await HttpSite.open({ source: { format: 'json', verify } })
  sites.push(site)
  return site
}

afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
})

const codeOf = ({ text }: Answer): unknown => (JSON.parse(text) as { error: { code: string } }).error.code

interface Definition {
  readonly name: string
  readonly examples: readonly unknown[]
}

const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Definition[]
const payloads = definitions.flatMap(({ name, examples }) =>
  examples.map((example) => ({ name, body: JSON.stringify(example) })),
)

describe('a source that verifies GitHub', () => {
  it('takes every example of every event, and each delivery once', async () => {
    const site = await open({ scheme: 'github', secrets: [secret('other'), secret('shared')] })
    const webhooks = new Webhooks({ secret: 'shared' })
    const deliver = async ({ name, body }: (typeof payloads)[number], delivery: string): Promise<Answer> => {
      const signature = await webhooks.sign(body)
      const headers = { 'x-github-event': name, 'x-github-delivery': delivery, 'x-hub-signature-256': signature }
      return site.json(body, headers)
    }
    expect(payloads.length).toBeGreaterThan(200)
    for (const [number, payload] of payloads.entries()) {
      expect((await deliver(payload, `delivery-${number}`)).status).toBe(202)
    }
    expect((await deliver(payloads[0]!, 'delivery-0')).headers['idempotent-replayed']).toBe('true')
    expect(await site.values()).toEqual(payloads.map(({ body }) => body))
  })

  it('takes nothing that was changed on its way', async () => {
    const site = await open({ scheme: 'github', secrets: [secret('shared')] })
    const signature = await new Webhooks({ secret: 'shared' }).sign('{"a":1}')
    const answer = await site.json('{"a":2}', { 'x-hub-signature-256': signature })
    expect([answer.status, codeOf(answer)]).toEqual([401, 'http_signature_wrong'])
    const unsigned = await site.json('{"a":1}')
    expect([unsigned.status, codeOf(unsigned)]).toEqual([401, 'http_signature_missing'])
    const twice = { 'content-type': 'application/json', 'x-hub-signature-256': [signature, signature] }
    expect((await site.send({ headers: twice, body: '{"a":1}' })).status).toBe(400)
    expect(await site.values()).toEqual([])
  })
})

describe('a source that verifies Stripe', () => {
  const { webhooks } = Stripe
  const nowSeconds = (): number => Math.floor(Date.now() / 1000)

  it('takes what the library of Stripe signs, once', async () => {
    const site = await open({ scheme: 'stripe', secrets: [secret('whsec_test')] })
    const payload = '{\n  "id": "evt_1",\n  "object": "event"\n}'
    const header = webhooks.generateTestHeaderString({ payload, secret: 'whsec_test' })
    expect((await site.json(payload, { 'stripe-signature': header })).status).toBe(202)
    expect((await site.json(payload, { 'stripe-signature': header })).headers['idempotent-replayed']).toBe('true')
    expect(await site.values()).toEqual([payload])
  })

  it('refuses what is too old, by another secret, or of another scheme', async () => {
    const site = await open({ scheme: 'stripe', secrets: [secret('whsec_test')] })
    const payload = '{}'
    const sent = async (options: Readonly<Record<string, unknown>>): Promise<unknown> => {
      const header = webhooks.generateTestHeaderString({ payload, secret: 'whsec_test', ...options })
      return codeOf(await site.json(payload, { 'stripe-signature': header }))
    }
    expect(await sent({ timestamp: nowSeconds() - 400 })).toBe('http_signature_stale')
    expect(await sent({ timestamp: nowSeconds() + 400 })).toBe('http_signature_stale')
    expect(await sent({ secret: 'whsec_other' })).toBe('http_signature_wrong')
    expect(await sent({ scheme: 'v0' })).toBe('http_signature_wrong')
    expect(await site.values()).toEqual([])
  })
})

describe('a source that verifies Standard Webhooks', () => {
  const shared = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const webhook = new Webhook(shared)
  const signed = (id: string, body: string, at = new Date()): Record<string, string> => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': webhook.sign(id, at, body),
  })

  it('takes what the reference library signs, and each message once, also in a later attempt', async () => {
    const site = await open({ scheme: 'standard-webhooks', secrets: [secret('c2Vjb25k'), secret(shared)] })
    const body = '{"test": 2432232314}'
    expect((await site.json(body, signed('msg_1', body))).status).toBe(202)
    const later = await site.json(body, signed('msg_1', body, new Date(Date.now() + 30_000)))
    expect(later.headers['idempotent-replayed']).toBe('true')
    expect((await site.json(body, signed('msg_2', body))).status).toBe(202)
    expect(await site.values()).toEqual([body, body])
  })

  it('refuses an id that comes again with another body, and a time too far away', async () => {
    const site = await open({ scheme: 'standard-webhooks', secrets: [secret(shared)] })
    expect((await site.json('1', signed('msg_1', '1'))).status).toBe(202)
    expect((await site.json('2', signed('msg_1', '2'))).status).toBe(422)
    const old = await site.json('3', signed('msg_3', '3', new Date(Date.now() - 301_000)))
    expect([old.status, codeOf(old)]).toEqual([401, 'http_signature_stale'])
    expect(await site.values()).toEqual(['1'])
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkWebhookSettings, webhookFields } from '../../../connectors/webhook/settings.js'
import { readSettings } from '../../../core/connector/fields.js'
import { Receiver } from './receiver.js'
import { WebhookSite } from './site.js'

const problemsOf = (headers: Readonly<Record<string, string>>) =>
  checkWebhookSettings(readSettings(webhookFields, { url: 'https://example.com/hook', headers })).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )

describe('the headers of a webhook sink', () => {
  it.each(['Keep-Alive', 'Upgrade', 'expect', 'Connection', 'webhook-id'])(
    'are refused with the file when the sink cannot let the file set them: %s',
    (name) => {
      expect(problemsOf({ [name]: 'x' })).toEqual([`headers.${name}: is set by the sink itself`])
    },
  )

  it.each(['a\r\nb', 'Zürich {key}', '{key}\u0000'])(
    'are refused with the file when none can carry their text: %j',
    (text) => {
      expect(problemsOf({ 'x-place': text })).toEqual(['headers.x-place: holds more than printable ASCII'])
    },
  )

  it('are refused with the file when two differ by case only', () => {
    expect(problemsOf({ 'x-a': '1', 'X-A': '2' })).toEqual([
      'headers.X-A: stands there twice: case makes no difference',
    ])
  })

  it('are fine with tabs, fields and any name that is free', () => {
    expect(problemsOf({ 'User-Agent': 'shop/1', 'x-a': 'a\t{value.b.c} {key}' })).toEqual([])
  })
})

describe('a webhook sink with headers', () => {
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

  it('sends one in place of its own, however it is written', async () => {
    // Of two, node:http would keep the first: the sink's own.
    await site.start({ url: receiver.url, headers: { 'User-Agent': 'shop/1' } })
    await site.append([null, { number: 1 }])
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), { timeout: 15_000, interval: 10 })
    expect(receiver.taken[0]!.headers['user-agent']).toBe('shop/1')
  })
})

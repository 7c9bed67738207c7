import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import Stripe from 'stripe'
import { describe, expect, it } from 'vitest'
import {
  githubSigner,
  type HmacScheme,
  hmacSigner,
  standardWebhooksSigner,
  stripeSigner,
} from '../../../core/signature/request-signer.js'

const request = (body: string, timestampSeconds = 1_614_265_330, id = 'msg_p5jXN8AQM9LWM0D4loKWxJek') => ({
  id,
  timestampSeconds,
  body: Buffer.from(body),
})

const plain: HmacScheme = {
  hash: { algorithm: 'sha256', encoding: 'hex' },
  header: 'X-Signature',
  prefix: '',
  signed: '{body}',
  timestampHeader: undefined,
}

describe('a signer', () => {
  it('gives the published example of GitHub', () => {
    expect(githubSigner("It's a Secret to Everybody")(request('Hello, World!'))).toEqual({
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    })
  })

  it('gives the published example of Standard Webhooks', () => {
    const sign = standardWebhooksSigner(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])
    expect(sign(request('{"test": 2432232314}'))).toEqual({
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('gives the published example of Slack, described as an HMAC', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
    const slack = {
      ...plain,
      header: 'X-Slack-Signature',
      prefix: 'v0=',
      signed: 'v0:{timestamp}:{body}',
      timestampHeader: 'X-Slack-Request-Timestamp',
    }
    expect(hmacSigner(slack, ['8f742231b10e8888abcd99yyyzzz85a5'])(request(body, 1_531_420_618))).toEqual({
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'x-slack-request-timestamp': '1531420618',
    })
  })

  it('writes the very header that the library of Stripe writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(4_000_000_000), (payload, timestamp) => {
        const header = Stripe.webhooks.generateTestHeaderString({
          payload,
          secret: 'whsec_test',
          timestamp: timestamp + 1,
        })
        expect(stripeSigner(['whsec_test'])(request(payload, timestamp + 1))).toEqual({ 'stripe-signature': header })
      }),
      { numRuns: 50 },
    )
  })

  it('signs by each secret, the newest first', () => {
    const [newer, older] = ['new', 'old'].map((key) => createHmac('sha256', key).update('{}').digest('hex'))
    expect(hmacSigner({ ...plain, prefix: 'sha256=' }, ['new', 'old'])(request('{}'))).toEqual({
      'x-signature': `sha256=${newer},sha256=${older}`,
    })
    const stripe = stripeSigner(['new', 'old'])(request('{}', 7))['stripe-signature']
    expect(stripe).toMatch(/^t=7,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/)
    for (const key of ['new', 'old']) {
      expect(stripe).toContain(`v1=${createHmac('sha256', key).update('7.{}').digest('hex')}`)
    }
  })

  it.each(['sha1', 'sha256', 'sha512'] as const)('makes an HMAC of %s over what its template says', (algorithm) => {
    const scheme = { ...plain, hash: { algorithm, encoding: 'base64' }, signed: '{id}|{timestamp}|{body}|end' } as const
    const shown = createHmac(algorithm, 'key').update('msg_1|7|{id}|end').digest('base64')
    expect(hmacSigner(scheme, ['key'])(request('{id}', 7, 'msg_1'))).toEqual({ 'x-signature': shown })
  })

  it('is made over bytes that are no text as well', () => {
    const body = Buffer.from([0xff, 0x00, 0xfe])
    const shown = createHmac('sha256', 'k').update(body).digest('hex')
    expect(hmacSigner(plain, ['k'])({ ...request(''), body })['x-signature']).toBe(shown)
  })

  it.each([
    ['GitHub', () => githubSigner('')],
    ['Stripe', () => stripeSigner(['a', ''])],
    ['an HMAC', () => hmacSigner(plain, [''])],
    ['Standard Webhooks', () => standardWebhooksSigner(['whsec_'])],
  ])('takes no empty secret: %s', (_, make) => {
    expect(make).toThrowError(expect.objectContaining({ code: 'signature_secret_unusable' }))
  })
})

import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import {
  isSignedStandardWebhook,
  signStandardWebhook,
  standardWebhookKey,
} from '../../../core/signature/standard-webhooks.js'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const timestampSeconds = 1614265330
const body = Buffer.from('{"test": 2432232314}')
const secrets = [standardWebhookKey(secret)]
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

describe('signatures of Standard Webhooks', () => {
  it('gives the signature of the published example', () => {
    expect(signStandardWebhook({ secrets, id, timestampSeconds, body })).toBe(signature)
  })

  it('signs once for each secret, and takes a signature by any of them', () => {
    const other = standardWebhookKey('c2Vjb25k')
    const both = signStandardWebhook({ secrets: [other, ...secrets], id, timestampSeconds, body })
    expect(both.split(' ')).toHaveLength(2)
    expect(both.split(' ')[1]).toBe(signature)
    for (const one of [other, secrets[0]!]) {
      expect(isSignedStandardWebhook({ secrets: [one], id, timestampSeconds, body }, both)).toBe(true)
    }
  })

  it.each(['whsec_', '', 'whsec_!!', 'a', '=', 'whsec_abc*', 'ab c='])('refuses the secret %j', (text) => {
    expect(() => standardWebhookKey(text)).toThrowError(expect.objectContaining({ code: 'signature_secret_unusable' }))
  })

  it('reads a secret with and without its prefix and its padding', () => {
    const forms = ['whsec_c2VjcmV0MQ==', 'c2VjcmV0MQ==', 'whsec_c2VjcmV0MQ', 'c2VjcmV0MQ']
    expect(forms.map((form) => standardWebhookKey(form).toString())).toEqual(Array(4).fill('secret1'))
  })

  it.each([
    ['nothing', ''],
    ['a version alone', 'v1,'],
    ['part of the signature', signature.slice(0, 20)],
    ['the signature without its version', signature.slice(3)],
    ['another version', `v2${signature.slice(2)}`],
    ['another case', signature.toLowerCase()],
    ['more behind it', `${signature}A`],
    ['without its padding', signature.slice(0, -1)],
    ['a comma for the space', `v1,AAAA,${signature}`],
  ])('takes no signature that is %s', (_, shown) => {
    expect(isSignedStandardWebhook({ secrets, id, timestampSeconds, body }, shown)).toBe(false)
  })

  it('signs what the reference library verifies, and verifies what it signs', () => {
    const reference = new Webhook(secret)
    const nowSeconds = Math.floor(Date.now() / 1000)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uuid(), (text, anyId) => {
        const webhook = { secrets, id: anyId, timestampSeconds: nowSeconds, body: Buffer.from(text) }
        const signed = signStandardWebhook(webhook)
        const headers = { 'webhook-id': anyId, 'webhook-timestamp': String(nowSeconds), 'webhook-signature': signed }
        reference.verify(text, headers, { jsonParse: false })
        expect(isSignedStandardWebhook(webhook, reference.sign(anyId, new Date(nowSeconds * 1000), text))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('holds for nothing but the very id, time and body', () => {
    fc.assert(
      fc.property(fc.nat({ max: body.length * 8 - 1 }), (bit) => {
        const flipped = Buffer.from(body)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        expect(isSignedStandardWebhook({ secrets, id, timestampSeconds, body: flipped }, signature)).toBe(false)
      }),
    )
    expect(isSignedStandardWebhook({ secrets, id: `${id}x`, timestampSeconds, body }, signature)).toBe(false)
    const later = { secrets, id, timestampSeconds: timestampSeconds + 1, body }
    expect(isSignedStandardWebhook(later, signature)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { checkWebhookSettings, webhookFields } from '../../../connectors/webhook/settings.js'
import { readSettings } from '../../../core/connector/fields.js'
import { Secret } from '../../../core/connector/secret.js'

type Raw = Readonly<Record<string, unknown>>

function problemsOf(sign: Raw, headers: Raw = {}): readonly string[] {
  const raw = { url: 'https://example.com/hook', headers, sign: { secret: new Secret('c2VjcmV0'), ...sign } }
  return checkWebhookSettings(readSettings(webhookFields, raw)).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )
}

const hmac = { scheme: 'hmac', header: 'x-signature' }
const ofHmac = {
  header: 'x-signature',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: 'v0=',
  signed: '{timestamp}{body}',
  timestampHeader: 'x-time',
}

describe('the signing of a webhook sink', () => {
  it.each(['standard-webhooks', 'github', 'stripe'])('takes for %s nothing that describes an HMAC', (scheme) => {
    expect(problemsOf({ scheme })).toEqual([])
    expect(problemsOf({ scheme, ...ofHmac })).toEqual(
      Object.keys(ofHmac).map((name) => `sign.${name}: does not belong to "${scheme}"`),
    )
  })

  it('takes two secrets where the header has room for two signatures', () => {
    const previousSecret = new Secret('b2xk')
    for (const scheme of [{ scheme: 'standard-webhooks' }, { scheme: 'stripe' }, hmac]) {
      expect(problemsOf({ ...scheme, previousSecret })).toEqual([])
    }
    expect(problemsOf({ scheme: 'github', previousSecret })).toEqual([
      'sign.previousSecret: does not belong to "github", whose header has room for one signature',
    ])
  })

  it('takes only base64 for secrets of Standard Webhooks', () => {
    expect(problemsOf({ secret: new Secret('no base64!'), previousSecret: new Secret('whsec_') })).toEqual([
      'sign.secret: must be base64, with or without "whsec_" before it',
      'sign.previousSecret: must be base64, with or without "whsec_" before it',
    ])
  })

  it('takes an HMAC with a header and a body that is signed', () => {
    expect(problemsOf({ scheme: 'hmac', ...ofHmac })).toEqual([])
    expect(problemsOf({ ...hmac, signed: '{id}.{timestamp}.{body}' })).toEqual([])
    expect(problemsOf({ scheme: 'hmac' })).toEqual(['sign: the scheme "hmac" needs "header"'])
    expect(problemsOf({ ...hmac, signed: '{id}' })).toEqual(['sign.signed: must have {body} once'])
    expect(problemsOf({ ...hmac, signed: '{body}{id}{id}' })).toEqual([
      'sign.signed: may have {timestamp} and {id} once each',
    ])
    expect(problemsOf({ ...hmac, signed: '{body}{key}' })).toEqual([
      'sign.signed: "{key}" is none of {body}, {timestamp}, {id}',
    ])
    expect(problemsOf({ ...hmac, prefix: 'v 0' })).toEqual([
      'sign.prefix: holds more than printable ASCII without spaces',
    ])
  })

  it('shows no time that is not signed, nor two things in one header', () => {
    expect(problemsOf({ ...hmac, timestampHeader: 'x-time' })).toEqual([
      'sign.timestampHeader: needs {timestamp} in "signed"',
    ])
    expect(problemsOf({ scheme: 'hmac', ...ofHmac, timestampHeader: 'X-Signature' })).toEqual([
      'sign.timestampHeader: is "header" as well',
    ])
  })

  it.each(['content-type', 'Webhook-Signature', 'authorization'])('takes no header of the sink: %s', (name) => {
    expect(problemsOf({ ...hmac, header: name })).toEqual(['sign.header: is set by the sink itself'])
  })

  it('takes no name that is none', () => {
    expect(problemsOf({ ...hmac, header: 'a b' })).toEqual(['sign.header: is no name of a header'])
  })

  it.each([
    [{ scheme: 'github' }, 'X-Hub-Signature-256'],
    [{ scheme: 'stripe' }, 'stripe-signature'],
    [{ scheme: 'hmac', ...ofHmac }, 'X-Signature'],
    [{ scheme: 'hmac', ...ofHmac }, 'X-Time'],
  ])('lets the file set no header that it sets itself: %j', (sign, name) => {
    expect(problemsOf(sign, { [name]: 'x' })).toEqual([`headers.${name}: is set by \`sign\``])
  })
})

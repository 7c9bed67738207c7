import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../../../core/connector/fields.js'
import type { IngressRequest } from '../../../../core/connector/ingress.js'
import { Secret } from '../../../../core/connector/secret.js'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { verifierOf } from '../../../../connectors/http/verify/verifier-table.js'
import { checkVerify, verifyFields } from '../../../../connectors/http/verify/verify-settings.js'

type HeaderList = readonly (readonly [string, string])[]

interface Case {
  readonly scheme: string
  readonly secrets: readonly string[]
  readonly headers: HeaderList
  readonly body: string | Buffer
  readonly nowSeconds?: number
  readonly content?: Readonly<Record<string, unknown>>
}

/** The replay id, or the code of the refusal. */
function verify({ scheme, secrets, headers, body, nowSeconds = 0, content }: Case): string | undefined {
  const settings = readSettings(verifyFields, { scheme, secrets: secrets.map((text) => new Secret(text)), content })
  expect(checkVerify(settings)).toEqual([])
  const bytes = Buffer.from(body)
  const request = { rawHeaders: headers.flat() } as unknown as IngressRequest
  try {
    return verifierOf(settings)!.verify(request, { received: bytes, bytes }, nowSeconds * 1000).replayId
  } catch (error) {
    if (error instanceof TailraceError) return `! ${error.code}`
    throw error
  }
}

const hex = (key: string, content: string, algorithm = 'sha256'): string =>
  createHmac(algorithm, key).update(content).digest('hex')

const missing = '! http_signature_missing'
const malformed = '! http_signature_malformed'
const wrong = '! http_signature_wrong'
const stale = '! http_signature_stale'

describe('signatures of GitHub', () => {
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const github = { scheme: 'github', secrets: ["It's a Secret to Everybody"], body: 'Hello, World!' }
  const signed = (shown: string): HeaderList => [
    ['X-Hub-Signature-256', shown],
    ['X-GitHub-Delivery', '72d3162e-cc78-11e3-81ab-4c9367dc0958'],
  ]

  it('takes the published example, and names the delivery', () => {
    expect(verify({ ...github, headers: signed(signature) })).toBe('72d3162e-cc78-11e3-81ab-4c9367dc0958')
    expect(verify({ ...github, headers: [['x-hub-signature-256', signature]] })).toBeUndefined()
  })

  it.each([
    ['no header', [], missing],
    ['an empty header', signed(''), missing],
    ['the header twice', [...signed(signature), ['x-hub-signature-256', signature]], malformed],
    ['the header twice, one of them wrong', [...signed('sha256=00'), ['X-HUB-SIGNATURE-256', signature]], malformed],
    ['the delivery twice', [...signed(signature), ['x-github-delivery', 'b']], malformed],
    [
      'a delivery with spaces',
      [
        ['x-hub-signature-256', signature],
        ['x-github-delivery', 'a b'],
      ],
      malformed,
    ],
    ['half of it', signed(signature.slice(0, 39)), wrong],
    ['one digit less', signed(signature.slice(0, -1)), wrong],
    ['one digit more', signed(`${signature}0`), wrong],
    ['no algorithm', signed(signature.slice(7)), wrong],
    ['another algorithm', signed(`sha1=${signature.slice(7)}`), wrong],
    ['upper case', signed(signature.toUpperCase()), wrong],
    ['digits in upper case', signed(`sha256=${signature.slice(7).toUpperCase()}`), wrong],
    ['a list', signed(`${signature},${signature}`), wrong],
    ['the old header alone', [['x-hub-signature', `sha1=${hex(github.secrets[0]!, github.body, 'sha1')}`]], missing],
  ] as const)('refuses %s', (_, headers, code) => {
    expect(verify({ ...github, headers })).toBe(code)
  })

  it('refuses another body and another secret', () => {
    expect(verify({ ...github, headers: signed(signature), body: 'Hello, World! ' })).toBe(wrong)
    expect(verify({ ...github, headers: signed(signature), body: '' })).toBe(wrong)
    expect(verify({ ...github, headers: signed(signature), secrets: ['it'] })).toBe(wrong)
  })

  it('takes a signature by any of several secrets', () => {
    const secrets = ['new', "It's a Secret to Everybody", 'older']
    expect(verify({ ...github, headers: signed(signature), secrets })).toBe('72d3162e-cc78-11e3-81ab-4c9367dc0958')
  })

  it('is made over bytes that are no text as well', () => {
    const body = Buffer.from([0xff, 0x00, 0xfe])
    const shown = `sha256=${createHmac('sha256', 'k').update(body).digest('hex')}`
    expect(verify({ ...github, secrets: ['k'], body, headers: [['x-hub-signature-256', shown]] })).toBeUndefined()
  })
})

describe('signatures of Slack', () => {
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
  const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'
  const seconds = 1531420618
  const slack = { scheme: 'slack', secrets: ['8f742231b10e8888abcd99yyyzzz85a5'], body, nowSeconds: seconds }
  const signed = (shown: string, time = String(seconds)): HeaderList => [
    ['x-slack-signature', shown],
    ['x-slack-request-timestamp', time],
  ]

  it('takes the published example, until five minutes behind it', () => {
    expect(verify({ ...slack, headers: signed(signature) })).toBe(signature)
    expect(verify({ ...slack, headers: signed(signature), nowSeconds: seconds + 300 })).toBe(signature)
    expect(verify({ ...slack, headers: signed(signature), nowSeconds: seconds - 300 })).toBe(signature)
  })

  it.each([
    ['no signature', [['x-slack-request-timestamp', String(seconds)]], missing],
    ['no time', [['x-slack-signature', signature]], missing],
    ['the time twice', [...signed(signature), ['X-Slack-Request-Timestamp', String(seconds)]], malformed],
    ['a time that is no number', signed(signature, 'now'), malformed],
    ['a time with a fraction', signed(signature, `${seconds}.0`), malformed],
    ['a time in hex', signed(signature, '0x5b479bca'), malformed],
    ['a time with a sign', signed(signature, `+${seconds}`), malformed],
    ['a negative time', signed(signature, '-1'), malformed],
    ['a time with a zero before it', signed(signature, `0${seconds}`), malformed],
    ['a time of 13 digits', signed(signature, `${seconds}000`), malformed],
    ['an older time', signed(signature, String(seconds - 301)), stale],
    ['a newer time', signed(signature, String(seconds + 301)), stale],
    ['another time', signed(signature, String(seconds + 1)), wrong],
    ['no version', signed(signature.slice(3)), wrong],
  ] as const)('refuses %s', (_, headers, code) => {
    expect(verify({ ...slack, headers })).toBe(code)
  })

  it('refuses the example when it is too old or from the future', () => {
    expect(verify({ ...slack, headers: signed(signature), nowSeconds: seconds + 301 })).toBe(stale)
    expect(verify({ ...slack, headers: signed(signature), nowSeconds: seconds - 301 })).toBe(stale)
  })
})

describe('signatures of Stripe', () => {
  const seconds = 1_700_000_000
  const body = '{"id":"evt_1"}'
  const v1 = hex('whsec_one', `${seconds}.${body}`)
  const stripe = { scheme: 'stripe', secrets: ['whsec_one'], body, nowSeconds: seconds }
  const signed = (value: string): HeaderList => [['Stripe-Signature', value]]

  it('takes one v1 of several, next to other versions', () => {
    expect(verify({ ...stripe, headers: signed(`t=${seconds},v1=${v1}`) })).toBe(v1)
    expect(verify({ ...stripe, headers: signed(`t=${seconds},v1=${'0'.repeat(64)},v1=${v1},v0=x`) })).toBe(v1)
    expect(verify({ ...stripe, headers: signed(`v1=${v1}, t=${seconds}`) })).toBe(v1)
  })

  it('calls a delivery the same whichever of its signatures are left in the header', () => {
    const secrets = ['whsec_one', 'whsec_two']
    const other = hex('whsec_two', `${seconds}.${body}`)
    for (const shown of [`v1=${v1},v1=${other}`, `v1=${other},v1=${v1}`, `v1=${other}`, `v1=${v1}`]) {
      expect(verify({ ...stripe, secrets, headers: signed(`t=${seconds},${shown}`) })).toBe(v1)
    }
  })

  it.each([
    ['nothing', '', missing],
    ['no time', `v1=${v1}`, malformed],
    ['two times', `t=${seconds},t=${seconds},v1=${v1}`, malformed],
    ['an empty time', `t=,v1=${v1}`, malformed],
    ['an element without a name', `t=${seconds},${v1}`, malformed],
    ['no signature', `t=${seconds}`, wrong],
    ['an empty signature', `t=${seconds},v1=`, wrong],
    ['only an old version', `t=${seconds},v0=${v1}`, wrong],
    ['an older time', `t=${seconds - 301},v1=${hex('whsec_one', `${seconds - 301}.${body}`)}`, stale],
    ['a newer time', `t=${seconds + 301},v1=${hex('whsec_one', `${seconds + 301}.${body}`)}`, stale],
    ['another time than the signed one', `t=${seconds + 1},v1=${v1}`, wrong],
    ['a signature behind more than a sender sends', `t=${seconds}${',v1=0'.repeat(31)},v1=${v1}`, wrong],
  ])('refuses %s', (_, value, code) => {
    expect(verify({ ...stripe, headers: signed(value) })).toBe(code)
  })
})

describe('signatures of Standard Webhooks', () => {
  const seconds = 1614265330
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  const standard = {
    scheme: 'standard-webhooks',
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    body: '{"test": 2432232314}',
    nowSeconds: seconds,
  }
  const signed = (shown: string, { webhookId = id, time = String(seconds) } = {}): HeaderList => [
    ['webhook-id', webhookId],
    ['webhook-timestamp', time],
    ['webhook-signature', shown],
  ]

  it('takes the published example, and names the delivery', () => {
    expect(verify({ ...standard, headers: signed(signature) })).toBe(id)
    expect(verify({ ...standard, headers: signed(`v1,AAAA v1a,BBBB ${signature} v2,C`) })).toBe(id)
    expect(verify({ ...standard, secrets: ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], headers: signed(signature) })).toBe(id)
  })

  it.each([
    ['no id', signed(signature).slice(1), missing],
    ['no time', [signed(signature)[0]!, signed(signature)[2]!], missing],
    ['no signature', signed(signature).slice(0, 2), missing],
    ['an id with a dot', signed(signature, { webhookId: 'msg.p5' }), malformed],
    ['an id with a space', signed(signature, { webhookId: 'msg p5' }), malformed],
    ['an id that is too long', signed(signature, { webhookId: 'x'.repeat(257) }), malformed],
    ['two ids', [...signed(signature), ['Webhook-Id', id]], malformed],
    ['two signature headers', [...signed(signature), ['webhook-signature', signature]], malformed],
    ['a time that is no number', signed(signature, { time: 'hello' }), malformed],
    ['an older time', signed(signature, { time: String(seconds - 301) }), stale],
    ['a newer time', signed(signature, { time: String(seconds + 301) }), stale],
    ['another id', signed(signature, { webhookId: 'msg_other' }), wrong],
    ['another time', signed(signature, { time: String(seconds + 1) }), wrong],
    ['a bare version', signed('v1,'), wrong],
    ['half of the signature', signed(signature.slice(0, 24)), wrong],
    ['another version', signed(`v2${signature.slice(2)}`), wrong],
  ] as const)('refuses %s', (_, headers, code) => {
    expect(verify({ ...standard, headers })).toBe(code)
  })

  it('have secrets in base64, which is known before a source starts', () => {
    const secrets = ['whsec_', 'c2VjcmV0', 'whsec_***'].map((text) => new Secret(text))
    const problems = checkVerify(readSettings(verifyFields, { scheme: 'standard-webhooks', secrets }))
    expect(problems.map(({ path }) => path.join('.'))).toEqual(['verify.secrets.0', 'verify.secrets.2'])
    expect(problems[0]?.message).toBe('must be base64, with or without "whsec_" before it')
  })
})

describe('signatures by a template', () => {
  const content = {
    signatureHeader: 'X-Signature',
    prefix: 'sig=',
    algorithm: 'sha512',
    encoding: 'base64',
    template: 'v9|{id}|{timestamp}|{body}|end',
    timestampHeader: 'X-Time',
    idHeader: 'X-Id',
  }
  const signature = `sig=${createHmac('sha512', 'key').update('v9|a.b|1000|{id}|end').digest('base64')}`
  const hmac = { scheme: 'hmac', secrets: ['key'], body: '{id}', nowSeconds: 1000, content }
  const headers: HeaderList = [
    ['x-signature', signature],
    ['x-time', '1000'],
    ['x-id', 'a.b'],
  ]

  it('are made over the parts that it names', () => {
    expect(verify({ ...hmac, headers })).toBe('a.b')
  })

  it.each([
    ['no prefix', [['x-signature', signature.slice(4)], ...headers.slice(1)], wrong],
    ['no time', [headers[0]!, headers[2]!], missing],
    ['no id', headers.slice(0, 2), missing],
    ['another id', [headers[0]!, headers[1]!, ['x-id', 'a.c']], wrong],
    ['base64 without its padding', [['x-signature', signature.replace(/=+$/, '')], ...headers.slice(1)], wrong],
  ] as const)('refuses %s', (_, changed, code) => {
    expect(verify({ ...hmac, headers: changed })).toBe(code)
  })

  it('take the body alone when nothing else is said, as Shopify signs', () => {
    const shopify = { signatureHeader: 'x-shopify-hmac-sha256', encoding: 'base64', idHeader: 'x-shopify-webhook-id' }
    const shown = createHmac('sha256', 'key').update('{}').digest('base64')
    const given: HeaderList = [
      ['X-Shopify-Hmac-Sha256', shown],
      ['X-Shopify-Webhook-Id', 'b54557e4'],
    ]
    expect(verify({ ...hmac, body: '{}', content: shopify, headers: given })).toBe('b54557e4')
  })

  it('need a body, a time that is signed, and what their scheme needs', () => {
    const problems = (given: Readonly<Record<string, unknown>>): readonly string[] => {
      const settings = { secrets: [new Secret('key')], scheme: 'hmac', ...given }
      return checkVerify(readSettings(verifyFields, settings)).map(({ message }) => message)
    }
    const of = (given: Readonly<Record<string, unknown>>) => problems({ content: { signatureHeader: 'x', ...given } })
    expect(of({})).toEqual([])
    expect(of({ template: 'x' })).toEqual(['must have {body} once'])
    expect(of({ template: '{body}{body}' })).toEqual(['must have {body} once'])
    expect(of({ timestampHeader: 't' })).toEqual(['{timestamp} in it and "timestampHeader" need one another'])
    expect(of({ template: '{timestamp}{body}' })).toHaveLength(1)
    expect(of({ template: '{id}{body}' })).toEqual(['{id} in it needs "idHeader"'])
    expect(problems({})).toEqual(['the scheme "hmac" needs "content"'])
    expect(problems({ scheme: 'slack', content: { signatureHeader: 'x' } })).toEqual(['does not belong to "slack"'])
  })
})

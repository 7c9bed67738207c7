import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../../core/engine/errors.js'
import { withAppend } from '../../../core/pipeline/rig.js'
import { type Answer, HttpSite, secret, type SiteOptions } from '../site.js'

const sites: HttpSite[] = []

async function open(options: SiteOptions = {}): Promise<HttpSite> {
  const site = await HttpSite.open({ ...options, source: { protocol: 'elastic', ...options.source } })
  sites.push(site)
  return site
}

afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
})

/** The log takes nothing at the moment. */
const busy: SiteOptions = {
  wrap: (engine) => withAppend(engine, () => Promise.reject(engineErrors.make('log_disk_full', 'no room'))),
}

const bulk = (site: HttpSite, body: string | Uint8Array, path = '/in/_bulk'): Promise<Answer> =>
  site.send({ path, body, headers: { 'content-type': 'application/x-ndjson' } })

describe('the bulk interface', () => {
  it('answers each item in its order, and takes those that add a document', async () => {
    const site = await open()
    const lines = [
      '{"create":{"_index":"logs-a","_id":"1"}}',
      ' {"message":"one", "n": 12345678901234567890.0} ',
      '{"delete":{"_index":"logs-a","_id":"1"}}',
      '{"index":{"_index":"logs-b"}}',
      '{"message":"two"}',
      '{"update":{"_index":"logs-a","_id":"1"}}',
      '{"doc":{"x":1}}',
      '{"index":{"_index":"logs-b"}}',
      '{"message":"three"',
      '{"index":{"_index":"Logs"}}',
      '{}',
      '',
      '{"create":{"_index":"logs-b","_id":7}}',
      '{"message":"four"}',
    ]
    const answer = await bulk(site, lines.join('\n'))
    expect(answer.status).toBe(200)
    expect(answer.headers['x-elastic-product']).toBe('Elasticsearch')
    const { errors, items } = JSON.parse(answer.text) as {
      errors: boolean
      items: Record<string, { status: number }>[]
    }
    expect(errors).toBe(true)
    expect(items.flatMap((item) => Object.entries(item).map(([name, { status }]) => `${name} ${status}`))).toEqual([
      'create 201',
      'delete 400',
      'index 201',
      'update 400',
      'index 400',
      'index 400',
      'create 201',
    ])
    expect(items[0]).toMatchObject({ create: { _index: 'logs-a', _id: '1', result: 'created' } })
    const records = await site.records()
    expect(records.map(({ key, value, headers }) => [key, value, headers])).toEqual([
      ['1', lines[1], { elastic_index: 'logs-a', elastic_id: '1' }],
      [null, lines[4], { elastic_index: 'logs-b' }],
      ['7', lines[13], { elastic_index: 'logs-b', elastic_id: '7' }],
    ])
  })

  it('takes the index of the path where an action names none', async () => {
    const site = await open()
    const body = '{"create":{}}\r\n{"a":1}\r\n{"create":{}}\r\n{"a":2}\r\n{"create":{"_index":"other"}}\n{"a":3}\n'
    expect(JSON.parse((await bulk(site, body, '/in/app%2Dlogs/_bulk')).text)).toMatchObject({ errors: false })
    const records = await site.records()
    expect(records.map(({ value, headers }) => [value, headers['elastic_index']])).toEqual([
      ['{"a":1}', 'app-logs'],
      ['{"a":2}', 'app-logs'],
      ['{"a":3}', 'other'],
    ])
  })

  it.each([
    ['no body', ''],
    ['empty lines', '\n\n'],
    ['an action that is no JSON', '{"create":{"_index":"a"}}\n{}\nnonsense\n{}\n'],
    ['an action that is none', '{"read":{"_index":"a"}}\n{}\n'],
    ['two actions in one line', '{"create":{"_index":"a"},"index":{"_index":"a"}}\n{}\n'],
    ['an action without its object', '{"create":[]}\n{}\n'],
    ['an action named like a method of objects', '{"__proto__":{"_index":"a"}}\n{}\n'],
    ['no index', '{"create":{}}\n{}\n'],
    ['no document', '{"create":{"_index":"a"}}\n{}\n{"create":{"_index":"a"}}\n'],
  ])('refuses a body with %s, and takes nothing of it', async (_, body) => {
    const site = await open()
    const answer = await bulk(site, body)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ status: 400, error: { type: 'illegal_argument_exception' } })
    expect(await site.values()).toEqual([])
  })

  it('refuses documents that are no UTF-8 or no objects as items', async () => {
    const site = await open()
    const action = '{"create":{"_index":"a"}}\n'
    const bad = Buffer.concat([Buffer.from(`${action}{"a":"`), Buffer.from([0xff]), Buffer.from('"}\n')])
    const body = Buffer.concat([bad, Buffer.from(`${action}[1]\n${action}{"__proto__":1,"__proto__":2}\n`)])
    const { items } = JSON.parse((await bulk(site, body)).text) as { items: { create: { status: number } }[] }
    expect(items.map(({ create }) => create.status)).toEqual([400, 400, 201])
    expect(await site.values()).toEqual(['{"__proto__":1,"__proto__":2}'])
  })

  it('refuses more actions than it answers in one request', async () => {
    const site = await open()
    const answer = await bulk(site, '{"delete":{}}\n'.repeat(100_001), '/in/a/_bulk')
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text)).toMatchObject({ status: 413 })
  })

  it('answers a body that comes again under its key like the first time', async () => {
    const site = await open()
    const body = '{"create":{"_index":"a"}}\n{}\n{"delete":{"_index":"a","_id":"1"}}\n'
    const send = (): Promise<Answer> => site.send({ path: '/in/_bulk', body, headers: { 'idempotency-key': 'k' } })
    const first = await send()
    const second = await send()
    expect(second.text).toBe(first.text)
    expect(second.headers['idempotent-replayed']).toBe('true')
    expect(await site.values()).toEqual(['{}'])
  })

  it('answers what it is too busy for with 429, as Elasticsearch does', async () => {
    const site = await open(busy)
    const answer = await bulk(site, '{"create":{"_index":"a"}}\n{}\n')
    expect(answer.status).toBe(429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'es_rejected_execution_exception' }, status: 429 })
  })

  it('answers whatever the bytes are with 200 or 400', async () => {
    const site = await open()
    const line = fc.oneof(
      fc.constantFrom('{"create":{"_index":"a"}}', '{"index":{"_index":"a","_id":""}}', '{"delete":{}}', '{', '', '\r'),
      fc.json(),
      fc.string({ unit: 'binary' }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
        expect([200, 400]).toContain((await bulk(site, lines.join('\n'))).status)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the requests around it', () => {
  it.each([
    ['GET', ''],
    ['HEAD', '/'],
    ['GET', '/_license'],
    ['GET', '/_xpack'],
    ['GET', '/_cluster/health'],
    ['HEAD', '/_index_template/filebeat-8.19.0'],
    ['PUT', '/_index_template/filebeat-8.19.0'],
    ['GET', '/_ilm/policy/filebeat'],
    ['PUT', '/_ingest/pipeline/x'],
    ['HEAD', '/logs'],
    ['PUT', '/logs'],
  ])('are answered: %s %s', async (method, below) => {
    const site = await open()
    const answer = await site.send({ method, path: `/in${below}`, body: method === 'PUT' ? '{}' : '' })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-elastic-product']).toBe('Elasticsearch')
  })

  it.each([
    ['GET', '/_search'],
    ['POST', '/logs'],
    ['POST', '/logs/_doc'],
    ['GET', '/_bulk'],
    ['POST', '/a/b/_bulk'],
    ['PUT', '/_cluster/settings'],
  ])('are refused when they are others: %s %s', async (method, below) => {
    const site = await open()
    const answer = await site.send({ method, path: `/in${below}` })
    expect(answer.status).toBe(404)
    expect(JSON.parse(answer.text)).toMatchObject({ status: 404 })
  })

  it('need the credential like all others, which may be an API key', async () => {
    const site = await open({ source: { auth: { scheme: 'bearer', tokens: [secret('aWQ6a2V5')] } } })
    expect((await site.send({ method: 'GET', path: '/in/' })).status).toBe(401)
    const headers = { authorization: 'ApiKey aWQ6a2V5' }
    expect((await site.send({ method: 'GET', path: '/in/', headers })).status).toBe(200)
  })
})

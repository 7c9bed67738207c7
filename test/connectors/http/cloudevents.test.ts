import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HttpSite } from './site.js'

let site: HttpSite

beforeEach(async () => {
  site = await HttpSite.open({ source: { copyHeaders: ['x-trace'] } })
})

afterEach(() => site.close())

const event = { specversion: '1.0', id: 'A-1', source: '/orders', type: 'order.placed', data: { total: 12.5 } }
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
const batch = { 'content-type': 'application/cloudevents-batch+json' }
const binary = { 'ce-specversion': '1.0', 'ce-id': 'A-1', 'ce-source': '/orders', 'ce-type': 'order.placed' }

describe('CloudEvents', () => {
  it('in binary mode are records of their data, with attributes in headers', async () => {
    const headers = {
      ...binary,
      'ce-subject': 'Caf%C3%A9 %22x%22',
      'CE-PartitionKey': 'c1',
      'content-type': 'text/xml',
      'x-trace': 't',
    }
    expect((await site.send({ headers, body: '<order/>' })).status).toBe(202)
    expect(await site.records()).toMatchObject([
      {
        key: 'c1',
        value: '<order/>',
        headers: {
          'x-trace': 't',
          ce_specversion: '1.0',
          ce_id: 'A-1',
          ce_source: '/orders',
          ce_type: 'order.placed',
          ce_subject: 'Café "x"',
          ce_partitionkey: 'c1',
          'content-type': 'text/xml',
        },
      },
    ])
  })

  it('in structured mode are records as they came', async () => {
    const body = ` ${JSON.stringify({ ...event, partitionkey: 'ü' }, null, 1)}\n`
    expect((await site.send({ headers: structured, body })).status).toBe(202)
    expect(await site.records()).toMatchObject([
      { key: 'ü', value: body.trim(), headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } },
    ])
  })

  it('in a batch are one record each', async () => {
    const other = { ...event, id: 'A-2', data: 'ü' }
    expect(
      (await site.send({ headers: batch, body: `[${JSON.stringify(event)} , ${JSON.stringify(other)}]` })).status,
    ).toBe(202)
    expect((await site.send({ headers: batch, body: '[]' })).status).toBe(202)
    expect((await site.values()).map((value) => JSON.parse(value ?? ''))).toEqual([event, other])
  })

  it.each([
    ['no id', { ...binary, 'ce-id': '' }],
    ['no type', { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/' }],
    ['another version', { ...binary, 'ce-specversion': '0.3' }],
    ['an attribute that came twice', { ...binary, 'ce-id': ['1', '2'] }],
    ['a name that is none', { ...binary, 'ce-a-b': 'x' }],
    ['a broken escape', { ...binary, 'ce-subject': '%C3' }],
  ])('in binary mode are refused with %s', async (_name, headers) => {
    expect((await site.send({ headers: headers as never, body: 'x' })).status).toBe(400)
    expect(await site.values()).toEqual([])
  })

  it.each([
    [structured, '[]'],
    [structured, 'null'],
    [structured, '{}'],
    [structured, '{"specversion":"1.0","id":1,"source":"/","type":"t"}'],
    [structured, '{"__proto__":{"id":"1","source":"/","type":"t","specversion":"1.0"}}'],
    [structured, '{"specversion":"1.0","id":"1","source":"/","type":"t"'],
    [batch, '{}'],
    [batch, `[${JSON.stringify(event)},{}]`],
    [batch, `[${JSON.stringify(event)},1]`],
  ])('that are none are refused, and the whole batch with them: %j %s', async (headers, body) => {
    expect((await site.send({ headers, body })).status).toBe(400)
    expect(await site.values()).toEqual([])
  })
})

describe('whatever is sent', () => {
  let lasting: HttpSite

  beforeAll(async () => {
    lasting = await HttpSite.open({ limits: { connectionsOfOne: 1_000 } })
  })

  afterAll(() => lasting.close())

  it('is answered with 202 or 4xx, and never fails the source', async () => {
    const type = fc.constantFrom(
      ...['application/json', 'application/x-ndjson', 'text/plain', 'application/octet-stream'],
      ...[structured['content-type'], batch['content-type']],
    )
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('{', '}', '[', ']', '"', ',', ':', '\n', '\r\n', JSON.stringify(event), '1', 'null')
        .map((text) => Buffer.from(text)),
    )
    const encoding = fc.constantFrom('identity', 'gzip', 'deflate', 'zstd')
    await fc.assert(
      fc.asyncProperty(type, fc.array(piece, { maxLength: 8 }), encoding, async (contentType, pieces, coding) => {
        const body = Buffer.concat(pieces)
        const headers = {
          'content-type': contentType,
          'content-encoding': coding,
          'content-length': String(body.length),
        }
        const { status } = await lasting.send({ headers, body })
        expect([202, 400, 413]).toContain(status)
      }),
      { numRuns: 300 },
    )
  })
})

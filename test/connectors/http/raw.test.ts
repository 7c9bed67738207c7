import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { prepareZstd, zstdCompress } from '../../../core/record/zstd.js'
import { HttpSite, type SiteOptions } from './site.js'

const sites: HttpSite[] = []

async function open(options: SiteOptions = {}): Promise<HttpSite> {
  const site = await HttpSite.open(options)
  sites.push(site)
  return site
}

beforeAll(prepareZstd)

afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
})

const ndjson = { 'content-type': 'application/x-ndjson' }
const text = { 'content-type': 'text/plain' }

describe('a raw http source', () => {
  it('answers 202 with the place of what is durable', async () => {
    const site = await open()
    const answer = await site.json(' {"a": 1} \n')
    expect(answer.status).toBe(202)
    expect(JSON.parse(answer.text)).toEqual({
      records: 1,
      deadLetters: 0,
      ranges: [{ topic: 'taken', partition: 0, firstOffset: 0, lastOffset: 0 }],
    })
    expect(await site.values()).toEqual(['{"a": 1}'])
  })

  it('keeps the bytes of a value, with names that come twice, __proto__ and numbers of any length', async () => {
    const site = await open()
    const value = '{"__proto__":{"x":1},"a":1,"a":2,"n":123456789012345678901234567890.10e+400}'
    expect((await site.json(value)).status).toBe(202)
    expect(await site.values()).toEqual([value])
  })

  it('makes a record of each element of an array when told to, and one of the array when not', async () => {
    const split = await open({ source: { splitArrays: true } })
    await split.json('[1, {"b":[2,3]} ,"x"]')
    await split.json('[]')
    await split.json('{"not":"an array"}')
    expect(await split.values()).toEqual(['1', '{"b":[2,3]}', '"x"', '{"not":"an array"}'])
    const whole = await open()
    await whole.json('[1,2]')
    expect(await whole.values()).toEqual(['[1,2]'])
  })

  it('takes lines of JSON with any line end, without one at the end, and passes over empty ones', async () => {
    const site = await open()
    const answer = await site.send({ headers: ndjson, body: '\ufeff{"a":1}\r\n\n  \n[2]\n"three"' })
    expect(JSON.parse(answer.text)).toMatchObject({ records: 3 })
    expect(await site.values()).toEqual(['{"a":1}', '[2]', '"three"'])
  })

  it('takes nothing of a body with one bad line, and says which', async () => {
    const site = await open()
    const answer = await site.send({ headers: ndjson, body: '{"a":1}\n{"b":2}\n{"c":}\n{"d":4}\n' })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'http_body_invalid', line: 3 } })
    expect(await site.values()).toEqual([])
  })

  it('puts bad lines among the dead letters when told to, with the good ones in one append', async () => {
    const site = await open({ source: { badLines: 'dead-letter' }, deadLetter: 'dead' })
    const body = Buffer.concat([Buffer.from('{"a":1}\nnonsense\n"'), Buffer.from([0xff]), Buffer.from('"\n{"b":2}\n')])
    const answer = await site.send({ headers: ndjson, body })
    expect(answer.status).toBe(202)
    expect(JSON.parse(answer.text)).toMatchObject({ records: 2, deadLetters: 2 })
    expect(await site.values()).toEqual(['{"a":1}', '{"b":2}'])
    expect((await site.records('dead')).map(({ value }) => value?.slice(0, 8))).toEqual(['nonsense', '"\ufffd"'])
  })

  it('does not start when bad lines have nowhere to go', async () => {
    const site = await open({ source: { badLines: 'dead-letter' }, waits: false })
    while (site.pipelines.failed.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(site.pipelines.failed[0]?.error).toMatchObject({ code: 'http_dead_letters_missing' })
    const answer = await site.send({ headers: text, body: 'x' })
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  })

  it('takes lines of text as they are', async () => {
    const site = await open()
    await site.send({ headers: text, body: 'one\r\n\ntwo {' })
    expect(await site.values()).toEqual(['one', '', 'two {'])
  })

  it('makes a JSON object of each row of CSV', async () => {
    const site = await open()
    const csv = { 'content-type': 'text/csv; charset=utf-8' }
    const body = 'id,__proto__\r\n1,"a ""b"",\nc"\r\n\r\n2,\u00fc'
    expect((await site.send({ headers: csv, body })).status).toBe(202)
    expect(await site.values()).toEqual(['{"id":"1","__proto__":"a \\"b\\",\\nc"}', '{"id":"2","__proto__":"\u00fc"}'])
    const short = await site.send({ headers: csv, body: 'a,b\n1,2\n3\n' })
    expect(short.status).toBe(400)
    expect(JSON.parse(short.text)).toMatchObject({ error: { line: 3 } })
    for (const bad of ['', 'a,a\n1,2', '"a\n1']) expect((await site.send({ headers: csv, body: bad })).status).toBe(400)
    expect(await site.values()).toHaveLength(2)
  })

  it('sets bad rows of CSV aside when told to', async () => {
    const site = await open({ source: { badLines: 'dead-letter' }, deadLetter: 'dead' })
    const answer = await site.send({ headers: { 'content-type': 'text/csv' }, body: 'a,b\n1,2\n3\n4,"5"6\n7,8' })
    expect(JSON.parse(answer.text)).toMatchObject({ records: 2, deadLetters: 2 })
    expect(await site.values('dead')).toEqual(['3', '4,"5"6'])
  })

  it('takes bytes that are no text when it is told to', async () => {
    const site = await open({ source: { format: 'bytes' } })
    expect((await site.send({ body: Buffer.from([0, 255, 10]) })).status).toBe(202)
    expect(await site.values()).toEqual([Buffer.from([0, 255, 10]).toString()])
  })

  it.each([
    ['no type', {}, '{}'],
    ['an unknown type', { 'content-type': 'image/png' }, '{}'],
    ['a type with the name of a property of all objects', { 'content-type': 'constructor' }, '{}'],
  ])('refuses %s with 415', async (_name, headers, body) => {
    const site = await open()
    expect((await site.send({ headers, body })).status).toBe(415)
    expect(await site.values()).toEqual([])
  })

  it.each(['', ' ', '{', '{"a":1}}', "{'a':1}", '01', '[1,]', 'nul', '"\u0001"', '{"a" 1}', '\ufeff', '[1] 2'])(
    'refuses %j as JSON with 400',
    async (body) => {
      const site = await open()
      const answer = await site.send({
        headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
        body,
      })
      expect(answer.status).toBe(400)
      expect(await site.values()).toEqual([])
    },
  )

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', (bytes: Buffer) => zstdCompress(bytes)],
  ] as const)('unpacks %s', async (encoding, pack) => {
    const site = await open()
    const body = pack(Buffer.from('{"packed":true}'))
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    expect((await site.send({ headers, body })).status).toBe(202)
    expect(await site.values()).toEqual(['{"packed":true}'])
  })

  it('unpacks gzip of several members', async () => {
    const site = await open()
    const body = Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('{"b":2}\n')])
    await site.send({ headers: { ...ndjson, 'content-encoding': 'gzip' }, body })
    expect(await site.values()).toEqual(['{"a":1}', '{"b":2}'])
  })

  it.each([
    ['that ends early', gzipSync('{"a":1}\n{"b":2}\n').subarray(0, -9), 400],
    ['that goes on behind its end', Buffer.concat([gzipSync('{"a":1}\n'), Buffer.from('{"b":2}\n')]), 400],
    ['that is none', Buffer.from('{"a":1}\n'), 400],
    ['of nothing', Buffer.alloc(0), 400],
  ])('takes nothing of gzip %s', async (_name, body, status) => {
    const site = await open()
    const answer = await site.send({
      headers: { ...ndjson, 'content-encoding': 'gzip', 'content-length': String(body.length) },
      body,
    })
    expect(answer.status).toBe(status)
    expect(await site.values()).toEqual([])
  })

  it.each(['br', 'gzip, gzip', 'compress'])('refuses the encoding %s with 415', async (encoding) => {
    const site = await open()
    expect((await site.send({ headers: { ...ndjson, 'content-encoding': encoding }, body: 'x' })).status).toBe(415)
  })

  it('refuses a body over its size with 413, stated or not', async () => {
    const site = await open({ source: { maxBody: '1KiB' } })
    expect((await site.send({ headers: text, body: 'x'.repeat(1025) })).status).toBe(413)
    const chunked = await site.send({ headers: { ...text, 'transfer-encoding': 'chunked' }, body: 'x'.repeat(1025) })
    expect(chunked.status).toBe(413)
    expect((await site.send({ headers: text, body: 'x'.repeat(1024) })).status).toBe(202)
    expect(await site.values()).toHaveLength(1)
  })

  it('refuses with 413 what one append, or one batch of its topic, does not take', async () => {
    const site = await open({ source: { maxBody: '20MiB' } })
    const line = `"${'x'.repeat(500_000)}"\n`
    expect((await site.send({ headers: ndjson, body: line.repeat(20) })).status).toBe(413)
    const answer = await site.json(`"${'x'.repeat(2_000_000)}"`)
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'record_too_large' } })
    expect(await site.values()).toEqual([])
  })

  it('takes keys from a header or the query, and lets what is asked for go along', async () => {
    const source = {
      keyFrom: { header: 'x-tenant', query: 'tenant' },
      metadata: ['method', 'path', 'query', 'remoteAddress', 'contentType'],
      copyHeaders: ['X-Event', 'x-missing'],
    }
    const site = await open({ source })
    const headers = { 'content-type': 'application/json', 'x-event': 'push' }
    await site.send({ headers: { ...headers, 'x-tenant': 'a' }, path: '/in?tenant=b', body: '1' })
    await site.send({ headers, path: '/in?tenant=b%20c', body: '2' })
    await site.send({ headers, body: '3' })
    const records = await site.records()
    expect(records.map(({ key }) => key)).toEqual(['a', 'b c', null])
    expect(records[1]?.headers).toEqual({
      method: 'POST',
      path: '/in',
      query: 'tenant=b%20c',
      remoteAddress: '127.0.0.1',
      contentType: 'application/json',
      'x-event': 'push',
    })
  })

  it('answers 404 for other paths and 405 with the methods for others', async () => {
    const site = await open()
    expect((await site.send({ path: '/in/below', body: '1' })).status).toBe(404)
    expect((await site.send({ path: '/', body: '1' })).status).toBe(404)
    const answer = await site.send({ method: 'GET' })
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST, PUT' } })
  })
})

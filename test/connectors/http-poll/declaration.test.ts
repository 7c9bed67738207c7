import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { httpPollSource } from '../../../connectors/http-poll/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { Secret } from '../../../core/connector/secret.js'
import { json, PolledServer } from './polled-server.js'
import { PollSite } from './site.js'

const settingsOf = (given: Readonly<Record<string, unknown>>) =>
  readSettings(httpPollSource.fields, { url: 'https://api.example.com/v1', ...given }) as never

const problemsOf = (given: Readonly<Record<string, unknown>>): readonly string[] =>
  (httpPollSource.check?.(settingsOf(given), '/etc') ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

const effectsOf = (previous: Readonly<Record<string, unknown>>, next: Readonly<Record<string, unknown>>) =>
  (httpPollSource.effects?.(settingsOf(previous), settingsOf(next)) ?? []).map(({ setting }) => setting)

describe('what an http-poll source says of its settings', () => {
  it('takes those of the documentation', () => {
    const token = new Secret('t')
    expect(problemsOf({})).toEqual([])
    expect(
      problemsOf({
        method: 'POST',
        body: { after: '{page}', since: '{since}' },
        auth: { scheme: 'bearer', token },
        records: '/data/items',
        id: 'id',
        time: 'updated_at',
        cursor: { path: 'updated_at', initial: '2026-01-01', overlap: '5m' },
        pagination: { by: 'cursor', path: 'next', more: 'has_more', expired: 'restart' },
        allowHosts: ['pages.example.com'],
      }),
    ).toEqual([])
    expect(problemsOf({ pagination: { by: 'page', size: 100, keep: true } })).toEqual([])
  })

  it.each([
    [{ url: 'http://api.example.com/' }, 'url: http://api.example.com: the scheme is not https'],
    [{ url: 'https://10.0.0.1/' }, 'url: 10.0.0.1 is a private address'],
    [{ allowPrivate: ['10.0.0.0/33'] }, 'allowPrivate.0: "10.0.0.0/33" is no range of addresses'],
    [{ allowHosts: ['https://a.example.com'] }, 'allowHosts.0: is no host'],
    [{ headers: { Authorization: 'x' } }, 'headers.Authorization: is set by the source itself'],
    [{ headers: { 'a b': 'x' } }, 'headers.a b: is no name of a header'],
    [{ headers: { a: 'x\r\ny: z' } }, 'headers.a: is no value of a header'],
    [{ body: 'x' }, 'body: is for the method "POST"'],
    [{ method: 'POST', body: '{since}' }, 'body: {since} needs "cursor"'],
    [{ method: 'POST', body: {}, contentType: 'text/xml' }, 'contentType: is not JSON'],
    [{ auth: { scheme: 'bearer' } }, 'auth: the scheme "bearer" needs "token"'],
    [{ auth: { scheme: 'basic', user: 'a' } }, 'auth: the scheme "basic" needs "password"'],
    [{ records: 'a..b' }, 'records: has a name without characters between its dots'],
    [{ format: 'ndjson', records: 'a' }, 'records: is for the format "json"'],
    [{ format: 'bytes', id: 'a' }, 'id: needs records of JSON'],
    [{ missingRecords: 'empty' }, 'missingRecords: needs "records"'],
    [{ pagination: { by: 'cursor' } }, 'pagination: "cursor" needs one of "path", "header" and "lastRecord"'],
    [{ pagination: { by: 'link', size: 5 } }, 'pagination.size: does not belong to "link"'],
    [{ pagination: { by: 'page', keep: true } }, 'pagination.keep: needs "size" with "page"'],
    [{ pagination: { by: 'page', expired: 'restart' } }, 'pagination.expired: does not belong to "page"'],
    [{ format: 'ndjson', pagination: { by: 'link', path: 'next' } }, 'pagination: the format "ndjson" has no place'],
    [
      { cursor: { path: 'a' }, pagination: { by: 'offset', keep: true } },
      'pagination.keep: "cursor" of the source says',
    ],
    [{ cursor: { path: 'a', initial: 'soon' } }, 'cursor.initial: is no point in time'],
    [{ cursor: { path: 'a', type: 'number', overlap: '1m' } }, 'cursor.overlap: is for the type "time"'],
    [{ interval: '1ms' }, 'interval: must be at least 100ms'],
    [{ maxBody: '1GiB' }, 'maxBody: must be from 1B to 64MiB'],
    [{ retry: { first: '10s', longest: '1s' } }, 'retry.longest: must not be shorter than "first"'],
  ])('refuses %j', (given, problem) => {
    expect(problemsOf(given)).toEqual([expect.stringContaining(problem)])
  })

  it('tells what a change does to what it remembers, and nothing of other changes', () => {
    expect(effectsOf({}, { interval: '5m', headers: { a: 'b' }, timeout: '1s' })).toEqual([])
    expect(effectsOf({}, { url: 'https://api.example.com/v2' })).toEqual(['url'])
    expect(effectsOf({ cursor: { path: 'a' } }, { cursor: { path: 'b' } })).toEqual(['cursor'])
    expect(effectsOf({ cursor: { path: 'a' } }, {})).toEqual(['cursor'])
    expect(effectsOf({ cursor: { path: 'a' } }, { cursor: { path: 'a' }, id: 'id' })).toEqual(['id'])
    expect(effectsOf({}, { pagination: { by: 'link' } })).toEqual(['pagination'])
  })
})

describe('the examination of an http-poll source', () => {
  let site: PollSite
  let server: PolledServer

  beforeEach(async () => {
    site = await PollSite.open()
    server = await PolledServer.open()
  })

  afterEach(async () => {
    await site.close()
    await server.close()
  })

  it('asks once, for what is due, and says what came', async () => {
    server.answering = (_, response) => json(response, { items: [{ n: 1 }, { n: 2 }] })
    const settings = {
      url: server.origin,
      records: 'items',
      cursor: { path: 'n', type: 'number', parameter: 'since' },
    }
    expect(await site.examine(settings)).toEqual([
      `good: ${server.origin} answered 200 with 2 records, and no further page`,
    ])
    await site.start({ ...settings, interval: '1h' })
    await vi.waitFor(async () => expect(await site.values()).toHaveLength(2))
    await site.stop()
    await site.examine(settings)
    expect(server.paths).toEqual(['/', '/', '/?since=2'])
    expect(await site.values()).toHaveLength(2)
  })

  it('says what is wrong with the answer, or that none comes', async () => {
    server.answering = (_, response) => response.writeHead(401).end()
    expect(await site.examine({ url: server.origin })).toEqual(['problem: the server answered 401'])
    server.answering = (_, response) => json(response, {})
    expect(await site.examine({ url: server.origin, records: 'items' })).toEqual([
      'problem: the answer has nothing at items',
    ])
    expect(await site.examine({ url: server.origin, allowPrivate: [] })).toEqual([
      'problem: 127.0.0.1 is a loopback address',
    ])
  })

  it('leaves a server alone that asked for it', async () => {
    server.answering = (_, response) => response.writeHead(429, { 'retry-after': '600' }).end()
    await site.start({ url: server.origin })
    await vi.waitFor(() => expect(site.problem).toBe('http_poll_unavailable'))
    await site.stop()
    const [finding] = await site.examine({ url: server.origin })
    expect(finding).toMatch(
      /^warning: the server answered 429, and asks to wait 600 s: it is not asked for another \d+ s$/,
    )
    expect(server.asked).toHaveLength(1)
  })
})

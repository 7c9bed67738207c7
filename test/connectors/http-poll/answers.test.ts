import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../../core/connector/secret.js'
import { ManualClock } from '../../support/manual-clock.js'
import { type Answering, json, PolledServer } from './polled-server.js'
import { PollSite } from './site.js'

const waiting = { timeout: 10_000, interval: 10 }

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

const problemIs = (code: string | undefined) => vi.waitFor(() => expect(site.problem).toBe(code), waiting)
const askedTimes = (count: number) =>
  vi.waitFor(() => expect(server.asked.length).toBeGreaterThanOrEqual(count), waiting)

describe('what an http-poll source sends', () => {
  it('shows who it is in each way, and sends the headers and parameters of the file', async () => {
    const token = new Secret('s3cret')
    const ways = [
      [{ scheme: 'bearer', token }, 'authorization', 'Bearer s3cret'],
      [{ scheme: 'header', header: 'X-Api-Key', token }, 'x-api-key', 's3cret'],
      [{ scheme: 'basic', user: 'ann', password: token }, 'authorization', `Basic ${btoa('ann:s3cret')}`],
    ] as const
    for (const [auth, name, value] of ways) {
      server.asked.length = 0
      const more = { query: { limit: '5', q: 'a b' }, headers: { 'X-Version': '7' } }
      await site.start({ url: `${server.origin}/list?limit=1&all=yes`, auth, ...more })
      await askedTimes(1)
      await site.stop()
      const [asked] = server.asked
      expect(asked?.headers).toMatchObject({ [name]: value, 'x-version': '7', 'accept-encoding': 'gzip' })
      expect(Object.fromEntries(asked!.url.searchParams)).toEqual({ limit: '5', all: 'yes', q: 'a b' })
    }
  })

  it('asks whether something has changed, and takes nothing when it has not', async () => {
    let tag = '"a"'
    server.answering = ({ headers }, response) => {
      if (headers['if-none-match'] === tag) response.writeHead(304).end()
      else json(response, [{ tag }], { etag: tag })
    }
    await site.start({ url: server.origin })
    await askedTimes(4)
    expect(await site.values()).toEqual(['{"tag":"\\"a\\""}'])
    await site.stop()
    await site.start({ url: server.origin })
    await askedTimes(6)
    tag = '"b"'
    await vi.waitFor(async () => expect(await site.values()).toHaveLength(2), waiting)
    expect(server.asked[0]?.headers['if-none-match']).toBeUndefined()
  })

  it('believes in Last-Modified only when it is older than the answer', async () => {
    const date = 'Sun, 01 Mar 2026 12:00:10 GMT'
    let modified = date
    server.answering = (_, response) => json(response, [1], { 'last-modified': modified, date })
    await site.start({ url: server.origin })
    await askedTimes(3)
    expect(server.asked.some(({ headers }) => 'if-modified-since' in headers)).toBe(false)
    modified = 'Sun, 01 Mar 2026 12:00:09 GMT'
    await vi.waitFor(() => expect(server.asked.at(-1)?.headers['if-modified-since']).toBe(modified), waiting)
  })

  it('asks for the first of several pages without a condition', async () => {
    server.answering = ({ url }, response) => {
      const isFirst = url.pathname === '/'
      json(response, [1], { etag: '"same"', ...(isFirst ? { link: '</2>; rel=next' } : {}) })
    }
    await site.start({ url: server.origin, pagination: { by: 'link' } })
    await askedTimes(6)
    expect(server.asked.some(({ headers }) => 'if-none-match' in headers)).toBe(false)
  })
})

describe('when an http-poll source asks', () => {
  const minute = 60_000
  let clock: ManualClock
  let timed: PollSite
  let other: PolledServer

  beforeEach(async () => {
    clock = new ManualClock()
    timed = await PollSite.open(clock)
    other = await PolledServer.open()
  })

  afterEach(async () => {
    await timed.close()
    await other.close()
  })

  /** Lets the time pass in steps, each of which lasts until the requests that it caused are answered. */
  async function pass(ms: number): Promise<void> {
    for (let step = 0; step < 25; step++) {
      await clock.advance(ms / 25)
      await answered()
    }
  }

  /** Whoever asked before has its answer when one who asks now has it for the second time. */
  async function answered(): Promise<void> {
    for (let time = 0; time < 2; time++) await (await fetch(other.origin)).arrayBuffer()
  }

  const countIs = (count: number) => vi.waitFor(() => expect(server.asked).toHaveLength(count), waiting)

  it('is at once and then each interval, or an interval later', async () => {
    await timed.start({ url: server.origin, interval: '10m' })
    await countIs(1)
    await pass(9 * minute)
    expect(server.asked).toHaveLength(1)
    await pass(minute)
    await countIs(2)
    await timed.stop()
    await timed.start({ url: server.origin, interval: '10m', startAtOnce: false })
    await pass(9 * minute)
    expect(server.asked).toHaveLength(2)
    await pass(minute)
    await countIs(3)
  })

  it('is not before the time that the server asked for, through a restart too', async () => {
    server.answering = (_, response, number) => {
      if (number === 0) response.writeHead(429, { 'retry-after': '1800' }).end()
      else json(response, [1])
    }
    const settings = { url: server.origin, interval: '1m' }
    await timed.start(settings)
    await vi.waitFor(() => expect(timed.problem).toBe('http_poll_unavailable'), waiting)
    expect(timed.status?.state).toBe('waiting')
    expect(timed.status?.error?.message).toContain('1800 s')
    await pass(15 * minute)
    await timed.stop()
    await timed.start(settings)
    await pass(14 * minute)
    expect(server.asked).toHaveLength(1)
    await pass(2 * minute)
    await vi.waitFor(async () => expect(await timed.values()).not.toEqual([]), waiting)
    expect(timed.problem).toBeUndefined()
    expect(timed.status?.state).toBe('running')
  })

  it('is later and later while the server fails, up to a bound', async () => {
    server.answering = (_, response) => response.writeHead(503).end()
    await timed.start({ url: server.origin, interval: '1m', retry: { first: '10s', longest: '40s' } })
    await countIs(1)
    await vi.waitFor(() => expect(timed.problem).toBe('http_poll_unavailable'), waiting)
    await pass(4_000)
    expect(server.asked).toHaveLength(1)
    await pass(66_000)
    // Waits of 5 to 10, 10 to 20, 20 to 40 seconds and so on: three or four of them.
    expect(server.asked.length).toBeGreaterThanOrEqual(3)
    expect(server.asked.length).toBeLessThanOrEqual(5)
    const { length } = server.asked
    await pass(80_000)
    expect(server.asked.length).toBeGreaterThan(length)
    expect(server.asked.length - length).toBeLessThanOrEqual(4)
  })
})

describe('what an http-poll source takes', () => {
  it('keeps the bytes of each record', async () => {
    const records = ['{"a" : 1.50,\n "b":"\\u00e4"}', '12345678901234567890', '"x"', '[1, 2]', 'null']
    server.answering = (_, response) => response.writeHead(200).end(`\ufeff {"d": { "list":[${records.join(' , ')}]}} `)
    await site.start({ url: server.origin, records: 'd.list', interval: '1h' })
    await vi.waitFor(async () => expect(await site.values()).toEqual(records), waiting)
  })

  it('takes lines of JSON, bytes, one object, and what was packed', async () => {
    const packed = gzipSync('[1,2,3]')
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, Answering, readonly string[]])[] = [
      [
        { format: 'ndjson' },
        (_, response) => response.writeHead(200).end('{"a":1}\r\n\n [2] \n3'),
        ['{"a":1}', '[2]', '3'],
      ],
      [{ format: 'bytes' }, (_, response) => response.writeHead(200).end('a\nb'), ['a\nb']],
      [{}, (_, response) => response.writeHead(200).end(' {"temp": 20.0} '), ['{"temp": 20.0}']],
      [{ records: '/a' }, (_, response) => json(response, { a: { b: 1 } }), ['{"b":1}']],
      [{}, (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed), ['1', '2', '3']],
    ]
    for (const [settings, answering, values] of cases) {
      const fresh = await PollSite.open()
      server.answering = answering
      await fresh.start({ url: server.origin, interval: '1h', ...settings })
      await vi.waitFor(async () => expect(await fresh.values()).toEqual(values), waiting)
      await fresh.close()
    }
  })

  it('takes a page without records for none: 204, nothing at its place when that is said to be fine', async () => {
    server.answering = (_, response, number) => {
      if (number % 2 === 0) response.writeHead(204).end()
      else json(response, {})
    }
    await site.start({ url: server.origin, records: 'items', missingRecords: 'empty' })
    await askedTimes(4)
    expect(site.problem).toBeUndefined()
    expect(await site.values()).toEqual([])
  })

  it('sets records aside that lack what they should have, when told to, and takes nothing otherwise', async () => {
    const body =
      '{"id":1,"at":"2026-01-01"}\nnone\n{"id":{},"at":"2026-01-01"}\n{"id":4,"at":"soon"}\n{"id":5,"at":"2026-01-02"}'
    server.answering = (_, response) => response.writeHead(200).end(body)
    const settings = { url: server.origin, format: 'ndjson', id: 'id', cursor: { path: 'at' }, interval: '1h' }
    await site.start(settings, 'dead')
    await problemIs('http_poll_record_invalid')
    expect(site.status?.error?.message).toContain('3 of 5 records cannot be used; the first is number 2')
    expect(await site.values()).toEqual([])
    await site.stop()
    await site.start({ ...settings, badRecords: 'dead-letter' }, 'dead')
    await vi.waitFor(async () => expect(await site.values()).toHaveLength(2), waiting)
    const letters = await site.records('dead')
    expect(letters.map(({ value }) => value)).toEqual(body.split('\n').slice(1, 4))
  })
})

describe('answers that an http-poll source does not take', () => {
  const bodies: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
    ['no JSON', '[1, 2', {}],
    ['something behind the JSON', '[1] 2', {}],
    ['a page of HTML', '<html>', {}],
    ['nothing', '', {}],
    ['nothing at its place', '{"other": []}', { records: 'items' }],
    ['null at its place', '{"items": null}', { records: 'items' }],
    ['a text at its place', '{"items": "none"}', { records: 'items' }],
    [
      'a token that is none',
      '{"items": [1], "next": {}}',
      { records: 'items', pagination: { by: 'cursor', path: 'next' } },
    ],
    ['no word about more', '{"items": [1]}', { records: 'items', pagination: { by: 'page', more: 'more' } }],
  ]
  it.each(bodies)('a body with %s', async (_, body, settings) => {
    server.answering = (_asked, response) => response.writeHead(200).end(body)
    await site.start({ url: server.origin, ...settings })
    await problemIs('http_poll_body_invalid')
    expect(await site.values()).toEqual([])
  })

  it('goes on by itself when the body is what it should be', async () => {
    server.answering = (_, response, number) => {
      if (number === 0) response.writeHead(200).end('{')
      else json(response, [number])
    }
    await site.start({ url: server.origin, retry: { first: '1s', longest: '1s' } })
    await problemIs('http_poll_body_invalid')
    await problemIs(undefined)
    await vi.waitFor(async () => expect((await site.values())[0]).toBe('1'), waiting)
  })

  it('is a body that was cut off, by its length, by its chunks or by its packing', async () => {
    const packed = gzipSync(JSON.stringify(Array.from({ length: 1000 }, (_, id) => id)))
    const cut: readonly Answering[] = [
      (_, response) => response.writeHead(200, { 'content-length': '100' }).write('[1]', () => response.destroy()),
      (_, response) => response.writeHead(200).write('{"a":1}\n', () => response.destroy()),
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed.subarray(0, -10)),
      (_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.concat([packed, Buffer.from('x')])),
    ]
    server.answering = (asked, response, number) => cut[number % cut.length]!(asked, response, number)
    await site.start({ url: server.origin, format: 'ndjson', retry: { first: '100ms', longest: '100ms' } })
    await askedTimes(6)
    expect(await site.values()).toEqual([])
  })

  it('is lines without a length, whose end nobody could tell from a cut', async () => {
    const bare = createServer((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"a":1}\n'))
    })
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve))
    const { port } = bare.address() as AddressInfo
    await site.start({ url: `http://127.0.0.1:${port}/`, format: 'ndjson' })
    await problemIs('http_poll_body_invalid')
    expect(await site.values()).toEqual([])
    await site.stop()
    await new Promise((resolve) => bare.close(resolve))
  })

  it('is a body that is too large, that does not end, or that becomes too large', async () => {
    const answers: readonly Answering[] = [
      (_, response) => response.writeHead(200).end(Buffer.alloc(2_000_000, ' ')),
      (_, response) => {
        response.writeHead(200)
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
        }
        response.on('drain', more)
        more()
      },
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000, ' ')))
      },
    ]
    for (const answering of answers) {
      server.answering = answering
      await site.start({ url: server.origin, maxBody: '1MiB' })
      await problemIs('http_poll_body_too_large')
      await site.stop()
    }
    expect(await site.values()).toEqual([])
  })

  it('is one that takes too long, in its head or in its body', async () => {
    const slow: readonly Answering[] = [
      () => undefined,
      (_, response) => void response.writeHead(200).write('[1,'),
      (_, response) => void response.writeHead(500, { 'content-length': '10' }).write('x'),
    ]
    for (const answering of slow) {
      server.answering = answering
      await site.start({ url: server.origin, timeout: '300ms' })
      await problemIs('http_poll_unavailable')
      await site.stop()
    }
    expect(await site.values()).toEqual([])
  })

  it('is a redirect, which is not followed', async () => {
    const elsewhere = await PolledServer.open()
    server.answering = (_, response) => response.writeHead(302, { location: `${elsewhere.origin}/secret` }).end()
    await site.start({ url: server.origin })
    await problemIs('http_poll_redirected')
    expect(site.status?.error?.message).toContain(elsewhere.origin)
    expect(site.status?.error?.message).not.toContain('secret')
    expect(elsewhere.asked).toEqual([])
    await elsewhere.close()
  })

  it.each([
    [401, 'http_poll_refused'],
    [404, 'http_poll_refused'],
    [304, 'http_poll_refused'],
    [206, 'http_poll_refused'],
    [202, 'http_poll_unavailable'],
    [500, 'http_poll_unavailable'],
  ])('is a status of %i', async (status, code) => {
    server.answering = (_, response) => response.writeHead(status).end()
    await site.start({ url: server.origin })
    await problemIs(code)
  })

  it('is one from an internal address, literal, by name or behind a link', async () => {
    const port = new URL(server.origin).port
    for (const host of ['127.0.0.1', '[::1]', '2130706433', 'localhost']) {
      await site.start({ url: `http://${host}:${port}/`, allowPrivate: [] })
      await problemIs('address_refused')
      await site.stop()
    }
    expect(server.asked).toEqual([])
    const target = 'http://169.254.169.254/latest/meta-data'
    server.answering = (_, response) => json(response, [1], { link: `<${target}>; rel="next"` })
    await site.start({
      url: server.origin,
      pagination: { by: 'link' },
      allowHosts: ['169.254.169.254'],
      interval: '1h',
    })
    await problemIs('address_refused')
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answering, json, PolledServer } from './polled-server.js'
import { PollSite } from './site.js'

const waiting = { timeout: 20_000, interval: 10 }
const baseMs = Date.parse('2026-03-01T12:00:00Z')

interface Item {
  readonly id: number
  /** Behind the base. */
  readonly seconds: number
}

let site: PollSite
let server: PolledServer
/** What the server has. */
let items: readonly Item[]

const stamped = ({ id, seconds }: Item) => ({ id, at: new Date(baseMs + seconds * 1000).toISOString() })

/** All items at `since` or later, in pages of `size` by number, in the order that they have in the list. */
const serving =
  (size = 1000): Answering =>
  ({ url }, response) => {
    const sinceMs = Date.parse(url.searchParams.get('since') ?? '1970-01-01')
    const found = items.filter(({ seconds }) => baseMs + seconds * 1000 >= sinceMs).map(stamped)
    const page = Number(url.searchParams.get('page') ?? 1)
    json(response, { items: found.slice((page - 1) * size, page * size) })
  }

const settings = (more: Readonly<Record<string, unknown>> = {}) => ({
  url: server.origin,
  records: 'items',
  id: 'id',
  time: 'at',
  cursor: { path: 'at', parameter: 'since' },
  ...more,
})

const idsOf = async (): Promise<readonly number[]> =>
  (await site.values()).map((value) => (JSON.parse(value ?? '') as Item).id)

/** Goes through the same again, so that what is still under way would show. */
async function twoMoreRounds(): Promise<void> {
  const { length } = server.asked
  await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(length + 2), waiting)
}

beforeEach(async () => {
  site = await PollSite.open()
  server = await PolledServer.open()
  server.answering = serving()
  items = []
})

afterEach(async () => {
  await site.close()
  await server.close()
})

describe('the cursor of an http-poll source', () => {
  it('asks from the greatest value, and takes each record at that value once', async () => {
    items = [1, 2, 3].map((id) => ({ id, seconds: id }))
    await site.start(settings({ cursor: { path: 'at', parameter: 'since', initial: '2026-01-01T00:00:00Z' } }))
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 2, 3]), waiting)
    expect(server.asked[0]?.url.searchParams.get('since')).toBe('2026-01-01T00:00:00Z')
    items = [...items, { id: 4, seconds: 3 }, { id: 5, seconds: 3 }]
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 2, 3, 4, 5]), waiting)
    await site.stop()
    items = [...items, { id: 6, seconds: 3 }, { id: 7, seconds: 9 }]
    await site.start(settings())
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 2, 3, 4, 5, 6, 7]), waiting)
    await twoMoreRounds()
    expect(await idsOf()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(server.asked.at(-1)?.url.searchParams.get('since')).toBe(new Date(baseMs + 9000).toISOString())
    const [first] = await site.records()
    expect(first).toMatchObject({ key: '1', timestampMs: baseMs + 1000 })
  })

  it('takes a record that was changed again, and equal records without an id as often as they are there', async () => {
    items = [
      { id: 1, seconds: 1 },
      { id: 1, seconds: 1 },
    ]
    await site.start(settings({ id: undefined }))
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 1]), waiting)
    items = [...items, { id: 1, seconds: 1 }]
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 1, 1]), waiting)
    await site.stop()
    await site.start(settings())
    items = [{ id: 1, seconds: 2 }]
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 1, 1, 1]), waiting)
    await twoMoreRounds()
    expect(await idsOf()).toHaveLength(4)
  })

  it('asks from the same value through all pages of a round, newest first too', async () => {
    server.answering = serving(10)
    const more = { pagination: { by: 'page', size: 10 } }
    items = Array.from({ length: 35 }, (_, index) => ({ id: 35 - index, seconds: 35 - index }))
    await site.start(settings(more))
    await vi.waitFor(async () => expect(await idsOf()).toHaveLength(35), waiting)
    items = [...Array.from({ length: 25 }, (_, index) => ({ id: 60 - index, seconds: 60 - index })), ...items]
    await vi.waitFor(async () => expect((await idsOf()).length).toBeGreaterThanOrEqual(60), waiting)
    await twoMoreRounds()
    expect([...(await idsOf())].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
  })

  it('takes what shows up late, within the overlap, once', async () => {
    items = [
      { id: 1, seconds: 100 },
      { id: 2, seconds: 160 },
    ]
    const more = { cursor: { path: 'at', parameter: 'since', overlap: '1m' } }
    await site.start(settings(more))
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 2]), waiting)
    items = [...items, { id: 3, seconds: 101 }, { id: 4, seconds: 99 }]
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1, 2, 3]), waiting)
    await site.stop()
    await site.start(settings(more))
    await twoMoreRounds()
    expect(await idsOf()).toEqual([1, 2, 3])
    expect(server.asked.at(-1)?.url.searchParams.get('since')).toBe(new Date(baseMs + 100_000).toISOString())
  })

  it('compares numbers with all of their digits', async () => {
    server.answering = ({ url }, response) => {
      const since = BigInt(url.searchParams.get('after') ?? 0)
      const found = [1n, 9007199254740993n, 9007199254740992n].filter((number) => number >= since)
      response.writeHead(200).end(`[${found.map((number) => `{"n": ${number}}`).join(',')}]`)
    }
    const cursor = { path: 'n', type: 'number', parameter: 'after' }
    await site.start({ url: server.origin, cursor })
    await twoMoreRounds()
    expect(await site.values()).toEqual(['{"n": 1}', '{"n": 9007199254740993}', '{"n": 9007199254740992}'])
    expect(server.paths.at(-1)).toBe('/?after=9007199254740993')
  })

  it('stops rather than read on behind the value of another cursor', async () => {
    items = [{ id: 1, seconds: 1 }]
    await site.start(settings())
    await vi.waitFor(async () => expect(await idsOf()).toEqual([1]), waiting)
    await site.stop()
    await site.start(settings({ cursor: { path: 'id', type: 'number' } }))
    await vi.waitFor(() => expect(site.problem).toBe('http_poll_cursor_changed'), waiting)
  })

  it('is told when more records lie at one value than can be remembered', async () => {
    items = Array.from({ length: 20_001 }, (_, id) => ({ id, seconds: 1 }))
    server.answering = serving(50_000)
    await site.start(settings())
    await vi.waitFor(() => expect(site.problem).toBe('http_poll_cursor_crowded'), waiting)
    expect(await idsOf()).toEqual([])
  })
})

describe('a machine that dies', () => {
  /** Runs with so many appends left until the source fails, and as it should behind that. */
  async function dieAndGoOn(more: Readonly<Record<string, unknown>>, appends: number): Promise<void> {
    site.appendsLeft = appends
    await site.start(more)
    await vi.waitFor(() => expect(site.problem).toBe('connector_failed'), waiting)
    await site.stop()
    site.appendsLeft = Infinity
    await site.start(more)
  }

  it('between pages of a round goes on with the next page, from the same value', async () => {
    items = Array.from({ length: 40 }, (_, index) => ({ id: 40 - index, seconds: 40 - index }))
    server.answering = serving(10)
    const pagination = { by: 'page', size: 10 }
    await dieAndGoOn(settings({ pagination }), 2)
    await vi.waitFor(async () => expect((await idsOf()).length).toBeGreaterThanOrEqual(40), waiting)
    await twoMoreRounds()
    expect([...(await idsOf())].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  })

  it('inside of a page that takes several appends passes over what is in the log, though the page has changed', async () => {
    const big = 'x'.repeat(20_000)
    let count = 600
    let isReversed = false
    server.answering = (_, response) => {
      const list = Array.from({ length: count }, (_, id) => ({ id, at: 7, big }))
      json(response, isReversed ? list.reverse() : list)
    }
    for (const cursor of [undefined, { path: 'at', type: 'number' }]) {
      const fresh = (site = await PollSite.open())
      count = 600
      isReversed = false
      fresh.appendsLeft = 1
      const polled = { url: server.origin, cursor, interval: '1h' }
      await fresh.start(polled)
      await vi.waitFor(() => expect(fresh.problem).toBe('connector_failed'), waiting)
      await fresh.stop()
      const inLog = (await idsOf()).length
      expect(inLog).toBeGreaterThan(0)
      expect(inLog).toBeLessThan(600)
      fresh.appendsLeft = Infinity
      count = 610
      isReversed = true
      await fresh.start(polled)
      await vi.waitFor(async () => expect((await idsOf()).length).toBeGreaterThanOrEqual(610), waiting)
      expect([...(await idsOf())].sort((a, b) => a - b)).toEqual(Array.from({ length: 610 }, (_, id) => id))
      await fresh.close()
    }
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../../core/connector/secret.js'
import { type Answering, json, PolledServer } from './polled-server.js'
import { PollSite } from './site.js'

const waiting = { timeout: 10_000, interval: 10 }
/** Longer than any test: one round only. */
const once = { interval: '1h' }

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

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ id: from + index }))

async function idsAre(expected: readonly { readonly id: number }[]): Promise<void> {
  await vi.waitFor(async () => {
    expect((await site.values()).map((value) => JSON.parse(value ?? '') as unknown)).toEqual(expected)
  }, waiting)
}

/** Pages of ten of so many records, by number. */
const paged =
  (count: () => number): Answering =>
  ({ url }, response) => {
    const page = Number(url.searchParams.get('page'))
    json(response, { items: numbers(Math.min(count(), page * 10 - 10), Math.min(count(), page * 10)) })
  }

describe('pages of an http-poll source', () => {
  it('follows the header Link', async () => {
    server.answering = ({ url }, response) => {
      const page = Number(url.searchParams.get('p') ?? 0)
      const links = `</list?p=0>; rel="first", <list?p=${page + 1}>; title="a, b"; rel="last next"`
      json(response, numbers(page * 10, page * 10 + 10), page < 3 ? { link: links } : { link: '</list?p=0>; rel=prev' })
    }
    await site.start({ url: `${server.origin}/list`, pagination: { by: 'link' }, ...once })
    await idsAre(numbers(0, 40))
    expect(server.paths).toEqual(['/list', '/list?p=1', '/list?p=2', '/list?p=3'])
  })

  it('follows a link in the body', async () => {
    server.answering = ({ url }, response) => {
      const page = Number(url.searchParams.get('p') ?? 0)
      const next = page < 2 ? `${server.origin}/list?p=${page + 1}` : null
      json(response, { value: numbers(page * 2, page * 2 + 2), '@odata.nextLink': next })
    }
    const pagination = { by: 'link', path: '/@odata.nextLink' }
    await site.start({ url: `${server.origin}/list`, records: 'value', pagination, ...once })
    await idsAre(numbers(0, 6))
  })

  it('takes the token of the next page from the body, from a header or from the last record', async () => {
    const sources = [{ path: 'meta.next' }, { header: 'X-Next' }, { lastRecord: 'id', more: 'meta.more' }]
    for (const [index, place] of sources.entries()) {
      const fresh = await PollSite.open()
      server.asked.length = 0
      server.answering = ({ url }, response) => {
        const from = Number(url.searchParams.get('after') ?? -1) + 1
        const isLast = from >= 20
        const records = numbers(from, from + 10)
        const meta = index === 0 ? { next: isLast ? null : from + 9 } : { more: !isLast }
        json(response, { meta, records }, index === 1 && !isLast ? { 'x-next': String(from + 9) } : {})
      }
      const pagination = { by: 'cursor', parameter: 'after', ...place }
      await fresh.start({ url: server.origin, records: '/records', pagination, ...once })
      await vi.waitFor(async () => expect(await fresh.values()).toHaveLength(30), waiting)
      expect(server.paths).toEqual(['/', '/?after=9', '/?after=19'])
      await fresh.close()
    }
  })

  it('puts token and page into the body of a POST, as what they are', async () => {
    server.answering = (asked, response) => {
      const { after } = JSON.parse(asked.body) as { after: string | null }
      json(response, { list: numbers(0, 1), next: after === null ? 'b"c' : '' })
    }
    const body = { query: 'q {page}', after: '{page}', limit: 5 }
    const pagination = { by: 'cursor', path: 'next' }
    await site.start({ url: server.origin, method: 'POST', body, records: 'list', pagination, ...once })
    await vi.waitFor(() => expect(server.asked).toHaveLength(2), waiting)
    expect(server.asked.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { query: 'q ', after: null, limit: 5 },
      { query: 'q b"c', after: 'b"c', limit: 5 },
    ])
    expect(server.asked[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    expect(server.paths).toEqual(['/', '/'])
  })

  it('counts pages until one is not full, or empty', async () => {
    server.answering = paged(() => 25)
    await site.start({ url: server.origin, records: 'items', pagination: { by: 'page', size: 10 }, ...once })
    await idsAre(numbers(0, 25))
    expect(server.paths).toEqual(['/?page=1', '/?page=2', '/?page=3'])
  })

  it('counts records until a page is empty', async () => {
    server.answering = ({ url }, response) => {
      const offset = Number(url.searchParams.get('skip'))
      json(response, numbers(offset, Math.min(25, offset + 10)))
    }
    const pagination = { by: 'offset', parameter: 'skip' }
    await site.start({ url: `${server.origin}/?top=10`, pagination, ...once })
    await idsAre(numbers(0, 25))
    await vi.waitFor(() => expect(server.paths.at(-1)).toBe('/?top=10&skip=25'), waiting)
  })

  it('goes on where the last round ended, in what only grows: by page, offset and token', async () => {
    const kinds = [
      { by: 'page', size: 10, keep: true },
      { by: 'offset', size: 10, keep: true },
      { by: 'cursor', path: 'next', keep: true },
    ]
    for (const pagination of kinds) {
      let count = 3
      const fresh = await PollSite.open()
      server.answering = (asked, response, number) => {
        const { searchParams } = asked.url
        if (pagination.by === 'page') return paged(() => count)(asked, response, number)
        const from = Number(searchParams.get(pagination.by) ?? 0)
        const to = Math.min(count, from + 10)
        json(response, { items: numbers(from, to), next: String(to) })
      }
      const settings = { url: server.origin, records: 'items', pagination }
      await fresh.start(settings)
      for (const [grown, isStopped] of [
        [7, false],
        [10, true],
        [34, false],
        [35, true],
        [60, false],
      ] as const) {
        if (isStopped) await fresh.stop()
        count = grown
        if (isStopped) await fresh.start(settings)
        await vi.waitFor(async () => expect(await fresh.values()).toHaveLength(grown), waiting)
      }
      expect((await fresh.values()).map((value) => JSON.parse(value ?? '') as unknown)).toEqual(numbers(0, 60))
      await fresh.close()
    }
  })

  it('leaves the rest of a round that has more pages than it may to the next one', async () => {
    server.answering = paged(() => 45)
    const pagination = { by: 'page', size: 10, maxPages: 2, keep: true }
    await site.start({ url: server.origin, records: 'items', pagination })
    await idsAre(numbers(0, 45))
  })

  it('takes a record once that moves on to the next page while a round is read, through a restart too', async () => {
    for (const isStopped of [false, true]) {
      const fresh = await PollSite.open()
      let newest = 30
      let isHeld = isStopped
      server.answering = ({ url }, response) => {
        const page = Number(url.searchParams.get('page'))
        if (page > 1 && isHeld) return void response.writeHead(503).end()
        // Newest first, and with each page three new records come in before it is read.
        const items = Array.from({ length: newest }, (_, index) => ({ id: newest - index }))
        json(response, items.slice(page * 10 - 10, page * 10))
        newest += 3
      }
      const polled = { url: server.origin, id: 'id', pagination: { by: 'page', size: 10 }, ...once }
      await fresh.start(polled)
      if (isStopped) {
        await vi.waitFor(() => expect(fresh.problem).toBe('http_poll_unavailable'), waiting)
        await fresh.stop()
        isHeld = false
        await fresh.start(polled)
      }
      await vi.waitFor(async () => expect(await fresh.values()).toContain('{"id":1}'), waiting)
      const ids = (await fresh.values()).map((value) => (JSON.parse(value ?? '') as { id: number }).id)
      expect(ids).toEqual(Array.from({ length: 30 }, (_, index) => 30 - index))
      await fresh.close()
    }
  })

  it('finds out that pages go round in a circle', async () => {
    server.answering = ({ url }, response) => {
      const page = Number(url.searchParams.get('cursor') ?? 0)
      json(response, { items: [{ id: page }], next: String((page % 3) + 1) })
    }
    await site.start({ url: server.origin, records: 'items', pagination: { by: 'cursor', path: 'next' } })
    await vi.waitFor(() => expect(site.problem).toBe('http_poll_pages_circle'), waiting)
    expect((await site.values()).length).toBeLessThan(6)
  })

  it('follows no link to another host, nor sends it who the source is', async () => {
    const elsewhere = await PolledServer.open()
    server.answering = (_, response) => json(response, [], { link: `<${elsewhere.origin}/>; rel=next` })
    await site.start({ url: server.origin, pagination: { by: 'link' } })
    await vi.waitFor(() => expect(site.problem).toBe('http_poll_link_refused'), waiting)
    expect(elsewhere.asked).toEqual([])
    await elsewhere.close()
  })

  it('follows a link to a host that is allowed, and does not say there who the source is', async () => {
    const elsewhere = await PolledServer.open((_, response) => json(response, [2]))
    server.answering = (_, response) => json(response, [1], { link: `<${elsewhere.origin}/2>; rel=next` })
    await site.start({
      url: server.origin,
      auth: { scheme: 'bearer', token: new Secret('s3cret') },
      pagination: { by: 'link' },
      allowHosts: ['127.0.0.1'],
      ports: [Number(new URL(elsewhere.origin).port)],
      ...once,
    })
    await vi.waitFor(async () => expect(await site.values()).toEqual(['1', '2']), waiting)
    expect(server.asked[0]?.headers.authorization).toBe('Bearer s3cret')
    expect(elsewhere.asked.map(({ headers }) => headers.authorization)).toEqual([undefined])
    await elsewhere.close()
  })

  it('waits for a person when the server forgot a page, or begins the round again when told to', async () => {
    let isForgotten = true
    server.answering = ({ url }, response) => {
      const isNext = url.searchParams.has('cursor')
      if (isNext && isForgotten) response.writeHead(410).end()
      else json(response, { items: [{ id: isNext ? 1 : 0 }], next: isNext ? null : 'x' })
    }
    const pagination = { by: 'cursor', path: 'next' }
    const settings = {
      url: server.origin,
      records: 'items',
      interval: '1s',
      retry: { first: '100ms', longest: '100ms' },
    }
    await site.start({ ...settings, pagination })
    await vi.waitFor(() => expect(site.problem).toBe('http_poll_page_expired'), waiting)
    expect(await site.values()).toEqual(['{"id":0}'])
    await site.stop()
    await site.start({ ...settings, pagination: { ...pagination, expired: 'restart' } })
    await vi.waitFor(() => expect(server.paths.at(-1)).toBe('/?cursor=x'), waiting)
    isForgotten = false
    await vi.waitFor(async () => expect((await site.values()).slice(0, 3)).toContain('{"id":1}'), waiting)
  })
})

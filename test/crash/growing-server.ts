// A server with collections that grow, for sources that poll it and are killed: each collection speaks another kind of
// pagination, and all of them fail now and then in the ways that servers do.
//
// An item's time never lies before that of the item before it, and several items share one: the last of them may show up
// when the others were read already. What an item is follows from its number, so that a judge knows each byte.

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SeededRandom } from '../simulation/world/seeded-random.js'

const baseMs = Date.UTC(2026, 0, 1)
const itemsPerTime = 7

export const collections = ['since', 'newest', 'pages', 'feed', 'large'] as const
export type Collection = (typeof collections)[number]

const pageItems = 100
/** Such a page takes three appends. */
const largePageItems = 350
const largeBytes = 30_000

export function itemText(collection: Collection, id: number): string {
  const text = collection === 'large' ? 'x'.repeat(largeBytes) : `item ${id}`
  return `{"id":${id}, "at":"${timeOf(id)}","big":${id}.50,  "text":"${text}"}`
}

function timeOf(id: number): string {
  return new Date(baseMs + Math.floor(id / itemsPerTime) * 1_000).toISOString()
}

/** The first item at a time or later. */
function firstAt(time: string | null): number {
  return time === null ? 0 : Math.max(0, Math.ceil((Date.parse(time) - baseMs) / 1_000)) * itemsPerTime
}

/** Items of a page, and what is said beside them. */
interface Page {
  readonly ids: readonly number[]
  readonly next?: string
  readonly link?: string
  /** Nothing is left behind it for now. */
  readonly isEnd: boolean
}

export class GrowingServer {
  readonly counts = new Map<Collection, number>(collections.map((collection) => [collection, 0]))
  /** Pages that were answered whole. */
  pageCount = 0
  /** Answers since the last growth that said: this is all. */
  readonly #ends = new Map<Collection, number>()
  readonly #server: Server
  readonly #random: SeededRandom

  private constructor(server: Server, random: SeededRandom) {
    this.#server = server
    this.#random = random
  }

  static async open(random: SeededRandom): Promise<GrowingServer> {
    const server = createServer()
    const growing = new GrowingServer(server, random)
    server.on('request', ({ url = '' }, response: ServerResponse) => growing.#answer(url, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return growing
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  grow(collection: Collection, count: number): void {
    this.counts.set(collection, (this.counts.get(collection) ?? 0) + count)
    this.#ends.clear()
  }

  /** Who asked again behind an answer that said that this is all has taken what that answer held. */
  get isReadToItsEnd(): boolean {
    return collections.every((collection) => (this.#ends.get(collection) ?? 0) >= 2)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(path: string, response: ServerResponse): void {
    const url = new URL(path, this.origin)
    const collection = url.pathname.slice(1) as Collection
    const random = this.#random
    if (random.chance(0.04)) return void response.writeHead(503).end()
    if (random.chance(0.01)) return void response.writeHead(429, { 'retry-after': '1' }).end()
    const page = pageOf[collection](this.counts.get(collection) ?? 0, url)
    const items = page.ids.map((id) => itemText(collection, id)).join(', ')
    const next = page.next === undefined ? '' : `, "next": ${JSON.stringify(page.next)}`
    const body = `{"items": [${items}]${next}}`
    const link = page.link === undefined ? {} : { link: `<${page.link}>; rel="next"` }
    response.writeHead(200, { 'content-length': Buffer.byteLength(body), ...link })
    if (random.chance(0.03)) {
      response.write(body.slice(0, random.below(body.length)), () => response.destroy())
      return
    }
    response.end(body)
    this.pageCount++
    if (page.isEnd) this.#ends.set(collection, (this.#ends.get(collection) ?? 0) + 1)
  }
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)

const pageOf: Readonly<Record<Collection, (count: number, url: URL) => Page>> = {
  /** Oldest first from a time on, with links. */
  since(count, url) {
    const { searchParams } = url
    const from = searchParams.has('from') ? Number(searchParams.get('from')) : firstAt(searchParams.get('since'))
    const to = Math.min(count, from + pageItems)
    const isEnd = to === count
    return { ids: range(from, to), isEnd, ...(isEnd ? {} : { link: `/since?from=${to}` }) }
  },
  /** Newest first down to a time, with tokens: what shows up meanwhile moves nothing. */
  newest(count, { searchParams }) {
    const [sinceText, belowText] = (searchParams.get('cursor') ?? '').split('|')
    const since = sinceText === '' ? searchParams.get('since') : sinceText
    const below = belowText === undefined ? count : Number(belowText)
    const lowest = firstAt(since ?? null)
    const from = Math.max(lowest, below - pageItems)
    const isEnd = from <= lowest
    // A round that began before the last growth does not show all of it.
    const isAll = isEnd && below === count
    const next = isEnd ? {} : { next: `${since ?? timeOf(0)}|${from}` }
    return { ids: [...range(from, below)].reverse(), isEnd: isAll, ...next }
  },
  pages(count, { searchParams }) {
    const to = Number(searchParams.get('page')) * pageItems
    return { ids: range(to - pageItems, Math.min(count, to)), isEnd: to >= count }
  },
  /** Always with a token, behind what was given. */
  feed(count, { searchParams }) {
    const from = Number(searchParams.get('cursor') ?? 0)
    const to = Math.min(count, from + pageItems)
    return { ids: range(from, to), next: String(to), isEnd: to === count }
  },
  /** Oldest first from a time on, as many as there may be. */
  large(count, { searchParams }) {
    const from = firstAt(searchParams.get('since'))
    const to = Math.min(count, from + largePageItems)
    return { ids: range(from, to), isEnd: to === count }
  },
}

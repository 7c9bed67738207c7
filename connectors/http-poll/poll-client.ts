// Sends one request at a time and gives the whole answer, unpacked. The connection goes only where the guard lets it; no
// redirect is followed.
//
// A request has a time for all of it. An answer is cut off where it becomes larger than it may be, as it was sent and as
// it is unpacked; one that ends early is an error and never a short answer.

import { gunzip } from 'node:zlib'
import { buildConnector, Pool } from 'undici'
import type { AddressGuard } from '../../core/connector/outgoing.js'
import { messageOf, TailraceError } from '../../core/errors/tailrace-error.js'
import type { Clock } from '../../core/runtime/clock.js'
import { httpPollErrors } from './errors.js'
import type { PageRequest } from './page-request.js'
import type { HttpPollSettings } from './settings.js'

/** A server that names more pages elsewhere than this gets a new connection for each. */
const mostPools = 8
/** So much is read of an answer that brings no records, so that its connection can be used again. */
const mostPassedOverBytes = 64 * 1024

/** What the answer to an earlier request like this one was known by. */
export interface Validator {
  readonly etag?: string
  readonly lastModified?: string
}

export interface Answer {
  readonly status: number
  /** By names in lower case; of a header that came several times the values with commas between. */
  readonly headers: ReadonlyMap<string, string>
  /** Of statuses that bring records; else empty. */
  readonly body: Buffer
}

/** 200 and its like: what stands in the body is what was asked for. */
export function bringsRecords(status: number): boolean {
  return status === 200 || status === 201 || status === 203
}

export class PollClient {
  readonly #settings: HttpPollSettings
  readonly #guard: AddressGuard
  readonly #clock: Clock
  readonly #pools = new Map<string, Pool>()

  constructor(settings: HttpPollSettings, guard: AddressGuard, clock: Clock) {
    this.#settings = settings
    this.#guard = guard
    this.#clock = clock
  }

  /** Errors: http_poll_unavailable, http_poll_body_too_large, http_poll_body_invalid, address_refused, url_refused. */
  async send(request: PageRequest, validator: Validator | undefined, signal: AbortSignal): Promise<Answer> {
    const { timeout, method } = this.#settings
    // One for each request: signals that are made of one that lives long are kept by it.
    const end = new AbortController()
    const overdue = new Error(`no whole answer within ${timeout} ms`)
    const timer = this.#clock.after(timeout, () => end.abort(overdue))
    const onAbort = (): void => end.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const { url, body } = request
      const response = await this.#poolOf(url).request({
        path: url.pathname + url.search,
        method,
        headers: this.#headersOf(request, validator),
        ...(body === undefined ? {} : { body }),
        signal: end.signal,
      })
      const status = response.statusCode
      const headers = headersOf(response.headers)
      if (bringsRecords(status)) return { status, headers, body: await this.#bodyOf(headers, response.body) }
      // What counts is the status, whatever becomes of the body; read to its end it leaves the connection usable.
      await response.body.dump({ limit: mostPassedOverBytes }).catch(() => undefined)
      return { status, headers, body: Buffer.alloc(0) }
    } catch (error) {
      if (error instanceof TailraceError) throw error
      const reason: unknown = end.signal.aborted ? end.signal.reason : error
      const message = `${request.url.origin}: ${messageOf(reason)}`
      throw httpPollErrors.make('http_poll_unavailable', message, { cause: reason })
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** What is under way is given up. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
    this.#pools.clear()
  }

  #poolOf({ origin }: URL): Pool {
    let pool = this.#pools.get(origin)
    if (pool === undefined) {
      const guard = this.#guard
      const { timeout } = this.#settings
      const connect = guard.connector(buildConnector({ lookup: guard.lookup as never, timeout }))
      const times = { headersTimeout: timeout, bodyTimeout: timeout, keepAliveTimeout: 4_000 }
      pool = new Pool(origin, { connect: connect as never, connections: 1, pipelining: 1, ...times })
      const [oldest] = this.#pools
      if (oldest !== undefined && this.#pools.size >= mostPools) {
        this.#pools.delete(oldest[0])
        void oldest[1].close()
      }
      this.#pools.set(origin, pool)
    }
    return pool
  }

  #headersOf(request: PageRequest, validator: Validator | undefined): Record<string, string> {
    const { headers, auth, contentType } = this.#settings
    const all: Record<string, string> = {
      'user-agent': 'tailrace',
      accept: 'application/json, */*;q=0.5',
      ...lowerCased(headers),
      'accept-encoding': 'gzip',
    }
    if (request.body !== undefined) all['content-type'] = contentType
    if (validator?.etag !== undefined) all['if-none-match'] = validator.etag
    if (validator?.lastModified !== undefined) all['if-modified-since'] = validator.lastModified
    if (auth === undefined || !request.isAtHome) return all
    const { scheme, token, header, user = '', password } = auth
    if (scheme === 'header') all[(header ?? '').toLowerCase()] = token?.reveal() ?? ''
    else if (scheme === 'bearer') all['authorization'] = `Bearer ${token?.reveal() ?? ''}`
    else all['authorization'] = `Basic ${Buffer.from(`${user}:${password?.reveal() ?? ''}`).toString('base64')}`
    return all
  }

  async #bodyOf(headers: ReadonlyMap<string, string>, sent: AsyncIterable<Buffer>): Promise<Buffer> {
    const { maxBody, format } = this.#settings
    const isMeasured = headers.has('content-length') || headers.has('transfer-encoding')
    const encoding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
    if (!isMeasured && format !== 'json' && encoding === 'identity') {
      throw invalid('the answer has no length, so that one which was cut off would look whole')
    }
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of sent) {
      bytes += chunk.length
      // Leaving the loop ends the connection.
      if (bytes > maxBody) throw tooLarge(`the answer has more than ${maxBody} bytes`)
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks, bytes)
    if (encoding === 'identity') return body
    if (encoding === 'gzip' || encoding === 'x-gzip') return unpacked(body, maxBody)
    throw invalid('the answer is packed in another way than gzip, which was asked for')
  }
}

interface Unpacked {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** What comes out is counted while it comes. Several members are fine; what stands behind the last one is not. */
function unpacked(packed: Buffer, mostBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(packed, { maxOutputLength: mostBytes, info: true }, (error, result) => {
      if (error !== null) {
        const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        const message = `more than ${mostBytes} bytes come out of an answer of ${packed.length}`
        reject(isLarge ? tooLarge(message) : invalid(`the answer does not unpack as gzip: ${messageOf(error)}`))
        return
      }
      const { buffer, engine } = result as unknown as Unpacked
      if (engine.bytesWritten === packed.length) resolve(buffer)
      else reject(invalid(`what is packed ends at byte ${engine.bytesWritten} of ${packed.length}`))
    })
  })
}

function headersOf(given: Readonly<Record<string, string | string[] | undefined>>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function tooLarge(message: string): TailraceError {
  return httpPollErrors.make('http_poll_body_too_large', message)
}

function invalid(message: string): TailraceError {
  return httpPollErrors.make('http_poll_body_invalid', message)
}

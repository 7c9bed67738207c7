// Requests to endpoints. A connection goes only where the guard lets it; no redirect is followed.
//
// Each endpoint has a pool of connections. Those without a request are kept for the next, the least recently used ones
// only as long as there are few: with fields in `url` there may be any number of endpoints.

import { buildConnector, Pool } from 'undici'
import type { AddressGuard } from '../../core/connector/outgoing.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import type { Clock, Timer } from '../../core/runtime/clock.js'
import type { RequestSigner } from '../../core/signature/request-signer.js'
import type { Delivery } from './delivery.js'
import { Exchange, type Outcome } from './exchange.js'
import type { WebhookSettings } from './settings.js'
import { signerOf } from './signer.js'

/** Endpoints without a request whose connections are kept; undici closes those after 4 s without one. */
const mostIdle = 256
const keepAliveMs = 4_000

/** What sends deliveries. */
export interface Sender {
  /** Never rejects. */
  send(delivery: Delivery): Promise<Outcome>
  /** Ends what is under way, as failed. */
  abandon(): void
  close(): Promise<void>
}

/** The connections to one endpoint. */
interface Destination {
  readonly endpoint: string
  readonly pool: Pool
  /** The last URL, and what of it stands in a request. */
  url: string
  path: string
  underWay: number
}

const ndjsonType = 'application/x-ndjson'

export class WebhookClient implements Sender {
  private readonly settings: WebhookSettings
  private readonly guard: AddressGuard
  private readonly clock: Clock
  private readonly sign: RequestSigner | undefined
  private readonly destinations = new Map<string, Destination>()
  /** Those without a request, the one that ended first in front. */
  private readonly idle = new Set<Destination>()
  /** Under way, in the order of their times: each has as long as any other. */
  private readonly exchanges = new Set<Exchange>()
  private readonly closing = new Set<Promise<void>>()
  private timer: Timer | undefined

  /** Errors: signature_secret_unusable. */
  constructor(settings: WebhookSettings, guard: AddressGuard, clock: Clock) {
    this.settings = settings
    this.guard = guard
    this.clock = clock
    this.sign = signerOf(settings.sign)
  }

  /** How many endpoints have connections. */
  get endpointCount(): number {
    return this.destinations.size
  }

  send(delivery: Delivery): Promise<Outcome> {
    return new Promise((resolve) => {
      const { clock } = this
      const destination = this.destinationOf(delivery)
      destination.underWay++
      this.idle.delete(destination)
      const exchange = new Exchange(clock, clock.monotonicMs() + this.settings.timeout, (outcome) => {
        this.exchanges.delete(exchange)
        destination.underWay--
        if (destination.underWay === 0) this.keep(destination)
        resolve(outcome)
      })
      this.exchanges.add(exchange)
      this.timer ??= clock.after(this.settings.timeout, () => this.endOverdue())
      this.dispatch(destination, delivery, exchange)
    })
  }

  abandon(): void {
    for (const exchange of this.exchanges) exchange.abandon('the sink ends')
  }

  async close(): Promise<void> {
    this.timer?.cancel()
    this.abandon()
    for (const destination of this.destinations.values()) this.letGo(destination)
    await Promise.all(this.closing)
  }

  private dispatch({ pool, path }: Destination, delivery: Delivery, exchange: Exchange): void {
    const { method } = this.settings
    const body = delivery.body ?? delivery.record.value ?? Buffer.alloc(0)
    try {
      pool.dispatch({ path, method, headers: this.headersOf(delivery, body), body }, exchange)
    } catch (error) {
      exchange.abandon(messageOf(error))
    }
  }

  /** One timer for all: the first of them has the earliest end. */
  private endOverdue(): void {
    const nowMs = this.clock.monotonicMs()
    this.timer = undefined
    for (const exchange of this.exchanges) {
      if (exchange.overdueMs > nowMs) {
        this.timer = this.clock.after(exchange.overdueMs - nowMs, () => this.endOverdue())
        return
      }
      exchange.abandon(`no whole answer within ${this.settings.timeout} ms`)
    }
  }

  private destinationOf({ endpoint, url }: Delivery): Destination {
    let destination = this.destinations.get(endpoint)
    if (destination === undefined) {
      destination = { endpoint, pool: this.openPool(endpoint), url: '', path: '', underWay: 0 }
      this.destinations.set(endpoint, destination)
    }
    if (destination.url !== url) {
      const { pathname, search } = new URL(url)
      destination.url = url
      destination.path = pathname + search
    }
    return destination
  }

  /** The whole request has a time: undici's own for parts of it are off, but for that of a connection. */
  private openPool(endpoint: string): Pool {
    const { guard } = this
    const { timeout, concurrency } = this.settings
    const connect = guard.connector(buildConnector({ lookup: guard.lookup as never, timeout }))
    const times = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: keepAliveMs }
    return new Pool(endpoint, { connect: connect as never, connections: concurrency, pipelining: 1, ...times })
  }

  private keep(destination: Destination): void {
    this.idle.add(destination)
    if (this.idle.size <= mostIdle) return
    const [oldest] = this.idle
    if (oldest !== undefined) this.letGo(oldest)
  }

  private letGo(destination: Destination): void {
    this.idle.delete(destination)
    this.destinations.delete(destination.endpoint)
    const closing = destination.pool.destroy().finally(() => this.closing.delete(closing))
    this.closing.add(closing)
  }

  private headersOf(delivery: Delivery, body: Uint8Array): Record<string, string> {
    const { contentType, authorization, batch } = this.settings
    const timestampSeconds = Math.floor(this.clock.now() / 1000)
    const headers: Record<string, string> = {
      'user-agent': 'tailrace',
      'content-type': batch?.format === 'ndjson' ? ndjsonType : contentType,
      ...delivery.headers,
      'webhook-id': delivery.id,
      'webhook-timestamp': String(timestampSeconds),
    }
    if (authorization !== undefined) headers['authorization'] = authorization.reveal()
    if (this.sign !== undefined) Object.assign(headers, this.sign({ id: delivery.id, timestampSeconds, body }))
    return headers
  }
}

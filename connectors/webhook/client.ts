// One request and what came of it. The connection goes only where the guard lets it; no redirect is followed.
//
// A request has a time for all of it. Of an answer at most 64 KiB are read and thrown away, never unpacked; a connection
// that brings more, or is slow with it, is closed: what counts is the status.

import { buildConnector, Pool } from 'undici'
import type { AddressGuard } from '../../core/connector/outgoing.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { retryAfterOf } from '../../core/format/retry-after.js'
import type { Clock } from '../../core/runtime/clock.js'
import type { RequestSigner } from '../../core/signature/request-signer.js'
import type { Delivery } from './delivery.js'
import type { WebhookSettings } from './settings.js'
import { signerOf } from './signer.js'

const mostAnswerBytes = 64 * 1024

export type Outcome =
  | { readonly kind: 'taken' }
  /** 410: no more to this endpoint. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'failed'
      /** In words, for the dead letter. */
      readonly why: string
      /** 0 when no answer came. */
      readonly status: number
      readonly retryAfterMs: number | undefined
    }

export class WebhookClient {
  private readonly settings: WebhookSettings
  private readonly guard: AddressGuard
  private readonly clock: Clock
  private readonly sign: RequestSigner | undefined
  private readonly pools = new Map<string, Pool>()

  /** Errors: signature_secret_unusable. */
  constructor(settings: WebhookSettings, guard: AddressGuard, clock: Clock) {
    this.settings = settings
    this.guard = guard
    this.clock = clock
    this.sign = signerOf(settings.sign)
  }

  /** Never rejects. */
  async send(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { timeout, method } = this.settings
    const overdue = new AbortController()
    const timer = this.clock.after(timeout, () => overdue.abort(new Error(`no whole answer within ${timeout} ms`)))
    try {
      const url = new URL(delivery.url)
      const body = delivery.record.value ?? Buffer.alloc(0)
      const response = await this.poolOf(url).request({
        path: url.pathname + url.search,
        method,
        headers: this.headersOf(delivery, body),
        body,
        signal: AbortSignal.any([signal, overdue.signal]),
      })
      const { statusCode: status, headers, body: answer } = response
      await passOver(answer)
      if (status >= 200 && status < 300) return { kind: 'taken' }
      if (status === 410) return { kind: 'gone' }
      const asked = headers['retry-after']
      const retryAfterMs = retryAfterOf(typeof asked === 'string' ? asked : undefined, this.clock.now())
      return { kind: 'failed', why: `the receiver answered ${status}`, status, retryAfterMs }
    } catch (error) {
      const reason: unknown = overdue.signal.aborted ? overdue.signal.reason : error
      return { kind: 'failed', why: messageOf(reason), status: 0, retryAfterMs: undefined }
    } finally {
      timer.cancel()
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()))
    this.pools.clear()
  }

  private poolOf(url: URL): Pool {
    const { origin } = url
    let pool = this.pools.get(origin)
    if (pool === undefined) {
      const { guard } = this
      const { timeout, concurrency } = this.settings
      const connect = guard.connector(buildConnector({ lookup: guard.lookup as never, timeout }))
      const times = { headersTimeout: timeout, bodyTimeout: timeout, keepAliveTimeout: 4_000 }
      pool = new Pool(origin, { connect: connect as never, connections: concurrency, pipelining: 1, ...times })
      this.pools.set(origin, pool)
    }
    return pool
  }

  private headersOf(delivery: Delivery, body: Uint8Array): Record<string, string> {
    const { contentType, authorization } = this.settings
    const timestampSeconds = Math.floor(this.clock.now() / 1000)
    const headers: Record<string, string> = {
      'user-agent': 'tailrace',
      'content-type': contentType,
      ...delivery.headers,
      'webhook-id': delivery.id,
      'webhook-timestamp': String(timestampSeconds),
    }
    if (authorization !== undefined) headers['authorization'] = authorization.reveal()
    return { ...headers, ...this.sign?.({ id: delivery.id, timestampSeconds, body }) }
  }
}

/** Reads a short answer, so that its connection can be used again; a longer one is cut off. */
async function passOver(
  answer: AsyncIterable<Buffer> & { destroy(): unknown; on(event: 'error', on: () => void): unknown },
) {
  answer.on('error', () => undefined)
  let bytes = 0
  for await (const chunk of answer) {
    bytes += chunk.length
    if (bytes > mostAnswerBytes) break
  }
  if (bytes > mostAnswerBytes) answer.destroy()
}

// What outlives a run of a webhook sink: a log of events, the sink's state, its group's offset, and receivers that answer as
// a test says. Time is virtual: it goes on when all that could happen without it has happened.

import type { Outcome } from '../../../connectors/webhook/exchange.js'
import type { WebhookSettings } from '../../../connectors/webhook/settings.js'
import { webhookSink } from '../../../connectors/webhook/declaration.js'
import type { Json } from '../../../core/connector/context.js'
import { readSettings } from '../../../core/connector/fields.js'
import type { SinkBatch } from '../../../core/connector/sink.js'
import { sinkBatch } from '../../../core/pipeline/sink-batch.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { nodeClock } from '../../../core/runtime/node/node-clock.js'
import type { Random } from '../../../core/runtime/random.js'
import { VirtualClock } from '../../../core/runtime/virtual-clock.js'
import type { TakenEvent } from '../../crash/webhook-judgement.js'
import { VirtualLife } from './virtual-life.js'

export const partition = { topic: 'events', topicId: 'topic', partition: 0 }

export interface Event {
  readonly number: number
  readonly host: string
  readonly key: string
  /** When it comes into the log. */
  readonly atMs: number
}

export interface Request extends Event {
  readonly id: string
  /** From 1. */
  readonly attempt: number
}

export interface Answer {
  readonly outcome: Outcome
  readonly afterMs: number
  /** The receiver took it, whether or not it said so. */
  readonly isTaken: boolean
}

/** A request as it was answered. */
export interface Asked extends Request {
  readonly startMs: number
  readonly answer: Answer
}

export interface SiteOptions {
  readonly events: readonly Event[]
  readonly settings: Readonly<Record<string, unknown>>
  readonly jitter: Random
  answer(request: Request, nowMs: number): Answer
  /** How long a change of the state takes before it is durable, and from then until that is known. */
  putMs(): number
}

export const failed = (afterMs: number, { status = 0, retryAfterMs }: FailureOptions = {}): Answer => {
  return { outcome: { kind: 'failed', why: 'as the test says', status, retryAfterMs }, afterMs, isTaken: false }
}

export const took = (afterMs: number): Answer => ({ outcome: { kind: 'taken' }, afterMs, isTaken: true })

export interface FailureOptions {
  readonly status?: number
  readonly retryAfterMs?: number
}

export class VirtualSite {
  readonly clock = new VirtualClock(nodeClock, Date.UTC(2026, 0, 1))
  readonly state = new Map<string, Json>()
  readonly asked: Asked[] = []
  /** In the order in which receivers took them. */
  readonly taken: TakenEvent[] = []
  /** Numbers of the events that became dead letters. */
  readonly letters: number[] = []
  committed = 0
  appendedCount = 0
  private readonly options: SiteOptions
  private readonly settings: WebhookSettings
  private life: VirtualLife | undefined

  constructor(options: SiteOptions) {
    const url = 'https://{header.host}.example.com/hook'
    const settings = { url, allowHosts: ['*.example.com'], ...options.settings }
    this.options = options
    this.settings = readSettings(webhookSink.fields, settings) as WebhookSettings
    this.appendNext()
  }

  get jitter(): Random {
    return this.options.jitter
  }

  get elapsedMs(): number {
    return this.clock.monotonicMs()
  }

  start(): void {
    this.life = VirtualLife.start(this, this.settings)
  }

  kill(): void {
    this.life?.kill()
  }

  /** Until `isDone` says so, or nothing more would happen; throws what stopped the sink. */
  async run(isDone: () => boolean): Promise<void> {
    for (;;) {
      await new Promise((resolve) => void setImmediate(resolve))
      if (this.life?.problem !== undefined) throw this.life.problem
      if (isDone() || !this.clock.toNextTimer()) return
    }
  }

  /** Until that time, and not beyond. */
  async runTo(elapsedMs: number): Promise<void> {
    this.clock.after(elapsedMs - this.elapsedMs, () => undefined)
    await this.run(() => this.elapsedMs >= elapsedMs)
  }

  ask(request: Request): Answer {
    const answer = this.options.answer(request, this.elapsedMs)
    this.asked.push({ ...request, startMs: this.elapsedMs, answer })
    return answer
  }

  putMs(): number {
    return this.options.putMs()
  }

  batch(firstOffset: number, nextOffset: number): SinkBatch {
    const records = this.options.events.slice(firstOffset, nextOffset).map((event) => ({
      key: Buffer.from(event.key),
      value: Buffer.from(JSON.stringify(event)),
      timestampMs: 0,
      headers: [{ key: 'host', value: Buffer.from(event.host) }],
    }))
    const batches = encodeBatch(records)
    batches.writeBigInt64BE(BigInt(firstOffset), 0)
    return sinkBatch({ of: partition, batches, firstOffset, nextOffset }, (_of, { error }) => {
      throw error
    })
  }

  private appendNext(): void {
    const next = this.options.events[this.appendedCount]
    if (next === undefined) return
    this.clock.after(next.atMs - this.elapsedMs, () => {
      this.appendedCount++
      this.appendNext()
      this.life?.noteAppended()
    })
  }
}

/** The event that is the value of a record. */
export function eventIn(value: Uint8Array | null): Event {
  return JSON.parse(Buffer.from(value ?? []).toString()) as Event
}

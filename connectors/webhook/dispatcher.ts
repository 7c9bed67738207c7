// Sends deliveries: each lane in its order, each endpoint at its own pace, none at the cost of another.
//
// A delivery that failed is parked: it lies in the state before its lane goes on waiting, and so do those behind it, of
// which no attempt is made. What was parked and then taken leaves the state before the next of its lane is sent, so
// that a crash repeats a delivery at most, and never behind a later one of its lane.

import type { Json } from '../../core/connector/context.js'
import type { SinkContext, SinkPartition } from '../../core/connector/sink.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Outcome, WebhookClient } from './client.js'
import { buriedPrefix, type Delivery, deliveryBytes, encodeDelivery, parkedPrefix, placeKey } from './delivery.js'
import { Endpoint, Lane } from './endpoint.js'
import { webhookErrors } from './errors.js'
import { delayBehind } from './schedule.js'
import type { WebhookSettings } from './settings.js'

/** Records larger than this could not lie in the state with anything else. */
const mostParkableBytes = 4 * 1024 * 1024
/** How long a put waits that the log refuses for now. */
const refusedMs = 1_000

export interface DispatcherParts {
  readonly settings: WebhookSettings
  readonly client: WebhookClient
  readonly context: SinkContext
  /** The group's offset may pass the record. Called once for each that did not come from the state. */
  resolved(delivery: Delivery): void
  /** The sink cannot go on. */
  stopped(error: unknown): void
  /** An endpoint answered 410; whether the sink goes on without it. */
  gone(endpoint: string): Promise<boolean>
}

export class Dispatcher {
  private readonly parts: DispatcherParts
  private readonly lanes = new Map<string, Lane>()
  private readonly endpoints = new Map<string, Endpoint>()
  private readonly running = new Set<Promise<void>>()
  private readonly ended = new AbortController()
  private bytesParked = 0
  private countParked = 0

  constructor(parts: DispatcherParts) {
    this.parts = parts
  }

  /** Of all records that wait for their next attempt. */
  get parkedBytes(): number {
    return this.bytesParked
  }

  /** A record to deliver, or one that was parked in an earlier run. */
  add(delivery: Delivery): void {
    const lane = this.laneOf(delivery)
    lane.add(delivery)
    const [head] = lane.deliveries
    const isBehindParked = head !== delivery && head?.isParked === true
    if (delivery.isParked) this.countIn(delivery)
    else if (isBehindParked || lane.endpoint.isLeftAlone(this.nowMs)) this.inBackground(this.park([delivery]))
    this.advance(lane)
  }

  /** Resolves when no request is on its way. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running)
  }

  /** Forgets what belongs to the partitions; it lies in the state. Nothing of them may be on its way. */
  drop(partitions: readonly SinkPartition[]): void {
    const dropped = new Set(partitions.map(({ topicId, partition }) => `${topicId}/${partition}`))
    for (const [name, lane] of this.lanes) {
      const of = lane.deliveries[0]?.of
      if (of === undefined || !dropped.has(`${of.topicId}/${of.partition}`)) continue
      for (const delivery of lane.deliveries.splice(0)) if (delivery.isParked) this.countOut(delivery)
      this.lanes.delete(name)
    }
  }

  async close(): Promise<void> {
    this.ended.abort()
    await this.settled()
    this.lanes.clear()
  }

  private get nowMs(): number {
    return this.parts.context.clock.now()
  }

  private laneOf({ lane: name, endpoint: endpointName }: Delivery): Lane {
    const known = this.lanes.get(name)
    if (known !== undefined) return known
    const { failurePercent, minRequests, open: openMs } = this.parts.settings.breaker
    let endpoint = this.endpoints.get(endpointName)
    if (endpoint === undefined) {
      endpoint = new Endpoint(endpointName, { failurePercent, minRequests, openMs })
      this.endpoints.set(endpointName, endpoint)
    }
    const lane = new Lane(name, endpoint)
    this.lanes.set(name, lane)
    return lane
  }

  /** Sees to it that the first of the lane is sent when its time has come. */
  private advance(lane: Lane): void {
    const [head] = lane.deliveries
    if (head === undefined) {
      this.lanes.delete(lane.name)
      return
    }
    if (lane.isQueued || this.ended.signal.aborted) return
    lane.timer?.cancel()
    const waitMs = head.dueMs - this.nowMs
    if (waitMs > 0) {
      lane.timer = this.parts.context.clock.after(waitMs, () => this.advance(lane))
      return
    }
    lane.isQueued = true
    lane.endpoint.ready.push(lane)
    this.pump(lane.endpoint)
  }

  private pump(endpoint: Endpoint): void {
    const { settings, context } = this.parts
    if (this.ended.signal.aborted) return
    while (endpoint.ready.length > 0 && endpoint.room(settings.concurrency, this.nowMs) > 0) {
      const lane = endpoint.ready.shift()!
      // Dropped while it waited.
      if (lane.deliveries.length === 0) continue
      endpoint.active++
      lane.isSending = true
      this.inBackground(this.run(lane))
    }
    if (endpoint.ready.length === 0 || endpoint.isWaiting || !endpoint.isLeftAlone(this.nowMs)) return
    endpoint.isWaiting = true
    context.clock.after(Math.max(1, endpoint.nextLookMs - this.nowMs), () => {
      endpoint.isWaiting = false
      this.pump(endpoint)
    })
  }

  private inBackground(work: Promise<void>): void {
    const watched = work
      .catch((error: unknown) => {
        if (!this.ended.signal.aborted) this.parts.stopped(error)
      })
      .finally(() => this.running.delete(watched))
    this.running.add(watched)
  }

  private async run(lane: Lane): Promise<void> {
    const { endpoint } = lane
    const head = lane.deliveries[0]!
    try {
      await head.parking
      const outcome = await this.parts.client.send(head, this.ended.signal)
      // What was on its way when all ended is sent again by the next run.
      if (!this.ended.signal.aborted) await this.conclude(lane, head, outcome)
    } finally {
      endpoint.active--
      lane.isSending = false
      lane.isQueued = false
      this.advance(lane)
      this.pump(endpoint)
    }
  }

  private async conclude(lane: Lane, head: Delivery, outcome: Outcome): Promise<void> {
    // It may have been parked while it was on its way.
    await head.parking
    const { metrics, pipeline, connector: sink, logger } = this.parts.context
    metrics.count('tailrace_webhook_attempts_total', { pipeline, sink, outcome: outcome.kind })
    head.attempts++
    const { endpoint } = lane
    if (outcome.kind === 'taken') {
      endpoint.breaker.note(false, this.nowMs)
      await this.finish(lane, head)
      return
    }
    const isOpened = endpoint.breaker.note(true, this.nowMs)
    if (isOpened) logger.warn('an endpoint fails too often and is left alone', { endpoint: endpoint.name })
    if (outcome.kind === 'gone') await this.giveUpGone(lane, head)
    else await this.postpone(lane, head, outcome)
    if (endpoint.isLeftAlone(this.nowMs)) await this.parkWaiting(endpoint)
  }

  private async giveUpGone(lane: Lane, head: Delivery): Promise<void> {
    const error = webhookErrors.make('webhook_disabled', `${head.endpoint} answered 410: it wants no more records`, {
      details: { endpoint: head.endpoint },
    })
    if (!(await this.parts.gone(head.endpoint))) throw error
    await this.bury(lane, head, error)
  }

  private async postpone(lane: Lane, head: Delivery, failure: Outcome & { kind: 'failed' }): Promise<void> {
    const { settings, context } = this.parts
    const { status, retryAfterMs } = failure
    const { schedule, jitterPercent } = settings.retry
    const delayMs = delayBehind(head.attempts, schedule, { jitterPercent, random: context.random, retryAfterMs })
    if (delayMs === undefined || deliveryBytes(head) > mostParkableBytes) {
      const code = status === 0 ? 'webhook_unanswered' : 'webhook_refused'
      const message = `${head.endpoint}: ${failure.why} (attempt ${head.attempts})`
      await this.bury(lane, head, webhookErrors.make(code, message, { details: { endpoint: head.endpoint, status } }))
      return
    }
    // The receiver asked for rest: nothing else goes there meanwhile either.
    if (status === 429 || status === 503) {
      lane.endpoint.pausedUntilMs = Math.max(
        lane.endpoint.pausedUntilMs,
        this.nowMs + Math.min(retryAfterMs ?? 0, delayMs),
      )
    }
    head.dueMs = this.nowMs + delayMs
    await this.park(lane.deliveries)
  }

  /** The endpoint is left alone: what waits for it in memory lets the group's offset pass. */
  private async parkWaiting(endpoint: Endpoint): Promise<void> {
    const waiting = [...this.lanes.values()]
      .filter((lane) => lane.endpoint === endpoint)
      .flatMap(({ deliveries }) => deliveries)
      .filter(({ isParked, parking }) => !isParked && parking === undefined)
    if (waiting.length > 0) await this.park(waiting)
  }

  /** The record was taken. */
  private async finish(lane: Lane, head: Delivery): Promise<void> {
    if (head.isParked) {
      await this.put(new Map([[placeKey(parkedPrefix, head.of, head.offset), undefined]]))
      this.countOut(head)
    } else this.parts.resolved(head)
    remove(lane, head)
  }

  /** The record becomes a dead letter, once. */
  private async bury(lane: Lane, head: Delivery, error: TailraceError): Promise<void> {
    const { of, offset, record, attempts } = head
    const changes = new Map<string, Json | undefined>([[placeKey(buriedPrefix, of, offset), true]])
    if (head.isParked) changes.set(placeKey(parkedPrefix, of, offset), undefined)
    await this.insist(() => this.parts.context.bury([{ of, offset, record, error, attempts }], changes))
    if (head.isParked) this.countOut(head)
    else this.parts.resolved(head)
    remove(lane, head)
  }

  /** Puts them into the state as they are now; then the group's offset may pass them. */
  private park(deliveries: readonly Delivery[]): Promise<void> {
    const parked = [...deliveries]
    const changes = new Map<string, Json | undefined>()
    for (const delivery of parked) {
      changes.set(placeKey(parkedPrefix, delivery.of, delivery.offset), encodeDelivery(delivery))
    }
    const parking = this.put(changes).then(() => {
      for (const delivery of parked) {
        if (delivery.parking === parking) delete delivery.parking
        if (delivery.isParked) continue
        delivery.isParked = true
        this.countIn(delivery)
        this.parts.resolved(delivery)
      }
    })
    for (const delivery of parked) delivery.parking = parking
    return parking
  }

  private put(changes: ReadonlyMap<string, Json | undefined>): Promise<void> {
    return this.insist(() => this.parts.context.state.put(changes))
  }

  /** The log may refuse for a while, such as on a full disk. */
  private async insist(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work()
        return
      } catch (error) {
        if (!(error instanceof TailraceError) || error.retry !== 'timed') throw error
        await this.parts.context.clock.sleep(refusedMs, this.ended.signal)
      }
    }
  }

  private countIn(delivery: Delivery): void {
    this.count(deliveryBytes(delivery), 1)
  }

  private countOut(delivery: Delivery): void {
    this.count(-deliveryBytes(delivery), -1)
  }

  private count(bytes: number, records: number): void {
    const { metrics, pipeline, connector: sink } = this.parts.context
    this.bytesParked += bytes
    this.countParked += records
    metrics.gauge('tailrace_webhook_parked_records', { pipeline, sink }, this.countParked)
  }
}

function remove(lane: Lane, delivery: Delivery): void {
  const at = lane.deliveries.indexOf(delivery)
  if (at >= 0) lane.deliveries.splice(at, 1)
}

// Sends deliveries: each lane in its order, each endpoint at its own pace, none at the cost of another.
//
// A delivery that failed is parked: it lies in the state before its lane goes on waiting, and so do those behind it, of
// which no attempt is made. A lane is parked from its first delivery on, so that nothing lies in the state whose
// predecessor has to come from the log again. What was parked and then taken leaves the state before the next of its
// lane is sent: a crash repeats deliveries at most.

import type { Json } from '../../core/connector/context.js'
import type { SinkContext, SinkPartition } from '../../core/connector/sink.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Outcome, WebhookClient } from './client.js'
import { buriedPrefix, type Delivery, deliveryBytes, encodeDelivery, parkedPrefix, placeKey } from './delivery.js'
import { Endpoint, Lane } from './endpoint.js'
import { webhookErrors } from './errors.js'
import type { Parking, Verdict } from './parking.js'
import { delayBehind } from './schedule.js'
import type { WebhookSettings } from './settings.js'

/** Of one put; in base64 it has to be well below the 8 MiB that the log takes at once. */
const mostPutBytes = 4 * 1024 * 1024
/** How long a put waits that the log refuses for now. */
const refusedMs = 1_000

export interface DispatcherParts {
  readonly settings: WebhookSettings
  readonly client: WebhookClient
  readonly context: SinkContext
  /** Where deliveries wait in place of the state. */
  readonly parking: Parking | undefined
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
  /** The sink cannot go on: nothing more is sent. */
  private isHalted = false
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
    if (delivery.isParked) this.countIn(delivery)
    else void this.parkIfWaiting(lane)
    this.advance(lane)
  }

  /** One attempt of a delivery that waits elsewhere. It is put off when its endpoint has no room for it before long. */
  async attempt(delivery: Delivery): Promise<Verdict> {
    const endpoint = this.endpointOf(delivery.endpoint)
    const { concurrency } = this.parts.settings
    const { nowMs } = this
    if (endpoint.ready.length > 0 || endpoint.room(concurrency, nowMs) <= 0) {
      const isHopeless = endpoint.isLeftAlone(nowMs) || endpoint.isStalled(nowMs)
      if (this.hasStopped || isHopeless || endpoint.turns.length >= concurrency) return this.putOff(endpoint)
      await new Promise<void>((resolve) => endpoint.turns.push(resolve))
    } else endpoint.begin(nowMs)
    try {
      if (this.hasStopped || endpoint.isLeftAlone(this.nowMs)) return this.putOff(endpoint)
      const outcome = await this.parts.client.send(delivery, this.ended.signal)
      if (this.hasStopped) return this.putOff(endpoint)
      this.note(endpoint, delivery, outcome)
      return await this.judge(endpoint, delivery, outcome)
    } catch (error) {
      this.halt(error)
      return this.putOff(endpoint)
    } finally {
      endpoint.active--
      this.pump(endpoint)
    }
  }

  /** Too much waits in memory: what waits for endpoints that take nothing just now lets the group's offset pass. */
  relieve(): void {
    const { nowMs } = this
    for (const lane of this.lanes.values()) {
      const isFree = !lane.isConcluding && lane.parking === undefined
      const isHeld = this.parts.parking !== undefined && lane.isUnderWay
      if (lane.endpoint.isStalled(nowMs) && isFree && !isHeld) void this.beginPark(lane)
    }
  }

  /** Forgets what belongs to the partitions, once nothing of it is on its way; it lies in the state. */
  async drop(partitions: readonly SinkPartition[]): Promise<void> {
    const dropped = new Set(partitions.map(({ topicId, partition }) => `${topicId}/${partition}`))
    const lanes = [...this.lanes.values()].filter(({ deliveries: [head] }) => {
      return head !== undefined && dropped.has(`${head.of.topicId}/${head.of.partition}`)
    })
    for (const lane of lanes) {
      lane.isDropped = true
      lane.timer?.cancel()
    }
    while (lanes.some(({ isSending, parking }) => isSending || parking !== undefined) && this.running.size > 0) {
      await Promise.race(this.running)
    }
    for (const lane of lanes) {
      for (const delivery of lane.deliveries.splice(0)) if (delivery.isParked) this.countOut(delivery)
      this.lanes.delete(lane.name)
    }
  }

  async close(): Promise<void> {
    this.ended.abort()
    for (const endpoint of this.endpoints.values()) endpoint.wakeTurns(Infinity, this.nowMs)
    while (this.running.size > 0) await Promise.all(this.running)
    this.lanes.clear()
  }

  private get nowMs(): number {
    return this.parts.context.clock.now()
  }

  private get hasStopped(): boolean {
    return this.isHalted || this.ended.signal.aborted
  }

  private halt(error: unknown): void {
    if (this.hasStopped) return
    this.isHalted = true
    this.parts.stopped(error)
  }

  private laneOf({ lane: name, endpoint: endpointName }: Delivery): Lane {
    const known = this.lanes.get(name)
    if (known !== undefined) return known
    const lane = new Lane(name, this.endpointOf(endpointName))
    this.lanes.set(name, lane)
    return lane
  }

  private endpointOf(endpointName: string): Endpoint {
    const { failurePercent, minRequests, open: openMs } = this.parts.settings.breaker
    let endpoint = this.endpoints.get(endpointName)
    if (endpoint === undefined) {
      endpoint = new Endpoint(endpointName, { failurePercent, minRequests, openMs })
      this.endpoints.set(endpointName, endpoint)
    }
    return endpoint
  }

  /** Sees to it that the first of the lane is sent when its time has come. */
  private advance(lane: Lane): void {
    if (lane.isDropped) return
    const [head] = lane.deliveries
    if (head === undefined) {
      this.lanes.delete(lane.name)
      return
    }
    if (lane.isQueued || this.hasStopped) return
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
    if (this.hasStopped) return
    while (endpoint.ready.length > 0 && endpoint.room(settings.concurrency, this.nowMs) > 0) {
      const lane = endpoint.ready.shift()!
      if (lane.isDropped) continue
      endpoint.begin(this.nowMs)
      lane.isSending = true
      this.inBackground(this.run(lane))
    }
    endpoint.wakeTurns(endpoint.room(settings.concurrency, this.nowMs), this.nowMs)
    if (endpoint.ready.length === 0 || endpoint.isWaiting || !endpoint.isLeftAlone(this.nowMs)) return
    endpoint.isWaiting = true
    context.clock.after(Math.max(1, endpoint.nextLookMs - this.nowMs), () => {
      endpoint.isWaiting = false
      this.pump(endpoint)
    })
  }

  private inBackground(work: Promise<void>): void {
    const watched = work.catch((error: unknown) => this.halt(error)).finally(() => this.running.delete(watched))
    this.running.add(watched)
  }

  private async run(lane: Lane): Promise<void> {
    const { endpoint } = lane
    const head = lane.deliveries[0]!
    try {
      await lane.parking
      // It may wait elsewhere by now.
      if (lane.deliveries[0] !== head) return
      lane.isUnderWay = true
      const outcome = await this.parts.client.send(head, this.ended.signal)
      lane.isUnderWay = false
      // It may be on its way into the state. Behind this nothing of the lane is parked until the outcome is noted.
      await lane.parking
      // What was on its way when all ended is sent again by the next run.
      if (!this.hasStopped) await this.conclude(lane, head, outcome)
    } catch (error) {
      this.halt(error)
    } finally {
      endpoint.active--
      lane.isUnderWay = false
      lane.isSending = false
      lane.isQueued = false
      this.advance(lane)
      this.pump(endpoint)
    }
  }

  private async conclude(lane: Lane, head: Delivery, outcome: Outcome): Promise<void> {
    lane.isConcluding = true
    const { endpoint } = lane
    this.note(endpoint, head, outcome)
    const verdict = await this.judge(endpoint, head, outcome)
    if (verdict.kind === 'taken') await this.finish(lane, head)
    else if (verdict.kind === 'dead') await this.bury(lane, head, verdict.error)
    else {
      head.dueMs = verdict.atMs
      head.isStored = false
    }
    lane.isConcluding = false
    await this.parkIfWaiting(lane)
    if (verdict.kind !== 'taken' && endpoint.isLeftAlone(this.nowMs)) {
      for (const other of this.lanes.values()) if (other.endpoint === endpoint) void this.parkIfWaiting(other)
    }
  }

  /** Counts an attempt that was made, and what it says of the endpoint. */
  private note(endpoint: Endpoint, delivery: Delivery, outcome: Outcome): void {
    const { metrics, pipeline, connector: sink, logger } = this.parts.context
    metrics.count('tailrace_webhook_attempts_total', { pipeline, sink, outcome: outcome.kind })
    delivery.attempts++
    const isFailure = outcome.kind !== 'taken'
    if (endpoint.breaker.note(isFailure, this.nowMs)) {
      logger.warn('an endpoint fails too often and is left alone', { endpoint: endpoint.name })
      endpoint.wakeTurns(Infinity, this.nowMs)
    }
    if (!isFailure) endpoint.livelyMs = this.nowMs
  }

  private putOff(endpoint: Endpoint): Verdict {
    return { kind: 'again', atMs: endpoint.laterMs(this.parts.settings.concurrency, this.nowMs) }
  }

  /** Errors: webhook_disabled when the sink cannot go on without the endpoint. */
  private async judge(endpoint: Endpoint, delivery: Delivery, outcome: Outcome): Promise<Verdict> {
    if (outcome.kind === 'taken') return outcome
    if (outcome.kind === 'failed') return this.again(endpoint, delivery, outcome)
    const error = webhookErrors.make(
      'webhook_disabled',
      `${delivery.endpoint} answered 410: it wants no more records`,
      {
        details: { endpoint: delivery.endpoint },
      },
    )
    if (!(await this.parts.gone(delivery.endpoint))) throw error
    return { kind: 'dead', error }
  }

  private again(endpoint: Endpoint, delivery: Delivery, failure: Outcome & { kind: 'failed' }): Verdict {
    const { settings, context } = this.parts
    const { status, retryAfterMs } = failure
    const { schedule, jitterPercent } = settings.retry
    const delayMs = delayBehind(delivery.attempts, schedule, { jitterPercent, random: context.random, retryAfterMs })
    if (delayMs === undefined || deliveryBytes(delivery) > mostPutBytes) {
      const code = status === 0 ? 'webhook_unanswered' : 'webhook_refused'
      const message = `${delivery.endpoint}: ${failure.why} (attempt ${delivery.attempts})`
      const error = webhookErrors.make(code, message, { details: { endpoint: delivery.endpoint, status } })
      return { kind: 'dead', error }
    }
    // The receiver asked for rest: nothing else goes there meanwhile either.
    if (retryAfterMs !== undefined) {
      const untilMs = this.nowMs + Math.min(retryAfterMs, delayMs)
      endpoint.pausedUntilMs = Math.max(endpoint.pausedUntilMs, untilMs)
    }
    return { kind: 'again', atMs: this.nowMs + delayMs }
  }

  /** The record was taken, or is kept elsewhere. */
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

  /** What waits for a time, or for an endpoint that is left alone, lets the group's offset pass. */
  private parkIfWaiting(lane: Lane): Promise<void> | undefined {
    const [head] = lane.deliveries
    if (head === undefined || lane.isConcluding || lane.parking !== undefined) return lane.parking
    // What is under way cannot be taken back from a queue: the end of its attempt says whether it has to wait there.
    if (this.parts.parking !== undefined && lane.isUnderWay) return undefined
    if (!head.isParked && head.attempts === 0 && !lane.endpoint.isLeftAlone(this.nowMs)) return undefined
    return this.beginPark(lane)
  }

  private beginPark(lane: Lane): Promise<void> {
    const parking = this.park(lane)
    lane.parking = parking
    this.inBackground(parking)
    return parking
  }

  /** Puts what of the lane is not in the state as it is into it, from the first on; then the group's offset may pass. */
  private async park(lane: Lane): Promise<void> {
    // Whatever else is added in this turn goes along.
    await Promise.resolve()
    if (this.parts.parking !== undefined) {
      await this.parkElsewhere(lane, this.parts.parking)
      delete lane.parking
      return
    }
    for (let next = lane.toPark(mostPutBytes); next.length > 0; next = lane.toPark(mostPutBytes)) {
      const changes = new Map<string, Json | undefined>()
      for (const delivery of next) {
        changes.set(placeKey(parkedPrefix, delivery.of, delivery.offset), encodeDelivery(delivery))
        delivery.isStored = true
      }
      await this.put(changes)
      for (const delivery of next) {
        if (delivery.isParked) continue
        delivery.isParked = true
        this.countIn(delivery)
        this.parts.resolved(delivery)
      }
    }
    delete lane.parking
  }

  /** All of the lane, which is at an end with that. */
  private async parkElsewhere(lane: Lane, parking: Parking): Promise<void> {
    const { nextLookMs } = lane.endpoint
    for (const delivery of lane.deliveries) delivery.dueMs = Math.max(delivery.dueMs, nextLookMs)
    for (let next = lane.deliveries.slice(); next.length > 0; next = lane.deliveries.slice()) {
      await this.insist(() => parking.park(next))
      for (const delivery of next) await this.finish(lane, delivery)
    }
    lane.isDropped = true
    lane.timer?.cancel()
    this.lanes.delete(lane.name)
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

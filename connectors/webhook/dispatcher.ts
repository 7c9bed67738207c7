// Sends deliveries: each lane in its order, each endpoint at its own pace, none at the cost of another.
//
// A delivery that failed is parked: it lies in the state before its lane goes on waiting, and so do those behind it, of
// which no attempt is made. A lane is parked from its first delivery on, so that nothing lies in the state whose
// predecessor has to come from the log again. What was parked and then taken leaves the state before the next of its
// lane is sent: a crash repeats deliveries at most.

import type { Json } from '../../core/connector/context.js'
import type { SinkContext, SinkPartition } from '../../core/connector/sink.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Sender } from './client.js'
import type { Labels } from '../../core/telemetry/recorder.js'
import {
  buriedPrefix,
  type Delivery,
  deliveryBytes,
  encodeDelivery,
  parkedPrefix,
  placeKey,
  recordsOf,
} from './delivery.js'
import { Endpoint, Lane } from './endpoint.js'
import { webhookErrors } from './errors.js'
import type { Outcome } from './exchange.js'
import type { Parking, Verdict } from './parking.js'
import { delayBehind } from './schedule.js'
import type { WebhookSettings } from './settings.js'
import { mostPutBytes, StateWriter } from './state-writer.js'

/** How long a put waits that the log refuses for now. */
const refusedMs = 1_000
/** About what a change without a record takes. */
const smallChangeBytes = 128
/** `paused/ENDPOINT` holds until when it asked for rest; wall clock. */
const pausedPrefix = 'paused/'
/** Endpoints without work that are remembered, for what their breakers know: with fields in `url` there may be any number. */
const mostIdleEndpoints = 1_000

export interface DispatcherParts {
  readonly settings: WebhookSettings
  readonly client: Sender
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
  private readonly stateWriter: StateWriter
  private readonly labels: Labels
  private readonly outcomeLabels: Readonly<Record<Outcome['kind'], Labels>>
  private readonly lanes = new Map<string, Lane>()
  private readonly endpoints = new Map<string, Endpoint>()
  /** Those without work, the one that ended first in front. */
  private readonly idle = new Set<Endpoint>()
  /** Those with requests under way, the one that took something longest ago in front. */
  private readonly atWork = new Set<Endpoint>()
  /** Attempts and puts under way, and who waits for the next to end. */
  private runningCount = 0
  private readonly waiting: (() => void)[] = []
  private readonly ended = new AbortController()
  /** The sink cannot go on: nothing more is sent. */
  private isHalted = false
  private bytesParked = 0
  private countParked = 0

  constructor(parts: DispatcherParts) {
    const { pipeline, connector: sink, state } = parts.context
    this.parts = parts
    this.labels = { pipeline, sink }
    const outcomeLabels = (outcome: Outcome['kind']): Labels => ({ pipeline, sink, outcome })
    this.outcomeLabels = {
      taken: outcomeLabels('taken'),
      failed: outcomeLabels('failed'),
      gone: outcomeLabels('gone'),
    }
    this.stateWriter = new StateWriter((changes) => this.insist(() => state.put(changes)))
  }

  /** Endpoints that asked for rest are left alone behind a start as well. */
  async open(): Promise<void> {
    const { state } = this.parts.context
    const over = new Map<string, undefined>()
    for (const [key, untilMs] of state.entries(pausedPrefix)) {
      if (Number(untilMs) <= this.nowMs) over.set(key, undefined)
      else {
        const endpoint = this.endpointOf(key.slice(pausedPrefix.length))
        endpoint.pausedUntilMs = Number(untilMs)
        this.rest(endpoint)
      }
    }
    await state.put(over)
  }

  /** Of all records that wait for their next attempt. */
  get parkedBytes(): number {
    return this.bytesParked
  }

  /** How many are remembered. */
  get endpointCount(): number {
    return this.endpoints.size
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
    } else this.begin(endpoint)
    try {
      if (this.hasStopped || endpoint.isLeftAlone(this.nowMs)) return this.putOff(endpoint)
      if (endpoint.isGone) return { kind: 'dead', error: disabledError(endpoint) }
      const outcome = await this.parts.client.send(delivery)
      if (this.hasStopped) return this.putOff(endpoint)
      this.note(endpoint, delivery, outcome)
      const verdict = await this.judge(endpoint, delivery, outcome)
      if (verdict.kind !== 'taken') this.parkHeld(endpoint)
      return verdict
    } catch (error) {
      this.halt(error)
      return this.putOff(endpoint)
    } finally {
      this.end(endpoint)
    }
  }

  /** Too much waits in memory: what waits for endpoints that take nothing just now lets the group's offset pass. */
  relieve(): void {
    const { nowMs } = this
    for (const endpoint of this.atWork) {
      if (!endpoint.isStalled(nowMs)) return
      for (const lane of endpoint.held) {
        const isHeld = this.parts.parking !== undefined && lane.isUnderWay
        if (!lane.isConcluding && !isHeld) void this.beginPark(lane)
      }
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
    while (lanes.some(({ isSending, parking }) => isSending || parking !== undefined)) await this.nextEnd()
    for (const lane of lanes) {
      for (const delivery of lane.deliveries.slice()) {
        if (delivery.isParked) this.countOut(delivery)
        lane.remove(delivery)
      }
      this.forget(lane)
    }
  }

  async close(): Promise<void> {
    this.ended.abort()
    this.parts.client.abandon()
    for (const endpoint of this.endpoints.values()) this.wakeTurns(endpoint, Infinity)
    while (this.runningCount > 0) await this.nextEnd()
    for (const lane of this.lanes.values()) lane.timer?.cancel()
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
    lane.endpoint.laneCount++
    this.lanes.set(name, lane)
    return lane
  }

  private forget(lane: Lane): void {
    if (this.lanes.get(lane.name) !== lane) return
    this.lanes.delete(lane.name)
    lane.endpoint.laneCount--
    this.rest(lane.endpoint)
  }

  private endpointOf(endpointName: string): Endpoint {
    const { failurePercent, minRequests, open: openMs } = this.parts.settings.breaker
    let endpoint = this.endpoints.get(endpointName)
    if (endpoint === undefined) {
      endpoint = new Endpoint(endpointName, { failurePercent, minRequests, openMs })
      this.endpoints.set(endpointName, endpoint)
    }
    this.idle.delete(endpoint)
    return endpoint
  }

  /** Of endpoints without work few are remembered; those that are left alone until a time are, until then. */
  private rest(endpoint: Endpoint): void {
    if (!endpoint.isIdle || this.endpoints.get(endpoint.name) !== endpoint) return
    this.idle.add(endpoint)
    if (this.idle.size <= mostIdleEndpoints) return
    // Two, so that the number goes down again when it grew while all of them were left alone.
    for (const oldest of first(this.idle, 2)) {
      this.idle.delete(oldest)
      if (oldest.isLeftAlone(this.nowMs)) this.idle.add(oldest)
      else this.forgetEndpoint(oldest)
    }
  }

  private forgetEndpoint(endpoint: Endpoint): void {
    this.endpoints.delete(endpoint.name)
    if (endpoint.pausedUntilMs > 0) this.endPause(endpoint)
  }

  /** Takes the place of one request. */
  private begin(endpoint: Endpoint): void {
    endpoint.begin(this.nowMs)
    if (endpoint.active === 1) this.atWork.add(endpoint)
  }

  /** Gives the place of one request to the next. */
  private end(endpoint: Endpoint): void {
    endpoint.active--
    if (endpoint.active === 0) this.atWork.delete(endpoint)
    this.pump(endpoint)
    this.rest(endpoint)
  }

  private wakeTurns(endpoint: Endpoint, mostTurns: number): void {
    for (const wake of endpoint.turns.splice(0, Math.max(0, mostTurns))) {
      this.begin(endpoint)
      wake()
    }
  }

  /** Sees to it that the first of the lane is sent when its time has come. */
  private advance(lane: Lane): void {
    if (lane.isDropped) return
    const [head] = lane.deliveries
    if (head === undefined) {
      this.forget(lane)
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
      this.begin(endpoint)
      lane.isSending = true
      void this.run(lane)
    }
    if (endpoint.turns.length > 0) this.wakeTurns(endpoint, endpoint.room(settings.concurrency, this.nowMs))
    if (endpoint.ready.length === 0 || endpoint.isWaiting || !endpoint.isLeftAlone(this.nowMs)) return
    endpoint.isWaiting = true
    context.clock.after(Math.max(1, endpoint.nextLookMs - this.nowMs), () => {
      endpoint.isWaiting = false
      this.pump(endpoint)
    })
  }

  /** Resolves when an attempt or a put has ended. */
  private nextEnd(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  private noteEnd(): void {
    this.runningCount--
    for (const wake of this.waiting.splice(0)) wake()
  }

  /** Never rejects. */
  private async run(lane: Lane): Promise<void> {
    const { endpoint } = lane
    const head = lane.deliveries[0]!
    this.runningCount++
    try {
      if (lane.parking !== undefined) await lane.parking
      // It may wait elsewhere by now.
      if (lane.deliveries[0] !== head || this.hasStopped) return
      if (endpoint.isGone) return await this.settle(lane, head, { kind: 'dead', error: disabledError(endpoint) })
      lane.isUnderWay = true
      const outcome = await this.parts.client.send(head)
      lane.isUnderWay = false
      // It may be on its way into the state. Behind this nothing of the lane is parked until the outcome is noted.
      if (lane.parking !== undefined) await lane.parking
      // What was on its way when all ended is sent again by the next run.
      if (this.hasStopped) return
      if (outcome.kind === 'taken' && !head.isParked) this.concludeTaken(lane, head)
      else await this.conclude(lane, head, outcome)
    } catch (error) {
      this.halt(error)
    } finally {
      lane.isUnderWay = false
      lane.isSending = false
      lane.isQueued = false
      this.advance(lane)
      this.end(endpoint)
      this.noteEnd()
    }
  }

  /** What comes of nearly all: without a promise. */
  private concludeTaken(lane: Lane, head: Delivery): void {
    this.note(lane.endpoint, head, { kind: 'taken' })
    this.parts.resolved(head)
    lane.remove(head)
    void this.parkIfWaiting(lane)
  }

  private async conclude(lane: Lane, head: Delivery, outcome: Outcome): Promise<void> {
    lane.isConcluding = true
    this.note(lane.endpoint, head, outcome)
    await this.settle(lane, head, await this.judge(lane.endpoint, head, outcome))
  }

  private async settle(lane: Lane, head: Delivery, verdict: Verdict): Promise<void> {
    lane.isConcluding = true
    if (verdict.kind === 'taken') await this.finish(lane, head)
    else if (verdict.kind === 'dead') await this.bury(lane, head, verdict.error)
    else {
      head.dueMs = verdict.atMs
      head.isStored = false
    }
    lane.isConcluding = false
    await this.parkIfWaiting(lane)
    if (verdict.kind !== 'taken') this.parkHeld(lane.endpoint)
  }

  /** What waits for an endpoint that is left alone lets the group's offset pass. */
  private parkHeld(endpoint: Endpoint): void {
    if (!endpoint.isLeftAlone(this.nowMs)) return
    for (const lane of endpoint.held) void this.parkIfWaiting(lane)
  }

  /** Counts an attempt that was made, and what it says of the endpoint. */
  private note(endpoint: Endpoint, delivery: Delivery, outcome: Outcome): void {
    const { metrics, logger } = this.parts.context
    metrics.count('tailrace_webhook_attempts_total', this.outcomeLabels[outcome.kind])
    delivery.attempts++
    const isFailure = outcome.kind !== 'taken'
    if (endpoint.breaker.note(isFailure, this.nowMs)) {
      logger.warn('an endpoint fails too often and is left alone', { endpoint: endpoint.name })
      this.wakeTurns(endpoint, Infinity)
    }
    if (isFailure) return
    if (endpoint.pausedUntilMs > 0 && this.nowMs >= endpoint.pausedUntilMs) this.endPause(endpoint)
    endpoint.livelyMs = this.nowMs
    if (this.atWork.size > 1 && this.atWork.delete(endpoint)) this.atWork.add(endpoint)
  }

  private putOff(endpoint: Endpoint): Verdict {
    return { kind: 'again', atMs: endpoint.laterMs(this.parts.settings.concurrency, this.nowMs) }
  }

  /** Errors: webhook_disabled when the sink cannot go on without the endpoint. */
  private async judge(endpoint: Endpoint, delivery: Delivery, outcome: Outcome): Promise<Verdict> {
    if (outcome.kind === 'taken') return outcome
    if (outcome.kind === 'failed') return this.again(endpoint, delivery, outcome)
    const error = disabledError(endpoint)
    if (!(await this.parts.gone(endpoint.name))) throw error
    endpoint.isGone = true
    return { kind: 'dead', error }
  }

  private async again(endpoint: Endpoint, delivery: Delivery, failure: Outcome & { kind: 'failed' }): Promise<Verdict> {
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
    const atMs = this.nowMs + delayMs
    if (retryAfterMs !== undefined) await this.pause(endpoint, this.nowMs + Math.min(retryAfterMs, delayMs))
    return { kind: 'again', atMs }
  }

  /** Until then nothing goes there, of this run or the next. */
  private async pause(endpoint: Endpoint, untilMs: number): Promise<void> {
    endpoint.pausedUntilMs = Math.max(endpoint.pausedUntilMs, untilMs)
    await this.stateWriter.put(new Map([[pausedPrefix + endpoint.name, endpoint.pausedUntilMs]]), smallChangeBytes)
  }

  private endPause(endpoint: Endpoint): void {
    endpoint.pausedUntilMs = 0
    const removed = new Map([[pausedPrefix + endpoint.name, undefined]])
    this.stateWriter.put(removed, smallChangeBytes).catch((error: unknown) => this.halt(error))
  }

  /** The record was taken, or is kept elsewhere. */
  private async finish(lane: Lane, head: Delivery): Promise<void> {
    if (head.isParked) {
      const removed = new Map([[placeKey(parkedPrefix, head.of, head.offset), undefined]])
      await this.stateWriter.put(removed, smallChangeBytes)
      this.countOut(head)
    } else this.parts.resolved(head)
    lane.remove(head)
  }

  /** The record becomes a dead letter, once. */
  private async bury(lane: Lane, head: Delivery, error: TailraceError): Promise<void> {
    const { of, attempts } = head
    const records = recordsOf(head)
    const changes = new Map<string, Json | undefined>()
    for (const { offset } of records) changes.set(placeKey(buriedPrefix, of, offset), true)
    if (head.isParked) changes.set(placeKey(parkedPrefix, of, head.offset), undefined)
    const buried = records.map(({ offset, record }) => ({ of, offset, record, error, attempts }))
    await this.insist(() => this.parts.context.bury(buried, changes))
    if (head.isParked) this.countOut(head)
    else this.parts.resolved(head)
    lane.remove(head)
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
    lane.noteParking(parking)
    this.runningCount++
    void parking.catch((error: unknown) => this.halt(error)).finally(() => this.noteEnd())
    return parking
  }

  /** Puts what of the lane is not in the state as it is into it, from the first on; then the group's offset may pass. */
  private async park(lane: Lane): Promise<void> {
    // Whatever else is added in this turn goes along.
    await Promise.resolve()
    if (this.parts.parking !== undefined) await this.parkElsewhere(lane, this.parts.parking)
    else {
      for (let next = lane.toPark(mostPutBytes); next.length > 0; next = lane.toPark(mostPutBytes)) {
        await this.parkInState(lane, next)
      }
    }
    lane.noteParking(undefined)
  }

  private async parkInState(lane: Lane, deliveries: readonly Delivery[]): Promise<void> {
    const changes = new Map<string, Json | undefined>()
    let bytes = 0
    for (const delivery of deliveries) {
      changes.set(placeKey(parkedPrefix, delivery.of, delivery.offset), encodeDelivery(delivery))
      bytes += deliveryBytes(delivery)
      delivery.isStored = true
    }
    await this.stateWriter.put(changes, bytes)
    for (const delivery of deliveries) {
      if (delivery.isParked) continue
      lane.noteParked(delivery)
      this.countIn(delivery)
      this.parts.resolved(delivery)
    }
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
    this.forget(lane)
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
    this.bytesParked += bytes
    this.countParked += records
    this.parts.context.metrics.gauge('tailrace_webhook_parked_records', this.labels, this.countParked)
  }
}

function disabledError({ name }: Endpoint): TailraceError {
  return webhookErrors.make('webhook_disabled', `${name} answered 410: it wants no more records`, {
    details: { endpoint: name },
  })
}

function first<Item>(items: Iterable<Item>, count: number): readonly Item[] {
  const chosen: Item[] = []
  for (const item of items) {
    if (chosen.length === count) break
    chosen.push(item)
  }
  return chosen
}

// One endpoint: its breaker, its places for requests, and the lanes that wait for one. What happens to one endpoint is
// no business of another's.

import type { Timer } from '../../core/runtime/clock.js'
import { Breaker, type BreakerSettings } from './breaker.js'
import { type Delivery, deliveryBytes } from './delivery.js'
import { Fifo } from './fifo.js'

/** A receiver that takes nothing for so long holds up what waits for it. */
export const stalledMs = 1_000

/** When a delivery from elsewhere looks again for room: at least and at most. */
const soonestMs = 250
const latestMs = 30_000
/** About what a request takes, by which those that look again are spread: of one that answers, and of one that does not. */
const livelyTurnMs = 100
const stalledTurnMs = 1_000

/** Deliveries that go one behind the other, by offset. */
export class Lane {
  readonly name: string
  readonly endpoint: Endpoint
  readonly deliveries: Delivery[] = []
  /** How many the group waits for: neither taken nor in the state. */
  heldCount = 0
  /** It waits for a place of its endpoint, or its first delivery is on its way. */
  isQueued = false
  isSending = false
  /** The request itself. */
  isUnderWay = false
  /** What came of its first delivery is being noted: meanwhile nothing of the lane is parked. */
  isConcluding = false
  /** Settles when what has to be parked of it lies in the state. */
  parking: Promise<void> | undefined
  /** Its partition is let go, or what was in it waits elsewhere. */
  isDropped = false
  /** Its first delivery waits for its time. */
  timer: Timer | undefined
  /** All before this place lie in the state as they are, but for the first of all. */
  private storedTo = 0

  constructor(name: string, endpoint: Endpoint) {
    this.name = name
    this.endpoint = endpoint
  }

  /** In the order of offsets: behind a crash an earlier record may come again. The one under way stays first. */
  add(delivery: Delivery): void {
    const { deliveries } = this
    const first = this.isSending ? 1 : 0
    let at = deliveries.length
    while (at > first && deliveries[at - 1]!.offset > delivery.offset) at--
    if (at === deliveries.length) deliveries.push(delivery)
    else deliveries.splice(at, 0, delivery)
    if (at === 0 || !delivery.isStored) this.storedTo = Math.min(this.storedTo, at)
    else if (at <= this.storedTo) this.storedTo++
    if (!delivery.isParked) this.hold()
  }

  /** It was taken, or is kept elsewhere. */
  remove(delivery: Delivery): void {
    const { deliveries } = this
    if (deliveries[0] === delivery) deliveries.shift()
    else deliveries.splice(deliveries.indexOf(delivery), 1)
    this.storedTo = Math.max(0, this.storedTo - 1)
    if (!delivery.isParked) this.release()
  }

  /** The delivery lies in the state from now on. */
  noteParked(delivery: Delivery): void {
    delivery.isParked = true
    this.release()
  }

  /**
   * The first that do not lie in the state as they are, of about `mostBytes` together. It ends before one that is larger:
   * that one waits in memory, and what is behind it with it.
   */
  toPark(mostBytes: number): readonly Delivery[] {
    const { deliveries } = this
    while (this.storedTo < deliveries.length && (this.storedTo === 0 || deliveries[this.storedTo]!.isStored))
      this.storedTo++
    const chosen: Delivery[] = []
    let bytes = 0
    for (let at = 0; at < deliveries.length; at = Math.max(at + 1, this.storedTo)) {
      const delivery = deliveries[at]!
      if (delivery.isStored) continue
      bytes += deliveryBytes(delivery)
      if (bytes > mostBytes) break
      chosen.push(delivery)
    }
    return chosen
  }

  /** What is parked of it is on its way into the state; undefined when it lies there. */
  noteParking(parking: Promise<void> | undefined): void {
    this.parking = parking
    if (parking === undefined && this.heldCount > 0) this.endpoint.held.add(this)
    else this.endpoint.held.delete(this)
  }

  private hold(): void {
    this.heldCount++
    if (this.parking === undefined) this.endpoint.held.add(this)
  }

  private release(): void {
    this.heldCount--
    if (this.heldCount === 0) this.endpoint.held.delete(this)
  }
}

export class Endpoint {
  readonly name: string
  readonly breaker: Breaker
  /** What the receiver asked for with Retry-After; wall clock. */
  pausedUntilMs = 0
  /** It answered 410: what is left for it becomes dead letters without being sent. */
  isGone = false
  active = 0
  /** Wall clock: when it took something last, or got something to do. */
  livelyMs = 0
  laneCount = 0
  /** Lanes that the group waits for, but for those that are on their way into the state. */
  readonly held = new Set<Lane>()
  /** In the order in which they came. */
  readonly ready = new Fifo<Lane>()
  /** Deliveries from elsewhere that wait for room: each is called with its place taken. */
  readonly turns: (() => void)[] = []
  /** When the last of those looks again that there was no room for. */
  private laterTurnMs = 0
  /** A timer will look again. */
  isWaiting = false

  constructor(name: string, settings: BreakerSettings) {
    this.name = name
    this.breaker = new Breaker(settings)
  }

  /** Nothing is to be done for it. */
  get isIdle(): boolean {
    return this.laneCount === 0 && this.active === 0 && this.turns.length === 0
  }

  /** Takes the place of one request. */
  begin(nowMs: number): void {
    if (this.active === 0) this.livelyMs = nowMs
    this.active++
  }

  /** When a delivery from elsewhere looks again: as many as it has no room for now do not all look at the same time. */
  laterMs(concurrency: number, nowMs: number): number {
    const stepMs = (this.isStalled(nowMs) ? stalledTurnMs : livelyTurnMs) / concurrency
    const firstMs = Math.max(this.nextLookMs, nowMs + soonestMs)
    this.laterTurnMs = Math.min(Math.max(firstMs, this.laterTurnMs + stepMs), firstMs + latestMs)
    return Math.ceil(this.laterTurnMs)
  }

  /** How many more requests may go now. */
  room(concurrency: number, nowMs: number): number {
    if (nowMs < this.pausedUntilMs) return 0
    const state = this.breaker.state(nowMs)
    if (state === 'open') return 0
    return (state === 'half-open' ? 1 : concurrency) - this.active
  }

  /** When it is worth looking again; wall clock. */
  get nextLookMs(): number {
    return Math.max(this.pausedUntilMs, this.breaker.untilMs)
  }

  /** It has requests and has taken none of them for a while. */
  isStalled(nowMs: number): boolean {
    return this.active > 0 && nowMs - this.livelyMs >= stalledMs
  }

  isLeftAlone(nowMs: number): boolean {
    return nowMs < this.pausedUntilMs || this.breaker.state(nowMs) === 'open'
  }
}

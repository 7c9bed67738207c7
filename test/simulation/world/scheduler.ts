// Virtual time and the events in it. Whatever is asynchronous in the simulated world is an event here; the next one
// runs when all that the last one set off in promises has come to rest.
//
// Events run in the order of their due time. Delays are drawn from the seed, so the order in which operations that
// are under way at once complete is part of the seed, and what must keep an order (timers) keeps it.

import { invariant } from '../../../core/errors/invariant.js'
import type { SeededRandom } from './seeded-random.js'
import { SimulatedCrash } from './simulated-crash.js'
import type { Trace } from './trace.js'

/** What an event belongs to; the events of what is dead never run. */
export interface Life {
  readonly alive: boolean
  readonly name: string
}

export interface EventRequest {
  readonly delayMs: number
  /** What it is and what it is about, for the trace and for the report on a stuck run. */
  readonly what: string
  readonly subject: string
  readonly life: Life
  readonly run: () => void
}

export interface ScheduledEvent {
  readonly dueMs: number
  readonly order: number
  readonly request: EventRequest
  cancelled: boolean
}

export interface RunLimits {
  readonly eventCount: number
  readonly virtualMs: number
}

const defaultLimits: RunLimits = { eventCount: 5_000_000, virtualMs: 24 * 3_600_000 }

/** A run without events may wait for the real world (a thread of zlib, an import) this long before it is stuck. */
const patienceMs = 250

/** After so many events the real event loop gets a turn, so that the runner of the tests stays reachable. */
const eventsPerTurn = 20_000

const maxWaitingShown = 20

export class Scheduler {
  nowMs = 0
  readonly #random: SeededRandom
  readonly #trace: Trace
  readonly #heap: ScheduledEvent[] = []
  #order = 0
  #running = false

  constructor(random: SeededRandom, trace: Trace) {
    this.#random = random
    this.#trace = trace
  }

  /** A delay between the bounds; one in fifty is up to twenty times as long. */
  drawDelayMs(lowMs: number, highMs: number): number {
    const delayMs = lowMs + this.#random.fraction() * (highMs - lowMs)
    return this.#random.chance(0.02) ? delayMs * (1 + this.#random.below(20)) : delayMs
  }

  schedule(request: EventRequest): ScheduledEvent {
    const dueMs = this.nowMs + Math.max(0, request.delayMs)
    const event = { dueMs, order: this.#order++, request, cancelled: false }
    this.#push(event)
    return event
  }

  /**
   * Starts the work and runs events until its promise settles; events that are left stay for the next run. Rejects
   * when the work waits and no event is left, or when a limit is reached, with a list of what waits; `explain` may
   * give a better reason for a run without events.
   */
  async run<T>(work: () => Promise<T>, explain: () => Error | undefined, limits = defaultLimits): Promise<T> {
    invariant(!this.#running, 'one run at a time')
    this.#running = true
    try {
      return await this.#pump(work, explain, limits)
    } finally {
      this.#running = false
    }
  }

  /** What is scheduled, soonest first, as text. */
  waiting(): string[] {
    const live = this.#heap.filter((event) => !event.cancelled && event.request.life.alive)
    live.sort((one, other) => one.dueMs - other.dueMs || one.order - other.order)
    return live.slice(0, maxWaitingShown).map(({ dueMs, request }) => {
      return `${request.what} ${request.subject} of ${request.life.name} at ${dueMs.toFixed(3)} ms`
    })
  }

  #pump<T>(work: () => Promise<T>, explain: () => Error | undefined, limits: RunLimits): Promise<T> {
    const endMs = this.nowMs + limits.virtualMs
    let eventCount = 0
    let idleTurns = 0
    let settled = false
    return new Promise<T>((resolve, reject) => {
      const fail = (error: unknown) => {
        settled = true
        reject(error)
      }
      // A tick that a microtask asks for runs when all microtasks are through: the cheapest way to wait for that.
      const rest = () => queueMicrotask(() => process.nextTick(step))
      const step = () => {
        if (settled) return
        const event = this.#next()
        if (event === undefined) {
          const reason = explain() ?? (idleTurns++ < patienceMs ? undefined : stuck())
          if (reason === undefined) setTimeout(step, 1)
          else fail(reason)
          return
        }
        idleTurns = 0
        eventCount++
        if (eventCount > limits.eventCount || event.dueMs > endMs) {
          this.#push(event)
          fail(new Error(`the run does not end: ${eventCount} events, ${this.nowMs} ms\n${this.waiting().join('\n')}`))
          return
        }
        try {
          this.#execute(event)
        } catch (error) {
          // A callback of the process that just died: nobody is left to whom its failure means anything.
          if (!(error instanceof SimulatedCrash)) {
            fail(error)
            return
          }
        }
        if (eventCount % eventsPerTurn === 0) setImmediate(step)
        else rest()
      }
      work().then((value) => {
        settled = true
        resolve(value)
      }, fail)
      rest()
    })
  }

  #execute(event: ScheduledEvent): void {
    this.nowMs = Math.max(this.nowMs, event.dueMs)
    this.#trace.number(event.order)
    this.#trace.line(() => `${this.nowMs.toFixed(3)} ${event.request.what} ${event.request.subject}`)
    event.request.run()
  }

  #next(): ScheduledEvent | undefined {
    for (let event = this.#pop(); event !== undefined; event = this.#pop()) {
      if (!event.cancelled && event.request.life.alive) return event
    }
    return undefined
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] as ScheduledEvent
      if (!isSooner(event, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = event
  }

  #pop(): ScheduledEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      const right = heap[below + 1]
      if (right !== undefined && isSooner(right, heap[below] as ScheduledEvent)) below++
      const child = heap[below] as ScheduledEvent
      if (!isSooner(child, last)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
    return first
  }
}

function stuck(): Error {
  return new Error('the run is stuck: its promise waits, and no event is left that could settle it')
}

function isSooner(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)
}

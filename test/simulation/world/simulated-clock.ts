// Clock of one process in virtual time. The wall clock of the machine may jump; the monotonic one never does.

import type { Clock, Timer } from '../../../core/runtime/clock.js'
import type { Life, Scheduler } from './scheduler.js'

/** 2027-01-15T08:00:00Z. */
const startOfTimeMs = 1_800_000_000_000

/** Timers fire late by up to this much, never early. */
const latenessMs = 0.2

/** Input and output that is ready is looked at before `soon` calls back; that takes up to this long. */
const turnMs = 0.05

/** The clock on the wall of the simulated machine. */
export class WallClock {
  readonly #scheduler: Scheduler
  #offsetMs = startOfTimeMs

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  now(): number {
    return Math.floor(this.#offsetMs + this.#scheduler.nowMs)
  }

  /** Moves the wall clock, and nothing else, forwards or backwards. */
  jump(ms: number): void {
    this.#offsetMs += ms
  }
}

export class SimulatedClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #wall: WallClock
  readonly #life: Life
  #lastSoonMs = 0

  constructor(scheduler: Scheduler, wall: WallClock, life: Life) {
    this.#scheduler = scheduler
    this.#wall = wall
    this.#life = life
  }

  now(): number {
    return this.#wall.now()
  }

  monotonicMs(): number {
    return this.#scheduler.nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const timer = this.#after(ms, 'sleep', () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = () => {
        timer.cancel()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  after(ms: number, callback: () => void): Timer {
    return this.#after(ms, 'timer', callback)
  }

  soon(callback: () => void): void {
    // Callbacks keep their order, whatever their delays.
    const dueMs = Math.max(this.#lastSoonMs, this.#scheduler.nowMs + this.#scheduler.drawDelayMs(0, turnMs))
    this.#lastSoonMs = dueMs
    const delayMs = dueMs - this.#scheduler.nowMs
    this.#scheduler.schedule({ delayMs, what: 'soon', subject: '', life: this.#life, run: callback })
  }

  #after(ms: number, what: string, callback: () => void): Timer {
    const delayMs = ms + this.#scheduler.drawDelayMs(0, latenessMs)
    const event = this.#scheduler.schedule({ delayMs, what, subject: `${ms} ms`, life: this.#life, run: callback })
    return {
      cancel() {
        event.cancelled = true
      },
    }
  }
}

// A clock that stands still until the test moves it. Timers fire in the order of their times, each in a turn of its own.

import type { Clock, Timer } from '../../core/runtime/clock.js'

interface PendingTimer extends Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Lets everything happen that needs no time: promises, and callbacks of the event loop. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export class ManualClock implements Clock {
  private wallMs: number
  private elapsedMs = 0
  private readonly timers = new Set<PendingTimer>()

  /** Begins at the given wall time, by default some day of 2026. */
  constructor(wallMs = 1_790_000_000_000) {
    this.wallMs = wallMs
  }

  now(): number {
    return this.wallMs
  }

  monotonicMs(): number {
    return this.elapsedMs
  }

  after(ms: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      dueMs: this.elapsedMs + Math.max(0, ms),
      callback,
      cancel: () => {
        this.timers.delete(timer)
      },
    }
    this.timers.add(timer)
    return timer
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const abort = (): void => {
        timer.cancel()
        reject(signal?.reason)
      }
      const timer = this.after(ms, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  soon(callback: () => void): void {
    setImmediate(callback)
  }

  /** How many timers are set: a part that is at rest has none. */
  get pendingTimers(): number {
    return this.timers.size
  }

  /** Moves the time on, and lets what falls due happen on the way, with all that follows from it without more time. */
  async advance(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms
    await settled()
    for (let next = this.nextTimer(endMs); next !== undefined; next = this.nextTimer(endMs)) {
      this.moveTo(next.dueMs)
      this.timers.delete(next)
      next.callback()
      await settled()
    }
    this.moveTo(endMs)
    await settled()
  }

  /** Moves the wall clock alone, as an administrator does. */
  jump(ms: number): void {
    this.wallMs += ms
  }

  private moveTo(elapsedMs: number): void {
    this.wallMs += elapsedMs - this.elapsedMs
    this.elapsedMs = elapsedMs
  }

  private nextTimer(untilMs: number): PendingTimer | undefined {
    let next: PendingTimer | undefined
    for (const timer of this.timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }
}

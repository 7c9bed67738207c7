// A clock whose time passes only when nothing else is to be done: for running a pipeline through hours in moments.
//
// Timers fire in the order of their times. Whoever drives it calls `toNextTimer` when all that could happen without time
// has happened.

import type { Clock, Timer } from './clock.js'

interface SetTimer extends Timer {
  readonly dueMs: number
  readonly callback: () => void
}

export class VirtualClock implements Clock {
  private readonly real: Clock
  private readonly startMs: number
  private elapsedMs = 0
  private readonly timers = new Set<SetTimer>()

  /** `real` gives the turns of the event loop; `startMs` is the wall time that it begins at. */
  constructor(real: Clock, startMs: number) {
    this.real = real
    this.startMs = startMs
  }

  now(): number {
    return this.startMs + this.elapsedMs
  }

  monotonicMs(): number {
    return this.elapsedMs
  }

  after(ms: number, callback: () => void): Timer {
    const timer: SetTimer = {
      dueMs: this.elapsedMs + Math.max(0, ms),
      callback,
      cancel: () => void this.timers.delete(timer),
    }
    this.timers.add(timer)
    return timer
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      const abort = (): void => {
        timer.cancel()
        reject(signal?.reason as Error)
      }
      const timer = this.after(ms, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  soon(callback: () => void): void {
    this.real.soon(callback)
  }

  /** Moves the time on to the first timer that is set, and fires it; false when none is. */
  toNextTimer(): boolean {
    let next: SetTimer | undefined
    for (const timer of this.timers) if (next === undefined || timer.dueMs < next.dueMs) next = timer
    if (next === undefined) return false
    this.timers.delete(next)
    this.elapsedMs = next.dueMs
    next.callback()
    return true
  }
}

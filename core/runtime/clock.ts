// The door to time. Durations are measured on the monotonic clock, stamps are taken from the wall clock.

export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump; never used for time-outs. */
  now(): number
  /** Monotonic milliseconds from an arbitrary start, with fractions. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms`, never before the current turn ended. The timer does not keep the process alive. */
  after(ms: number, callback: () => void): Timer
  /** Calls back once, after the input and output of this turn of the event loop was looked at. */
  soon(callback: () => void): void
}

export interface Timer {
  /** Cancelling twice, or after it fired, is fine. */
  cancel(): void
}

// When the next request may go. A round begins an interval behind the beginning of the one before, or at once when that
// took longer; pages of a round follow one another without a wait; a failure waits, the longer the more there were in a row.

import type { Clock } from '../../core/runtime/clock.js'
import type { Random } from '../../core/runtime/random.js'
import type { HttpPollSettings } from './settings.js'

/** Nobody is believed who asks for more. */
const mostRetryAfterMs = 24 * 3600_000

export class PollSchedule {
  readonly #settings: HttpPollSettings
  readonly #clock: Clock
  readonly #random: Random
  /** All on the monotonic clock. */
  #dueMs: number
  #roundBeganMs: number
  #failureCount = 0

  /** The first request may go at once. */
  constructor(settings: HttpPollSettings, clock: Clock, random: Random) {
    this.#settings = settings
    this.#clock = clock
    this.#random = random
    this.#dueMs = clock.monotonicMs()
    this.#roundBeganMs = this.#dueMs
  }

  /** Until the next request may go; 0 when it may. */
  get waitMs(): number {
    return Math.max(0, this.#dueMs - this.#clock.monotonicMs())
  }

  beginRound(): void {
    this.#roundBeganMs = this.#clock.monotonicMs()
  }

  /** The next request is the first of a round. */
  endRound(): void {
    const { interval, jitterPercent } = this.#settings
    const spread = (this.#random.fraction() * 2 - 1) * (jitterPercent / 100)
    this.#dueMs = this.#roundBeganMs + Math.round(interval * (1 + spread))
  }

  /** The next page of the same round may be asked for at once. */
  goOn(): void {
    this.#dueMs = this.#clock.monotonicMs()
  }

  /** A request failed; how long to wait, no less than the server asked for. */
  fail(retryAfterMs: number | undefined): number {
    const { first, longest } = this.#settings.retry
    // 2^30 times any first wait is beyond every longest one.
    const fullMs = Math.min(longest, first * 2 ** Math.min(this.#failureCount, 30))
    this.#failureCount++
    const waitMs = Math.max(Math.round(fullMs * (0.5 + 0.5 * this.#random.fraction())), believed(retryAfterMs ?? 0))
    this.#dueMs = this.#clock.monotonicMs() + waitMs
    return waitMs
  }

  /** Not before so many milliseconds, as the server said to an earlier run. */
  pause(ms: number): void {
    this.#dueMs = Math.max(this.#dueMs, this.#clock.monotonicMs() + believed(ms))
  }

  succeed(): void {
    this.#failureCount = 0
  }
}

function believed(retryAfterMs: number): number {
  return Math.min(retryAfterMs, mostRetryAfterMs)
}

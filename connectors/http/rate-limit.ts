// How many requests a source takes: a bucket that fills at a rate, and holds no more than a burst.

import type { Clock } from '../../core/runtime/clock.js'
import { httpErrors } from './errors.js'

export interface RateLimits {
  readonly requestsPerSecond: number
  readonly burst: number
}

export class RateLimit {
  readonly #limits: RateLimits
  readonly #clock: Clock
  #tokens: number
  #filledMs: number

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#tokens = limits.burst
    this.#filledMs = clock.monotonicMs()
  }

  /** Counts one request. Errors: http_rate_exceeded, with the time until the next is taken. */
  take(): void {
    const { requestsPerSecond, burst } = this.#limits
    const nowMs = this.#clock.monotonicMs()
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledMs) * requestsPerSecond) / 1000)
    this.#filledMs = nowMs
    if (this.#tokens >= 1) {
      this.#tokens--
      return
    }
    const retryAfterMs = ((1 - this.#tokens) * 1000) / requestsPerSecond
    throw httpErrors.make('http_rate_exceeded', `more than ${requestsPerSecond} requests came in a second`, {
      details: { requestsPerSecond, burst, retryAfterMs },
    })
  }
}

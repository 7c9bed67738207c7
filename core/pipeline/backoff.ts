// How long to wait before the same thing is tried again. Doubling with jitter, so that many edges that lost one target
// at once do not come back at once.

import type { Random } from '../runtime/random.js'

export interface BackoffBounds {
  readonly firstMs: number
  readonly longestMs: number
}

/** A refused append: the log is there again as soon as somebody frees space, so the wait stays short. */
export const appendBackoff: BackoffBounds = { firstMs: 100, longestMs: 5_000 }
/** A target that is down: tried for ever. */
export const targetBackoff: BackoffBounds = { firstMs: 250, longestMs: 30_000 }
/** A connector that failed: started again for ever. */
export const restartBackoff: BackoffBounds = { firstMs: 1_000, longestMs: 60_000 }

/** The waits of one series of failures. */
export class Backoff {
  private readonly bounds: BackoffBounds
  private readonly random: Random
  private attempts = 0

  constructor(bounds: BackoffBounds, random: Random) {
    this.bounds = bounds
    this.random = random
  }

  /** The next wait in milliseconds: between half of the doubled one and all of it, never above `longestMs`. */
  next(): number {
    const { firstMs, longestMs } = this.bounds
    // 2^30 times any first wait is beyond every longest one.
    const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(this.attempts, 30))
    this.attempts++
    return Math.round(fullMs * (0.5 + 0.5 * this.random.fraction()))
  }

  /** The thing worked: the next series begins with the first wait. */
  reset(): void {
    this.attempts = 0
  }
}

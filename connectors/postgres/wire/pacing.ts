// When to let bytes pile up before the next read.
//
// A walsender sends each row with a send() of its own. Over loopback TCP every one wakes the reader, which then takes
// little at a time: the wake-ups cost more than the rows. A pause of 1 ms after a short read doubles the rows per
// second, and 3 ms are worse again. It would cost latency, so it is for streams that are fast anyway; on a Unix socket,
// whose buffer is small, it only makes the sender wait.

import type { Clock } from '../../../core/runtime/clock.js'

/** How long to leave the socket alone after a read that `isShortOfMany`. */
export const paceMs = 1

const windowMs = 10
/** 6.5 MB/s. Five hundred small transactions a second are a twentieth of it. */
const busyWindowBytes = 64 * 1024
/** What one read can bring. */
const fullReadBytes = 64 * 1024

export class Pacing {
  private readonly clock: Clock
  private windowStartMs: number
  private windowBytes = 0
  private isBusy = false

  constructor(clock: Clock) {
    this.clock = clock
    this.windowStartMs = clock.monotonicMs()
  }

  /** Told of each read: did it bring little although much is coming? */
  isShortOfMany(readBytes: number): boolean {
    const elapsedMs = this.clock.monotonicMs() - this.windowStartMs
    if (elapsedMs >= windowMs) {
      this.isBusy = this.windowBytes * windowMs >= busyWindowBytes * elapsedMs
      this.windowStartMs += elapsedMs
      this.windowBytes = 0
    }
    this.windowBytes += readBytes
    return this.isBusy && readBytes < fullReadBytes
  }
}

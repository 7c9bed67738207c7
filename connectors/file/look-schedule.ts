// When to look at the directories: every `rescanMs`, sooner after a hint, never so often that looking takes more than
// a tenth of the time. Ten thousand files cost some hundred milliseconds a look; nobody wants to pay them each second.

import type { Clock } from '../../core/runtime/clock.js'

/** A look takes at most one part in this many of the time. */
const restPerLook = 9

/** Hints come in bursts: a rotation is a rename, a creation and a write. */
const hastenedMs = 20

export class LookSchedule {
  readonly #clock: Clock
  readonly #rescanMs: number
  #endedMs = Number.NEGATIVE_INFINITY
  #tookMs = 0
  #isHastened = false

  constructor(clock: Clock, rescanMs: number) {
    this.#clock = clock
    this.#rescanMs = rescanMs
  }

  /** Is it time? */
  isDue(): boolean {
    const restMs = Math.max(this.#tookMs * restPerLook, this.#isHastened ? hastenedMs : this.#rescanMs)
    return this.#clock.monotonicMs() - this.#endedMs >= restMs
  }

  /** There is something to find: do not wait for the rescan. */
  hasten(): void {
    this.#isHastened = true
  }

  /** Carries out a look and notes what it took. */
  async measure<T>(look: () => Promise<T>): Promise<T> {
    this.#isHastened = false
    const startedMs = this.#clock.monotonicMs()
    try {
      return await look()
    } finally {
      this.#endedMs = this.#clock.monotonicMs()
      this.#tookMs = this.#endedMs - startedMs
    }
  }
}

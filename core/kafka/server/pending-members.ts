// Member ids that were given out and not used yet. From JoinGroup 4 on a new member learns its id before it joins
// (KIP-394), so that one whose answer is lost does not leave a ghost behind in its group.

import type { Clock } from '../../runtime/clock.js'
import type { Random } from '../../runtime/random.js'

/** The oldest go first: each takes some hundred bytes, and a client joins within milliseconds. */
const mostPending = 20_000

export class PendingMembers {
  readonly #clock: Clock
  readonly #random: Random
  /** By group and id, oldest first; until when, on the monotonic clock. */
  readonly #until = new Map<string, number>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** An id for a member that will join within its session time-out. */
  give(group: string, clientId: string, sessionTimeoutMs: number): string {
    const memberId = `${clientId}-${this.#random.uuid()}`
    this.#until.set(keyOf(group, memberId), this.#clock.monotonicMs() + sessionTimeoutMs)
    for (const key of this.#until.keys()) {
      if (this.#until.size <= mostPending) break
      this.#until.delete(key)
    }
    return memberId
  }

  /** Whether the id was given out for the group and is used for the first time now. */
  take(group: string, memberId: string): boolean {
    const key = keyOf(group, memberId)
    const untilMs = this.#until.get(key)
    this.#until.delete(key)
    return untilMs !== undefined && this.#clock.monotonicMs() < untilMs
  }
}

function keyOf(group: string, memberId: string): string {
  return JSON.stringify([group, memberId])
}

// The memory of one answer to a Fetch, reserved in the budget of all connections when its batches are about to be read.
//
// A fetch that waits holds nothing. One that reads takes a part of the room that is left, so that others find some too,
// but what one batch needs at least; when there is not even that, it reads nothing.

import type { ByteBudget } from './byte-budget.js'

/** However many peers do not read: the next answer leaves three times its size to others. */
const shareOfRoom = 1 / 4

export interface FetchNeed {
  /** What is there to be read. */
  readonly thereBytes: number
  /** What the client's limits let through. */
  readonly largestBytes: number
  /** What a batch of these topics may have. */
  readonly batchBytes: number
}

export class FetchRoom {
  readonly #budget: ByteBudget
  #reservedBytes = 0
  #isRefused = false

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** Was there something to be read, and no room for it? */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** Once: how many bytes may be read; 0 for none. */
  reserve({ thereBytes, largestBytes, batchBytes }: FetchNeed): number {
    const { room, leastRoom } = this.#budget
    const leastBytes = Math.min(thereBytes, batchBytes)
    const wantedBytes = Math.min(thereBytes, largestBytes, Math.floor(room * shareOfRoom))
    const grantedBytes = Math.max(leastBytes, wantedBytes)
    this.#isRefused = leastBytes > leastRoom
    if (this.#isRefused) return 0
    this.#reservedBytes = grantedBytes
    this.#budget.add(grantedBytes)
    return grantedBytes
  }

  /** Twice is fine. */
  giveBack(): void {
    const bytes = this.#reservedBytes
    this.#reservedBytes = 0
    if (bytes > 0) this.#budget.give(bytes)
  }
}

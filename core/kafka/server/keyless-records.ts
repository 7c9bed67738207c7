// Finds records without a key, which no compacted topic takes. To look at them is the only work of the server whose size a
// peer can hide: two kilobytes may open to 64 MiB, with nine million records in them.
//
// So one batch is open at a time, over all connections, whoever asks first comes first, and after some work the event loop
// goes round once. Who has many batches asks for one after the other, so that nobody waits behind all of them.

import { RecordCursor } from '../../record/record-cursor.js'
import type { Clock } from '../../runtime/clock.js'

/** Some ten milliseconds: records that were walked, or bytes that came out of a compressed batch. */
const recordsPerTurn = 200_000
const openedBytesPerTurn = 8 * 1024 * 1024

const nothing = Buffer.alloc(0)

export class KeylessRecords {
  readonly #clock: Clock
  readonly #cursor = new RecordCursor()
  /** Settles when the batch before was looked through. */
  #before: Promise<unknown> = Promise.resolve()
  /** Done since the event loop went round, as a share of what is done at most. */
  #shareOfTurn = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Their numbers in the batch, of the first `most` of them. The batch is left alone until then. Errors: record_malformed,
   * decompression_failed; an aborted signal rejects with its reason.
   */
  find(batch: Buffer, most: number, signal: AbortSignal): Promise<readonly number[]> {
    const found = this.#before.then(() => this.#find(batch, most, signal))
    this.#before = found.catch(() => undefined)
    return found
  }

  async #find(batch: Buffer, most: number, signal: AbortSignal): Promise<readonly number[]> {
    const cursor = this.#cursor
    const found: number[] = []
    signal.throwIfAborted()
    try {
      cursor.reset(batch)
      for (let number = 0; found.length < most; number++) {
        if (this.#shareOfTurn >= 1) await this.#goRound(signal)
        if (!cursor.next()) break
        if (number === 0 && cursor.bytes !== batch) this.#shareOfTurn += cursor.bytes.length / openedBytesPerTurn
        this.#shareOfTurn += 1 / recordsPerTurn
        if (cursor.keyStart === -1) found.push(number)
      }
    } finally {
      // What it opened to is not kept.
      cursor.reset(nothing)
    }
    return found
  }

  async #goRound(signal: AbortSignal): Promise<void> {
    this.#shareOfTurn = 0
    await new Promise<void>((resolve) => this.#clock.soon(resolve))
    signal.throwIfAborted()
  }
}

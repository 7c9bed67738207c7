// Judges the batches of a turn by their sequences, takes them into the producers' tables, and takes them back when the
// turn comes to nothing. Used by every engine before a batch is given its place.

import {
  entryWith,
  judge,
  lastBatchOf,
  sequencedBatchAt,
  type ProducedBatch,
  type ProducerEntry,
  type SequencedBatch,
} from './producer-sequences.js'
import type { ProducerTable } from './producer-table.js'

/** A batch that may be appended (its base offset is to be set with its place), or one that was taken in before. */
export interface TakenBatch {
  readonly kind: 'new' | 'repeated'
  readonly produced: ProducedBatch
}

/** A batch that may not; the reason is for the message of an error. */
export interface RefusedBatch {
  readonly kind: 'old-epoch' | 'out-of-order'
  readonly reason: string
  readonly sequenced: SequencedBatch
}

/** A producer as a table knew it before a batch of this turn. */
interface ProducerMark {
  readonly table: ProducerTable
  readonly producerId: number
  readonly entry: ProducerEntry | undefined
}

export class ProducerTurn {
  readonly #marks: ProducerMark[] = []

  /** To take back to. */
  get mark(): number {
    return this.#marks.length
  }

  /** The batch, which has a producer, is the next of its partition. `nowMs` is of the clock that does not jump. */
  take(table: ProducerTable, batch: Uint8Array, nowMs: number): TakenBatch | RefusedBatch {
    const sequenced = sequencedBatchAt(batch, 0)
    const { producerId, epoch, firstSequence } = sequenced
    const known = table.get(producerId)
    const judgement = judge(known, sequenced)
    if (judgement.kind === 'repeats') return { kind: 'repeated', produced: judgement.batch }
    if (judgement.kind === 'follows') {
      const entry = entryWith(known, sequenced, { baseOffset: -1, nowMs })
      this.#marks.push({ table, producerId, entry: known })
      table.put(producerId, entry)
      return { kind: 'new', produced: lastBatchOf(entry) }
    }
    const who = `sequence ${firstSequence} of producer ${producerId} in epoch ${epoch}`
    const why =
      judgement.kind === 'old-epoch'
        ? `is of an older epoch than ${judgement.epoch}`
        : `is out of order: ${judgement.expected} comes next`
    return { kind: judgement.kind, reason: `${who} ${why}`, sequenced }
  }

  takeBack(to: number): void {
    while (this.#marks.length > to) {
      const { table, producerId, entry } = this.#marks.pop() as ProducerMark
      table.put(producerId, entry)
    }
  }
}

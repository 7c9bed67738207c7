// Judges the batches of a turn by their sequences, takes them into the producers' tables, and takes them back when the
// turn comes to nothing. Used by every engine before a batch is given its place.

import {
  entryAwaiting,
  entryWith,
  judge,
  sequencedBatchAt,
  type ProducedBatch,
  type ProducerEntry,
  type SequencedBatch,
} from './producer-sequences.js'
import type { ProducerTable } from './producer-table.js'

/** A batch that may be appended, to be completed with its place; or one that was taken in before. */
export type TakenBatch =
  | { readonly kind: 'new'; readonly produced: ProducedBatch; readonly entry: ProducerEntry }
  | { readonly kind: 'repeated'; readonly produced: ProducedBatch }

/** A batch that may not; the reason is for the message of an error. */
export interface RefusedBatch {
  readonly kind: 'old-epoch' | 'out-of-order'
  readonly reason: string
  readonly sequenced: SequencedBatch
}

/** A batch of this turn, and what its table knew of the producer before it. */
interface ProducerMark {
  readonly table: ProducerTable
  readonly sequenced: SequencedBatch
  readonly entry: ProducerEntry | undefined
  readonly nowMs: number
}

/** `appendTimeMs` is -1 where the records keep their own times. */
export function completeTaken(
  taken: TakenBatch,
  place: { readonly baseOffset: number; readonly appendTimeMs: number },
): void {
  if (taken.kind !== 'new') return
  taken.produced.baseOffset = place.baseOffset
  if (place.appendTimeMs >= 0) taken.entry.lastTimestampMs = place.appendTimeMs
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
      this.#marks.push({ table, sequenced, entry: known, nowMs })
      table.put(producerId, entry)
      return { kind: 'new', produced: entry.batches.at(-1) as ProducedBatch, entry }
    }
    const who = `sequence ${firstSequence} of producer ${producerId} in epoch ${epoch}`
    const why =
      judgement.kind === 'old-epoch'
        ? `is of an older epoch than ${judgement.epoch}`
        : `is out of order: ${judgement.expected} comes next`
    return { kind: judgement.kind, reason: `${who} ${why}`, sequenced }
  }

  /** What was the first batch of a producer is awaited from now on. */
  takeBack(to: number): void {
    while (this.#marks.length > to) {
      const { table, sequenced, entry, nowMs } = this.#marks.pop() as ProducerMark
      table.put(sequenced.producerId, entry ?? entryAwaiting(sequenced, nowMs))
    }
  }

  /** The batch, which has a producer, is refused without being judged: for want of room, not for what it is. */
  refuse(table: ProducerTable, batch: Uint8Array, nowMs: number): void {
    const sequenced = sequencedBatchAt(batch, 0)
    if (table.get(sequenced.producerId) === undefined) table.put(sequenced.producerId, entryAwaiting(sequenced, nowMs))
  }
}

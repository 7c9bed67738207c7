// What one turn of the committer puts into the open frame and into segments, and how to take all of it back.

import type { TailraceError } from '../errors/tailrace-error.js'
import { hasProducer, isControl } from '../record/batch-layout.js'
import { lastOffsetOfProduced } from '../record/producer-sequences.js'
import { completeTaken, ProducerTurn, type RefusedBatch, type TakenBatch } from '../record/producer-turn.js'
import { TransactionTurn } from '../record/transaction-turn.js'
import { logErrors } from './errors.js'
import { batchEntryBytes } from './journal-entry.js'
import type { FrameBuilder, FrameMark } from './frame-builder.js'
import type { Ticket } from './committer.js'
import type { AssignedPlace, PartitionLog, PartitionMark } from './partition-log.js'
import type { Segment } from './segment.js'

/** Where a turn's batches for one segment begin, and where their bytes lie in the frame: start, end, start, end… */
interface SegmentSpans {
  readonly position: number
  readonly spans: number[]
}

/** For each batch of a ticket; undefined for one without a producer. */
export type TakenBatches = readonly (TakenBatch | undefined)[]

export class Staging {
  readonly #builder: FrameBuilder
  readonly #frameMark: FrameMark
  readonly #logMarks = new Map<PartitionLog, PartitionMark>()
  readonly #spans = new Map<Segment, SegmentSpans>()
  readonly #stamp: { readonly nowMs: number; readonly monotonicMs: number; readonly leaderEpoch: number }
  readonly #producers = new ProducerTurn()
  readonly #transactions = new TransactionTurn()
  stagedBytes = 0

  constructor(
    builder: FrameBuilder,
    stamp: { readonly nowMs: number; readonly monotonicMs: number; readonly leaderEpoch: number },
  ) {
    this.#builder = builder
    this.#frameMark = builder.mark()
    this.#stamp = stamp
  }

  /**
   * Judges the ticket's batches by their sequences, in their order, and takes them in; to be followed by `add`. When one
   * is refused, nothing of the ticket is taken in and the reason returned.
   */
  judge(ticket: Ticket): TailraceError | undefined {
    const before = this.#producers.mark
    const taken: (TakenBatch | undefined)[] = []
    for (const { log, batch } of ticket.request.batches) {
      const one = isSequenced(batch) ? this.#producers.take(log.producers, batch, this.#stamp.monotonicMs) : undefined
      if (one !== undefined && 'reason' in one) {
        this.#producers.takeBack(before)
        return refusalOf(log, one)
      }
      taken.push(one)
    }
    ticket.taken = taken
    return undefined
  }

  /** The ticket is refused without being judged, though nothing is wrong with it. */
  refuse({ request }: Ticket): void {
    for (const { log, batch } of request.batches)
      if (isSequenced(batch)) this.#producers.refuse(log.producers, batch, this.#stamp.monotonicMs)
  }

  /** Gives the ticket's batches their places and copies them into the frame. Throws when a new segment cannot be made. */
  add(ticket: Ticket): void {
    for (const { change } of ticket.request.changes) this.#builder.addChange(change)
    const { batches } = ticket.request
    for (let index = 0; index < batches.length; index++) {
      const { log, batch } = batches[index]!
      const taken = ticket.taken?.[index]
      const { topic, partition } = log.identity
      if (taken?.kind === 'repeated') {
        const { baseOffset } = taken.produced
        const lastOffset = lastOffsetOfProduced(taken.produced)
        ticket.placed.push({ topic, partition, baseOffset, lastOffset, appendTimeMs: -1 })
        continue
      }
      const place = this.#place(log, batch)
      const { baseOffset, lastOffset, appendTimeMs } = place
      if (taken !== undefined) completeTaken(taken, place)
      ticket.placed.push({ topic, partition, baseOffset, lastOffset, appendTimeMs })
    }
  }

  /** Writes the staged bytes to their segments; what it throws is to be followed by `takeBack`. */
  writeSegments(): void {
    const frame = this.#builder.bytes
    for (const [segment, { position, spans }] of this.#spans) {
      const parts: Buffer[] = []
      for (let index = 0; index < spans.length; index += 2) parts.push(frame.subarray(spans[index], spans[index + 1]))
      segment.writevSync(parts, position)
    }
  }

  takeBack(): void {
    this.#producers.takeBack(0)
    this.#transactions.takeBack()
    this.#builder.rollBack(this.#frameMark)
    for (const [log, mark] of this.#logMarks) log.rollBack(mark)
  }

  touchedLogs(): Iterable<PartitionLog> {
    return this.#logMarks.keys()
  }

  touchedSegments(): Iterable<Segment> {
    return this.#spans.keys()
  }

  #place(log: PartitionLog, batch: Uint8Array): AssignedPlace {
    if (!this.#logMarks.has(log)) this.#logMarks.set(log, log.mark())
    const segment = log.prepare(batch, this.#stamp.nowMs)
    const position = segment.bytes
    const start = this.#builder.addBatch(log.entryTemplate, { segmentBase: segment.baseOffset, position }, batch)
    const end = start + batch.length
    const placed = log.assign(segment, this.#builder.bytes, start, this.#stamp)
    this.#builder.finishEntry(end)
    const { baseOffset: firstOffset } = placed
    this.#transactions.take(log.transactions, batch, { firstOffset, segmentBase: segment.baseOffset, position })
    this.#span(segment, position).push(start, end)
    this.stagedBytes += batchEntryBytes + batch.length
    return placed
  }

  #span(segment: Segment, position: number): number[] {
    const known = this.#spans.get(segment)
    if (known !== undefined) return known.spans
    const made = { position, spans: [] }
    this.#spans.set(segment, made)
    return made.spans
  }
}

/** Did a producer number its records? The end of a transaction names a producer, but has no sequence. */
export function isSequenced(batch: Uint8Array): boolean {
  return hasProducer(batch, 0) && !isControl(batch, 0)
}

function refusalOf(log: PartitionLog, { kind, reason, sequenced }: RefusedBatch): TailraceError {
  const { topic, partition } = log.identity
  const code = kind === 'old-epoch' ? 'producer_outdated' : 'batch_out_of_order'
  return logErrors.make(code, `${topic}-${partition}: ${reason}`, { details: { topic, partition, ...sequenced } })
}

// What one turn of the committer puts into the open frame and into segments, and how to take all of it back.

import { batchEntryBytes } from './journal-entry.js'
import type { FrameBuilder, FrameMark } from './frame-builder.js'
import type { Ticket } from './committer.js'
import type { PartitionLog, PartitionMark } from './partition-log.js'
import type { Segment } from './segment.js'

/** Where a turn's batches for one segment begin, and where their bytes lie in the frame: start, end, start, end… */
interface SegmentSpans {
  readonly position: number
  readonly spans: number[]
}

export class Staging {
  readonly #builder: FrameBuilder
  readonly #frameMark: FrameMark
  readonly #logMarks = new Map<PartitionLog, PartitionMark>()
  readonly #spans = new Map<Segment, SegmentSpans>()
  readonly #stamp: { readonly nowMs: number; readonly leaderEpoch: number }
  stagedBytes = 0

  constructor(builder: FrameBuilder, stamp: { readonly nowMs: number; readonly leaderEpoch: number }) {
    this.#builder = builder
    this.#frameMark = builder.mark()
    this.#stamp = stamp
  }

  /** Gives the ticket's batches their places and copies them into the frame. Throws when a new segment cannot be made. */
  add(ticket: Ticket): void {
    for (const { change } of ticket.request.changes) this.#builder.addChange(change)
    for (const { log, batch } of ticket.request.batches) {
      if (!this.#logMarks.has(log)) this.#logMarks.set(log, log.mark())
      const segment = log.prepare(batch, this.#stamp.nowMs)
      const place = { segmentBase: segment.baseOffset, position: segment.bytes }
      const start = this.#builder.addBatch(log.entryTemplate, place, batch)
      const end = start + batch.length
      const { baseOffset, lastOffset } = log.assign(segment, this.#builder.bytes, start, this.#stamp.leaderEpoch)
      this.#builder.finishEntry(end)
      this.#span(segment, place.position).push(start, end)
      ticket.placed.push({ topic: log.identity.topic, partition: log.identity.partition, baseOffset, lastOffset })
      this.stagedBytes += batchEntryBytes + batch.length
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
    this.#builder.rollBack(this.#frameMark)
    for (const [log, mark] of this.#logMarks) log.rollBack(mark)
  }

  touchedLogs(): Iterable<PartitionLog> {
    return this.#logMarks.keys()
  }

  touchedSegments(): Iterable<Segment> {
    return this.#spans.keys()
  }

  #span(segment: Segment, position: number): number[] {
    const known = this.#spans.get(segment)
    if (known !== undefined) return known.spans
    const made = { position, spans: [] }
    this.#spans.set(segment, made)
    return made.spans
  }
}

// One batch as a sink gets it, and the cursor that walks just its range.

import type { SinkBatch, SinkPartition } from '../connector/sink.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { baseOffsetOf, batchBytes, lastOffsetOf } from '../record/batch-layout.js'
import { RecordCursor } from '../record/record-cursor.js'

/** Records of one batch that nobody can read. */
export interface UnreadableRecords {
  readonly firstOffset: number
  readonly lastOffset: number
  /** The whole batch as it lies in the log; a view. */
  readonly batch: Buffer
  readonly error: TailraceError
}

/** Called during a walk, again for each walk; what it throws ends the walk. */
export type UnreadableListener = (of: SinkBatch, records: UnreadableRecords) => void

/**
 * A cursor over a range of offsets. The first and the last batch may reach beyond it on either side, as batches come
 * whole. Records that cannot be read are told and passed over.
 */
class RangeCursor extends RecordCursor {
  private readonly unreadable: (records: UnreadableRecords) => void
  private firstOffset = 0
  private nextOffset = 0
  /** It stands on a record that `next` has to give out first. */
  private isHeld = false

  constructor(unreadable: (records: UnreadableRecords) => void) {
    super()
    this.unreadable = unreadable
  }

  start(batches: Buffer, firstOffset: number, nextOffset: number): void {
    this.reset(batches)
    this.firstOffset = firstOffset
    this.nextOffset = nextOffset
    this.isHeld = false
    this.isHeld = this.skipTo(firstOffset)
  }

  override next(): boolean {
    if (this.isHeld) {
      this.isHeld = false
      return this.offset < this.nextOffset
    }
    for (;;) {
      try {
        return super.next() && this.offset < this.nextOffset
      } catch (error) {
        this.passOver(error)
      }
    }
  }

  override skipTo(offset: number): boolean {
    this.isHeld = false
    for (;;) {
      try {
        return super.skipTo(offset) && this.offset < this.nextOffset
      } catch (error) {
        this.passOver(error)
      }
    }
  }

  private passOver(thrown: unknown): void {
    const error = this.leaveDamaged(thrown)
    const { batches, batchStart } = this
    const firstOffset = Math.max(this.firstOffset, this.offset + 1, baseOffsetOf(batches, batchStart))
    if (firstOffset >= this.nextOffset) return
    const batch = batches.subarray(batchStart, batchStart + batchBytes(batches, batchStart))
    this.unreadable({ firstOffset, lastOffset: lastOffsetOf(batch, 0), batch, error })
  }
}

export interface SinkBatchRange {
  readonly of: SinkPartition
  readonly batches: Buffer
  readonly firstOffset: number
  readonly nextOffset: number
}

/** The batch of a range; valid as long as `batches` is left alone. */
export function sinkBatch(
  { of, batches, firstOffset, nextOffset }: SinkBatchRange,
  unreadable: UnreadableListener,
): SinkBatch {
  const { topic, topicId, partition } = of
  const cursor = new RangeCursor((records) => unreadable(batch, records))
  const batch: SinkBatch = {
    topic,
    topicId,
    partition,
    batches,
    firstOffset,
    nextOffset,
    cursor() {
      cursor.start(batches, firstOffset, nextOffset)
      return cursor
    },
  }
  return batch
}

// One batch as a sink gets it, and the cursor that walks just its range.

import type { SinkBatch, SinkPartition } from '../connector/sink.js'
import { RecordCursor } from '../record/record-cursor.js'

/**
 * A cursor over a range of offsets. The first and the last batch may reach beyond it on either side, as batches come
 * whole.
 */
class RangeCursor extends RecordCursor {
  private nextOffset = 0
  /** It stands on a record that `next` has to give out first. */
  private isHeld = false

  start(batches: Buffer, firstOffset: number, nextOffset: number): void {
    this.reset(batches)
    this.nextOffset = nextOffset
    this.isHeld = false
    this.isHeld = this.skipTo(firstOffset)
  }

  override next(): boolean {
    if (this.isHeld) {
      this.isHeld = false
      return this.offset < this.nextOffset
    }
    return super.next() && this.offset < this.nextOffset
  }

  override skipTo(offset: number): boolean {
    this.isHeld = false
    return super.skipTo(offset) && this.offset < this.nextOffset
  }
}

export interface SinkBatchRange {
  readonly of: SinkPartition
  readonly batches: Buffer
  readonly firstOffset: number
  readonly nextOffset: number
}

/** The batch of a range; valid as long as `batches` is left alone. */
export function sinkBatch({ of, batches, firstOffset, nextOffset }: SinkBatchRange): SinkBatch {
  const { topic, topicId, partition } = of
  const cursor = new RangeCursor()
  return {
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
}

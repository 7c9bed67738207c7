// Writes records so that a bad one is found: a range that the target refuses is undone and halved, down to the record.
//
// All of it happens in one transaction, with a savepoint for each range, and costs about two times log2(n) ranges for
// each bad record among n. Ranges are written in the order of their records, so that changes which could not be folded
// together (a unique value that went from one row to another) get through one behind the other.

import type { SinkBatch } from '../../../core/connector/sink.js'
import type { ChunkBuilder, RecordRange } from './chunk-builder.js'
import { Chunk } from './chunk.js'
import type { PartitionPlace } from './partition-place.js'
import type { TargetSession } from './target-session.js'

export class CarefulWriter {
  private readonly builder: ChunkBuilder
  private readonly looksAtOnce: boolean
  /** Deferred constraints are looked at behind each range: only then is it known who broke them. */
  private isDoubtful: boolean

  /** `looksAtOnce`: a commit may stand behind any record, so that deferred constraints must hold behind each. */
  constructor(builder: ChunkBuilder, looksAtOnce: boolean) {
    this.builder = builder
    this.looksAtOnce = looksAtOnce
    this.isDoubtful = looksAtOnce
  }

  /** A deferred constraint failed in the end: from now on they are looked at range by range. False when they were. */
  doubt(): boolean {
    const wasDoubtful = this.isDoubtful
    this.isDoubtful = true
    return !wasDoubtful
  }

  trust(): void {
    this.isDoubtful = this.looksAtOnce
  }

  /** The records from where the partition stands to below `end`, in the open transaction or one that it begins. */
  async write(
    target: TargetSession,
    { place, batch, end }: { readonly place: PartitionPlace; readonly batch: SinkBatch; readonly end: number },
  ): Promise<void> {
    const from = place.readOffset
    await target.begin()
    const whole = new Chunk()
    whole.cover(place, from, end)
    await target.move(whole)
    await this.writeRange(target, { batch, from, end })
    place.readOffset = end
  }

  private async writeRange(target: TargetSession, range: Omit<RecordRange, 'cursor'>): Promise<void> {
    const { batch, from, end } = range
    const chunk = await this.collect(target, range)
    if (chunk.recordCount === 0) return
    const refusal = await target.attempt(async () => {
      await target.write(chunk)
      if (this.isDoubtful) await target.checkConstraints()
    })
    if (refusal === undefined) return
    if (chunk.recordCount === 1) {
      this.builder.fail(batch, cursorAt(batch, chunk.lastOffset), refusal)
      return
    }
    const middle = Math.floor((from + end) / 2)
    await this.writeRange(target, { batch, from, end: middle })
    await this.writeRange(target, { batch, from: middle, end })
  }

  private async collect(target: TargetSession, range: Omit<RecordRange, 'cursor'>): Promise<Chunk> {
    for (;;) {
      const chunk = new Chunk()
      const need = this.builder.collect(chunk, range)
      if (need === undefined) return chunk
      await this.builder.prepare(target.session, need)
    }
  }
}

function cursorAt(batch: SinkBatch, offset: number) {
  const cursor = batch.cursor()
  cursor.skipTo(offset)
  return cursor
}

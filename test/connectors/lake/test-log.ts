// A log in the memory of a test, which outlives every crash of the sink that reads it.

import type { Assignment, SinkBatch, SinkPartition } from '../../../core/connector/sink.js'
import { engineErrors } from '../../../core/engine/errors.js'
import { sinkBatch } from '../../../core/pipeline/sink-batch.js'
import { nextOffsetOf, setBaseOffset } from '../../../core/record/batch-layout.js'
import { encodeBatch, type PlainRecord } from '../../../core/record/encode-batch.js'

interface LogPartition extends SinkPartition {
  readonly batches: Buffer[]
  readonly firstOffsets: number[]
  nextOffset: number
  logStartOffset: number
}

export class TestLog {
  readonly partitions: LogPartition[] = []

  add(topic: string, partition: number, topicId = `id-of-${topic}`): SinkPartition {
    const of = { topic, topicId, partition }
    this.partitions.push({ ...of, batches: [], firstOffsets: [], nextOffset: 0, logStartOffset: 0 })
    return of
  }

  append(of: SinkPartition, records: readonly PlainRecord[]): void {
    const found = this.find(of)
    const batch = encodeBatch(records)
    setBaseOffset(batch, 0, found.nextOffset)
    found.batches.push(batch)
    found.firstOffsets.push(found.nextOffset)
    found.nextOffset += records.length
  }

  /** Records before `offset` are gone, by whole batches. */
  retain(of: SinkPartition, offset: number): void {
    this.find(of).logStartOffset = offset
  }

  find(of: SinkPartition): LogPartition {
    const found = this.partitions.find((one) => one.topicId === of.topicId && one.partition === of.partition)
    if (found === undefined) throw new Error(`the test has no partition ${of.topic}-${of.partition}`)
    return found
  }

  assignment(of: SinkPartition, committed: number | undefined): Assignment {
    const { topic, topicId, partition, logStartOffset, nextOffset } = this.find(of)
    return { topic, topicId, partition, committed, logStartOffset, highWatermark: nextOffset }
  }

  /** One batch of the log after the other, from that of `firstOffset` to below `nextOffset`. */
  *read(of: SinkPartition, firstOffset: number, nextOffset = this.find(of).nextOffset): Generator<SinkBatch> {
    const found = this.find(of)
    if (firstOffset < found.logStartOffset) {
      throw engineErrors.make('offset_out_of_range', `the log starts at ${found.logStartOffset}, not at ${firstOffset}`)
    }
    for (const batches of found.batches) {
      const end = nextOffsetOf(batches, 0)
      if (end <= firstOffset || found.firstOffsets[found.batches.indexOf(batches)]! >= nextOffset) continue
      const first = Math.max(firstOffset, found.firstOffsets[found.batches.indexOf(batches)]!)
      yield sinkBatch({ of, batches, firstOffset: first, nextOffset: Math.min(end, nextOffset) }, (_, { error }) => {
        throw error
      })
    }
  }
}

export function textRecord(value: string | null, timestampMs = 0, key: string | null = null): PlainRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestampMs,
  }
}

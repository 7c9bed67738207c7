// The records of one append, encoded as they come: a batch under construction per partition, and the filled ones.
//
// Records of one partition keep their order: filled batches come before the one under construction. Memory is bounded
// by the caller, who stops at a size; builders are taken from a pool and go back to it, so that a source that runs for
// weeks allocates nothing. A topic with many partitions gets small batches, as each holds its own memory.

import type { PartitionAppend } from '../engine/log-engine.js'
import { BatchBuilder, type RecordParts } from '../record/batch-builder.js'
import { batchHeaderBytes } from '../record/batch-layout.js'
import { partitionForKey, StickyPartitioner } from '../record/partitioner.js'
import type { Random } from '../runtime/random.js'
import type { AppendTarget } from './append-target.js'

/** Large enough that header, frame and index entry of a batch weigh nothing, small enough to be read in one piece. */
const largestBatchBytes = 512 * 1024
const smallestBatchBytes = 16 * 1024

interface FilledBatch {
  readonly partition: number
  readonly builder: BatchBuilder
}

export interface PartitionBatchesOptions {
  readonly target: AppendTarget
  readonly random: Random
  /** About how many bytes the caller puts in before it empties the batches: what the builders are cut for. */
  readonly goalBytes: number
}

export class PartitionBatches {
  readonly target: AppendTarget
  private readonly random: Random
  private readonly batchBytes: number
  private readonly current: (BatchBuilder | undefined)[] = []
  private readonly filled: FilledBatch[] = []
  private readonly free: BatchBuilder[] = []
  private readonly sticky = new StickyPartitioner()
  private knownKey: Uint8Array | null = null
  private knownPartition = 0
  private records = 0
  private bytes = 0

  constructor(options: PartitionBatchesOptions) {
    const { target, random, goalBytes } = options
    this.target = target
    this.random = random
    const share = Math.floor(goalBytes / target.partitions)
    const fitting = Math.min(Math.max(share, smallestBatchBytes), largestBatchBytes)
    this.batchBytes = Math.min(fitting, target.maxBatchBytes)
    for (let partition = 0; partition < target.partitions; partition++) this.current.push(undefined)
    this.sticky.rotate(random)
  }

  get recordCount(): number {
    return this.records
  }

  /** Bytes of all batches, headers included. */
  get sizeBytes(): number {
    return this.bytes
  }

  /**
   * Encodes the record at once. By murmur2 of its key, as Kafka's clients do; without a key to one partition until
   * `reset`. The same key object as last time is taken to hold the same bytes. Errors: record_too_large, and then
   * nothing was taken.
   */
  add(record: RecordParts): void {
    const { key } = record
    const partition = key === null ? this.sticky.pick(this.target.partitions) : this.partitionOf(key)
    let builder = this.current[partition] ?? this.begin(partition)
    let sizeBefore = builder.sizeBytes
    if (!builder.append(record)) {
      this.filled.push({ partition, builder })
      builder = this.begin(partition)
      sizeBefore = builder.sizeBytes
      builder.append(record)
    }
    this.bytes += builder.sizeBytes - sizeBefore
    this.records++
  }

  /** Seals what is there. The batches are valid, and must be left alone, until `reset`. */
  seal(): PartitionAppend[] {
    const { topic } = this.target
    const entries: PartitionAppend[] = this.filled.map(({ partition, builder }) => {
      return { topic, partition, batch: builder.finish() }
    })
    this.current.forEach((builder, partition) => {
      if (builder !== undefined && builder.recordCount > 0) entries.push({ topic, partition, batch: builder.finish() })
    })
    return entries
  }

  /** Forgets the records and begins anew in the same memory. */
  reset(): void {
    for (const { builder } of this.filled) this.release(builder)
    this.filled.length = 0
    for (let partition = 0; partition < this.current.length; partition++) {
      const builder = this.current[partition]
      if (builder !== undefined) this.release(builder)
      this.current[partition] = undefined
    }
    this.records = 0
    this.bytes = 0
    this.sticky.rotate(this.random)
  }

  private partitionOf(key: Uint8Array): number {
    if (key !== this.knownKey) {
      this.knownPartition = partitionForKey(key, this.target.partitions)
      this.knownKey = key
    }
    return this.knownPartition
  }

  private begin(partition: number): BatchBuilder {
    const { maxBatchBytes } = this.target
    const builder = this.free.pop() ?? new BatchBuilder(this.batchBytes, { maxBatchBytes })
    this.current[partition] = builder
    this.bytes += batchHeaderBytes
    return builder
  }

  private release(builder: BatchBuilder): void {
    builder.reset()
    this.free.push(builder)
  }
}

// The records of one append for one topic, encoded as they come: a batch under construction per partition, and the
// filled ones.
//
// Records of one partition keep their order: filled batches come before the one under construction. Memory is bounded
// by the caller, who stops at a size. A topic with many partitions gets small batches, as each holds its own memory; so
// does a topic that is one of many, until it has shown that it fills them.

import type { PartitionAppend } from '../engine/log-engine.js'
import type { RecordParts } from '../record/batch-builder.js'
import { batchHeaderBytes } from '../record/batch-layout.js'
import { StickyPartitioner } from '../record/partitioner.js'
import type { Random } from '../runtime/random.js'
import type { AppendTarget } from './append-target.js'
import type { BuilderPool, PooledBuilder } from './builder-pool.js'

/** Large enough that header, frame and index entry of a batch weigh nothing, small enough to be read in one piece. */
const largestBatchBytes = 512 * 1024
const smallestBatchBytes = 16 * 1024

interface FilledBatch {
  readonly partition: number
  readonly pooled: PooledBuilder
}

export interface PartitionBatchesOptions {
  readonly target: AppendTarget
  readonly random: Random
  /** About how many bytes the caller puts in before it empties the batches: what the builders are cut for. */
  readonly goalBytes: number
  readonly pool: BuilderPool
  /** Whether most records come here, or to many other topics as well. */
  readonly isOneOfMany: boolean
}

export class PartitionBatches {
  readonly target: AppendTarget
  private readonly options: PartitionBatchesOptions
  private readonly largeBytes: number
  private readonly current: (PooledBuilder | undefined)[] = []
  private readonly filled: FilledBatch[] = []
  private readonly sticky = new StickyPartitioner()
  private isLarge: boolean
  private bytes = 0

  constructor(options: PartitionBatchesOptions) {
    const { target, random, goalBytes, isOneOfMany } = options
    this.target = target
    this.options = options
    const share = Math.floor(goalBytes / target.partitions)
    const fitting = Math.min(Math.max(share, smallestBatchBytes), largestBatchBytes)
    this.largeBytes = Math.min(fitting, target.maxBatchBytes)
    this.isLarge = !isOneOfMany
    for (let partition = 0; partition < target.partitions; partition++) this.current.push(undefined)
    this.sticky.rotate(random)
  }

  /** Bytes of all batches, headers included. */
  get sizeBytes(): number {
    return this.bytes
  }

  /** Where records without a key go until `reset`. */
  get unkeyedPartition(): number {
    return this.sticky.pick(this.target.partitions)
  }

  /** Encodes the record at once. Errors: record_too_large, and then nothing was taken. */
  add(record: RecordParts, partition: number): void {
    let pooled = this.current[partition] ?? this.begin(partition)
    let sizeBefore = pooled.builder.sizeBytes
    if (!pooled.builder.append(record)) {
      this.filled.push({ partition, pooled })
      this.isLarge = true
      pooled = this.begin(partition)
      sizeBefore = pooled.builder.sizeBytes
      pooled.builder.append(record)
    }
    this.bytes += pooled.builder.sizeBytes - sizeBefore
  }

  /** Seals what is there into `entries`. The batches are valid, and must be left alone, until `reset`. */
  seal(entries: PartitionAppend[]): void {
    const { topic } = this.target
    for (const { partition, pooled } of this.filled) entries.push({ topic, partition, batch: pooled.builder.finish() })
    for (let partition = 0; partition < this.current.length; partition++) {
      const builder = this.current[partition]?.builder
      if (builder === undefined || builder.recordCount === 0) continue
      entries.push({ topic, partition, batch: builder.finish() })
    }
  }

  /** Forgets the records; the builders go back to the pool. */
  reset(): void {
    const { pool, random, isOneOfMany } = this.options
    if (this.bytes === 0) {
      this.isLarge = !isOneOfMany
      return
    }
    for (const { pooled } of this.filled) pool.giveBack(pooled)
    this.filled.length = 0
    for (let partition = 0; partition < this.current.length; partition++) {
      const pooled = this.current[partition]
      if (pooled !== undefined) pool.giveBack(pooled)
      this.current[partition] = undefined
    }
    this.isLarge = !isOneOfMany || this.bytes >= this.largeBytes
    this.bytes = 0
    this.sticky.rotate(random)
  }

  private begin(partition: number): PooledBuilder {
    const { pool } = this.options
    const capacityBytes = this.isLarge ? this.largeBytes : Math.min(smallestBatchBytes, this.largeBytes)
    const pooled = pool.take(capacityBytes, this.target.maxBatchBytes)
    this.current[partition] = pooled
    this.bytes += batchHeaderBytes
    return pooled
  }
}

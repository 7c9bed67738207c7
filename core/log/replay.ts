// What the journal makes of a checkpoint: the catalogue and the segments as they must stand after recovery. Pure: the
// entries of all frames are applied in order; recovery then makes the disk agree.

import {
  baseOffsetOf,
  batchBytes,
  hasProducer,
  isControl,
  maxTimestampOf,
  nextOffsetOf,
} from '../record/batch-layout.js'
import { sequencedBatchAt } from '../record/producer-sequences.js'
import { noTransactions, PartitionTransactions } from '../record/partition-transactions.js'
import { ProducerRoom, ProducerTable } from '../record/producer-table.js'
import { takeIn } from '../record/transaction-turn.js'
import type { Checkpoint } from './checkpoint.js'
import type { BatchEntry, ChangeEntry, LogChange, SegmentRecord, TopicRecord } from './journal-entry.js'
import type { PartitionRecord } from './partition-log.js'

/**
 * The time of a replay, for producers: the time between the crash and the start does not count, as nobody could write,
 * and neither does what passed between two frames.
 */
const replayedAtMs = 0

/** A partition while the journal is replayed. */
export interface ReplayedPartition {
  readonly topicId: string
  readonly partition: number
  logStartOffset: number
  nextOffset: number
  /** By base offset. */
  readonly segments: Map<number, SegmentRecord>
  readonly producers: ProducerTable
  readonly transactions: PartitionTransactions
}

export interface FinishedSwap {
  readonly topicId: string
  readonly partition: number
  readonly sources: readonly number[]
  readonly base: number
}

/** File work that entries of the journal promised: the catalogue and the segments already stand as if it were done. */
export interface OwedFileWork {
  readonly deleted: readonly TopicRecord[]
  readonly swaps: readonly FinishedSwap[]
}

export const nothingOwed: OwedFileWork = { deleted: [], swaps: [] }

export class Replay {
  readonly topics = new Map<string, TopicRecord>()
  readonly partitions = new Map<string, ReplayedPartition>()
  /** Topics that a frame deleted. */
  readonly deleted = new Map<string, TopicRecord>()
  readonly swaps: FinishedSwap[] = []
  nextProducerId: number
  readonly #producerRoom = new ProducerRoom()

  constructor(checkpoint: Pick<Checkpoint, 'topics' | 'partitions' | 'owed' | 'nextProducerId'>) {
    this.nextProducerId = checkpoint.nextProducerId
    for (const topic of checkpoint.owed.deleted) this.deleted.set(topic.id, topic)
    this.swaps.push(...checkpoint.owed.swaps)
    for (const topic of checkpoint.topics) this.topics.set(topic.id, topic)
    for (const record of checkpoint.partitions) {
      this.partitions.set(partitionKey(record.topicId, record.partition), {
        ...record,
        segments: new Map(record.segments.map((segment) => [segment.base, segment])),
        producers: new ProducerTable(this.#producerRoom, record.producers, replayedAtMs),
        transactions: new PartitionTransactions(record.transactions ?? noTransactions),
      })
    }
  }

  apply(entry: BatchEntry | ChangeEntry, bytes: Buffer, nowMs: number): void {
    if (entry.kind === 'change') this.#change(entry.change)
    else this.#batch(entry, bytes, nowMs)
  }

  /** After the last entry: segments wholly below their log start are no longer asked for, their files may be gone. */
  dropBelowStart(): void {
    for (const partition of this.partitions.values()) {
      const bases = [...partition.segments.keys()].sort((a, b) => a - b)
      bases.forEach((base, index) => {
        // An active segment without records left no trace: the one before it ends where the partition does.
        const next = bases[index + 1] ?? partition.nextOffset
        if (next <= partition.logStartOffset) partition.segments.delete(base)
      })
    }
  }

  /** What entries promised of the files; whether it was done before the crash is not known. */
  owed(): OwedFileWork {
    return { deleted: [...this.deleted.values()], swaps: this.swaps }
  }

  /** Swaps of one partition, in their order. */
  swapsOf(topicId: string, partition: number): readonly FinishedSwap[] {
    return this.swaps.filter((swap) => swap.topicId === topicId && swap.partition === partition)
  }

  /** The records from which partitions are opened. */
  records(): readonly PartitionRecord[] {
    return Array.from(this.partitions.values(), (partition) => ({
      ...partition,
      segments: [...partition.segments.values()].sort((a, b) => a.base - b.base),
      producers: partition.producers.records(replayedAtMs),
      transactions: partition.transactions.record(),
    }))
  }

  #batch(entry: BatchEntry, bytes: Buffer, nowMs: number): void {
    const partition = this.partitions.get(partitionKey(entry.topicId, entry.partition))
    if (partition === undefined) return
    const known = partition.segments.get(entry.segmentBase)
    const maxTimestampMs = Math.max(known?.maxTimestampMs ?? -1, maxTimestampOf(bytes, entry.start))
    partition.segments.set(entry.segmentBase, {
      base: entry.segmentBase,
      bytes: entry.position + batchBytes(bytes, entry.start),
      maxTimestampMs,
      createdAtMs: known?.createdAtMs ?? nowMs,
      cleanedAtMs: known?.cleanedAtMs ?? 0,
    })
    partition.nextOffset = nextOffsetOf(bytes, entry.start)
    if (!hasProducer(bytes, entry.start)) return
    const baseOffset = baseOffsetOf(bytes, entry.start)
    const { segmentBase, position } = entry
    takeIn(partition.transactions, { bytes, at: entry.start }, { firstOffset: baseOffset, segmentBase, position })
    if (isControl(bytes, entry.start)) return
    partition.producers.replay(sequencedBatchAt(bytes, entry.start), { baseOffset, nowMs: replayedAtMs })
  }

  #change(change: LogChange): void {
    switch (change.type) {
      case 'topic-created':
      case 'topic-altered':
        this.#putTopic(change.topic)
        return
      case 'topic-deleted':
        this.#deleteTopic(change.topicId)
        return
      case 'log-start-moved':
        this.#moveLogStart(change)
        return
      case 'segments-swapped':
        this.#swap(change)
        return
      case 'producer-ids-reserved':
        this.nextProducerId = change.nextProducerId
    }
  }

  #putTopic(topic: TopicRecord): void {
    this.topics.set(topic.id, topic)
    for (let partition = 0; partition < topic.partitions; partition++) {
      const key = partitionKey(topic.id, partition)
      if (this.partitions.has(key)) continue
      const producers = new ProducerTable(this.#producerRoom)
      const transactions = new PartitionTransactions()
      const segments = new Map<number, SegmentRecord>()
      const start = { topicId: topic.id, partition, logStartOffset: 0, nextOffset: 0 }
      this.partitions.set(key, { ...start, segments, producers, transactions })
    }
  }

  #deleteTopic(topicId: string): void {
    const topic = this.topics.get(topicId)
    if (topic === undefined) return
    this.topics.delete(topicId)
    this.deleted.set(topicId, topic)
    for (let partition = 0; partition < topic.partitions; partition++) {
      const key = partitionKey(topicId, partition)
      this.partitions.get(key)?.producers.clear()
      this.partitions.delete(key)
    }
  }

  #moveLogStart(change: {
    readonly topicId: string
    readonly partition: number
    readonly logStartOffset: number
  }): void {
    const partition = this.partitions.get(partitionKey(change.topicId, change.partition))
    if (partition === undefined) return
    partition.logStartOffset = Math.max(partition.logStartOffset, change.logStartOffset)
    partition.transactions.forgetBelow(change.logStartOffset)
  }

  #swap(change: Extract<LogChange, { type: 'segments-swapped' }>): void {
    const partition = this.partitions.get(partitionKey(change.topicId, change.partition))
    if (partition === undefined) return
    for (const base of change.sources) partition.segments.delete(base)
    const lastSource = change.sources.at(-1) ?? change.segment.base
    const behind = [...partition.segments.keys()].filter((base) => base > lastSource)
    partition.transactions.forgetBelow(Math.min(partition.nextOffset, ...behind))
    partition.segments.set(change.segment.base, change.segment)
    this.swaps.push({
      topicId: change.topicId,
      partition: change.partition,
      sources: change.sources,
      base: change.segment.base,
    })
  }
}

export function partitionKey(topicId: string, partition: number): string {
  return `${topicId}/${partition}`
}

export function segmentKey(topicId: string, partition: number, base: number): string {
  return `${topicId}/${partition}/${base}`
}

// The batches of one append over all of its topics: the edge's own, and those that a source names with its records.
//
// A topic is looked up once in an append, so that one that was altered or made anew meanwhile is seen by the next. The
// cost of a record does not depend on how many topics there are: a destination that is the same object as last time is
// not looked at, and a key that is the same object is not hashed again.

import type { Destination } from '../connector/source.js'
import type { PartitionAppend } from '../engine/log-engine.js'
import { InvariantError, invariant, present } from '../errors/invariant.js'
import type { RecordParts } from '../record/batch-builder.js'
import { murmur2, partitionForHash } from '../record/partitioner.js'
import type { Random } from '../runtime/random.js'
import { type AppendTarget, sameTarget } from './append-target.js'
import { BuilderPool } from './builder-pool.js'
import { PartitionBatches } from './partition-batches.js'

/** Topics that the present append does not write are remembered, up to this many. */
const mostIdleTopics = 4_096

export interface AppendBatchesOptions {
  /** The topic of records that name none; undefined when all of them name theirs. */
  readonly home: AppendTarget | undefined
  /** A topic as it is now. Errors: unknown_topic. */
  readonly targetOf: (topic: string) => AppendTarget
  readonly random: Random
  /** About how many bytes an append has. */
  readonly goalBytes: number
  /** Where the batches come from; one of its own when left out. */
  readonly pool?: BuilderPool
  /** Whether appends are small as a rule, so that a batch takes more memory only once records fill it. */
  readonly beginsSmall?: boolean
}

export class AppendBatches {
  private readonly options: AppendBatchesOptions
  private readonly pool: BuilderPool
  private home: PartitionBatches | undefined
  /** Of this append, by topic. */
  private readonly inUse = new Map<string, PartitionBatches>()
  private readonly idle = new Map<string, PartitionBatches>()
  private lastTo: Destination | undefined
  private lastBatches: PartitionBatches | undefined
  private lastKey: Uint8Array | null = null
  private lastHash = 0
  private records = 0
  /** Of all topics but the last one. */
  private otherBytes = 0

  constructor(options: AppendBatchesOptions) {
    this.options = options
    this.pool = options.pool ?? new BuilderPool()
    this.home = options.home === undefined ? undefined : this.batchesFor(options.home)
    this.begin()
  }

  get recordCount(): number {
    return this.records
  }

  /** Bytes of all batches, headers included. */
  get sizeBytes(): number {
    return this.otherBytes + (this.lastBatches?.sizeBytes ?? 0)
  }

  /** Memory that the batches of all topics take. */
  get heldBytes(): number {
    return this.pool.heldBytes
  }

  /** Follows the topic of the edge, which may have been altered; nothing may have been added. */
  aim(home: AppendTarget | undefined): void {
    invariant(this.records === 0, 'batches with records were aimed elsewhere')
    this.reset()
    if (home !== undefined && this.isHomeAlone && sameTarget(home, this.home!.target)) return
    if (home === undefined) this.home = undefined
    else if (this.home === undefined || !sameTarget(home, this.home.target)) this.home = this.batchesFor(home)
    this.begin()
  }

  /** Encodes the record at once. Errors: unknown_topic, record_too_large; then nothing was taken. */
  add(record: RecordParts, to: Destination | undefined): void {
    if (to !== this.lastTo) this.turnTo(to)
    const batches = present(this.lastBatches, 'the topic of a record for an edge that has none of its own')
    const partition = to?.partition ?? this.placeOf(record.key, batches)
    if (!(partition >= 0 && partition < batches.target.partitions)) {
      throw new InvariantError(`${batches.target.topic} has no partition ${partition}`)
    }
    batches.add(record, partition)
    this.records++
  }

  /** -1 without a key. Errors: unknown_topic. */
  partitionOf(key: Uint8Array | null, topic: string | undefined): number {
    return key === null ? -1 : this.placeOf(key, this.batchesOf(topic))
  }

  /** The topic that records to there go to. Errors: unknown_topic. */
  targetOf(topic: string | undefined): AppendTarget {
    return this.batchesOf(topic).target
  }

  /** Seals what is there. The batches are valid, and must be left alone, until `reset`. */
  seal(): PartitionAppend[] {
    const entries: PartitionAppend[] = []
    for (const batches of this.inUse.values()) batches.seal(entries)
    return entries
  }

  /** Forgets the records and begins anew in the same memory. */
  reset(): void {
    if (this.isHomeAlone) {
      this.home!.reset()
      this.records = 0
      this.otherBytes = 0
      return
    }
    if (this.idle.size > mostIdleTopics) this.idle.clear()
    for (const [topic, batches] of this.inUse) {
      batches.reset()
      if (batches !== this.home) this.idle.set(topic, batches)
    }
    this.records = 0
    this.otherBytes = 0
    this.begin()
  }

  /** No other topic was touched, so that nothing but the records of the edge's own has to be forgotten. */
  private get isHomeAlone(): boolean {
    return this.home !== undefined && this.inUse.size === 1 && this.lastTo === undefined
  }

  private begin(): void {
    this.inUse.clear()
    if (this.home !== undefined) this.inUse.set(this.home.target.topic, this.home)
    this.lastTo = undefined
    this.lastBatches = this.home
  }

  private turnTo(to: Destination | undefined): void {
    const next = to === undefined ? this.home : this.batchesOf(to.topic)
    this.otherBytes = this.sizeBytes - (next?.sizeBytes ?? 0)
    this.lastBatches = next
    this.lastTo = to
  }

  private batchesOf(topic: string | undefined): PartitionBatches {
    if (topic === undefined) return present(this.home, 'the own topic of an edge that has none')
    const known = this.inUse.get(topic)
    if (known !== undefined) return known
    const target = this.options.targetOf(topic)
    const earlier = this.idle.get(topic)
    const batches = earlier !== undefined && sameTarget(target, earlier.target) ? earlier : this.batchesFor(target)
    this.inUse.set(topic, batches)
    return batches
  }

  /** By murmur2 of the key, as Kafka's clients do; without a key to one partition until `reset`. */
  private placeOf(key: Uint8Array | null, batches: PartitionBatches): number {
    if (key === null) return batches.unkeyedPartition
    if (key !== this.lastKey) {
      this.lastHash = murmur2(key)
      this.lastKey = key
    }
    return partitionForHash(this.lastHash, batches.target.partitions)
  }

  private batchesFor(target: AppendTarget): PartitionBatches {
    const { random, goalBytes, home, beginsSmall = false } = this.options
    const isOneOfMany = beginsSmall || target.topic !== home?.topic
    return new PartitionBatches({ target, random, goalBytes, isOneOfMany, pool: this.pool })
  }
}

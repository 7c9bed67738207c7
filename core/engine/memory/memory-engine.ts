// The log engine without a disk: for tests and for `--engine memory:`. All of the contract but survival.
//
// An append is carried out in the turn of its call, so that atomic and ordered need no more than checks before changes.
// Retention and compaction are applied by whoever looks at or writes to a partition: no timers, no background work.

import type { TailraceError } from '../../errors/tailrace-error.js'
import { Coordinator } from '../../coordination/coordinator.js'
import type { CoordinationRecord } from '../../coordination/journal-port.js'
import { encodeBatch } from '../../record/encode-batch.js'
import { hasProducer, isTransactional, producerEpochOf, producerIdOf } from '../../record/batch-layout.js'
import { encodeControlBatch } from '../../record/control-batch.js'
import { lastOffsetOfProduced } from '../../record/producer-sequences.js'
import { firstProducerId } from '../../record/producer-table.js'
import { completeTaken, ProducerTurn, type RefusedBatch, type TakenBatch } from '../../record/producer-turn.js'
import { prepareZstd } from '../../record/zstd.js'
import type { Clock } from '../../runtime/clock.js'
import type { Random } from '../../runtime/random.js'
import type { Logger } from '../../telemetry/logger.js'
import { TransactionCoordinator } from '../../transactions/transaction-coordinator.js'
import type { TransactionEnd, TransactionPort, TransactionRecord } from '../../transactions/transaction-port.js'
import { checkAppendSize, checkBatchToAppend } from '../append-rules.js'
import { engineErrors } from '../errors.js'
import type { GroupService } from '../group-service.js'
import type {
  Appended,
  AppendOptions,
  Bounds,
  EngineCapabilities,
  EngineStatus,
  KeptConsumer,
  LogEngine,
  Offset,
  PartitionAppend,
  PartitionChunk,
  PartitionId,
  PartitionRead,
  ReadLimits,
  ReadResult,
  TimestampMs,
  TransactionView,
} from '../log-engine.js'
import { answerAtOnce, isSatisfied, ReadBudget, waitForAppends } from '../long-poll.js'
import { describeProducers } from '../describe-producers.js'
import { ProducerIds } from '../producer-ids.js'
import type { ProducerService } from '../producer-service.js'
import type { StateService } from '../state-service.js'
import { type StateRecord, StateTable } from '../state-table.js'
import type { TopicAdmin } from '../topic-admin.js'
import { internalTopicError, offsetsTopic, stateTopic, transactionsTopic } from '../topic-rules.js'
import type { MemoryPartition } from './memory-partition.js'
import { type MemoryTopic, MemoryTopics, unknownPartition } from './memory-topics.js'

export interface MemoryEngineOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** A group without members and commits for so long loses its offsets; it keeps them when left out. */
  readonly offsetsRetentionMs?: number
}

/** An empty engine; everything in it is gone when it is closed. */
export async function openMemoryEngine(options: MemoryEngineOptions): Promise<LogEngine> {
  await prepareZstd()
  return new MemoryEngine(options)
}

const nothing = { batches: Buffer.alloc(0), aborted: [] }

interface MemoryPlace {
  readonly topic: MemoryTopic
  readonly partition: MemoryPartition
}

class MemoryEngine implements LogEngine {
  readonly capabilities: EngineCapabilities = { persistent: false, atomicState: true, compaction: true }
  readonly hubId: string
  readonly leaderEpoch = 0
  readonly topics: TopicAdmin
  readonly groups: GroupService
  readonly state: StateService
  readonly producers: ProducerService
  readonly transactions: TransactionCoordinator
  /** Nothing here can fail by itself. */
  readonly failed = new AbortController().signal
  private readonly clock: Clock
  private readonly catalogue: MemoryTopics
  private readonly coordinator: Coordinator
  private readonly table = new StateTable()
  private keptConsumers: readonly KeptConsumer[] = []
  private closed = false

  constructor({ clock, random, logger, offsetsRetentionMs }: MemoryEngineOptions) {
    this.clock = clock
    this.hubId = random.uuid()
    this.catalogue = new MemoryTopics({
      random,
      checkOpen: () => this.checkOpen(),
      removed: (name) => this.appendCoordination(this.coordinator.decideTopicRemoval(name)),
    })
    const port = {
      append: async (records: readonly CoordinationRecord[]) => this.appendCoordination(records),
      exists: (of: PartitionId) => this.catalogue.partition(of) !== undefined,
    }
    this.coordinator = new Coordinator({ port, clock, random, logger, offsetsRetentionMs })
    this.coordinator.start()
    this.topics = this.catalogue
    this.groups = this.coordinator
    this.state = this.stateService()
    this.producers = this.producerService()
    this.transactions = new TransactionCoordinator({ port: this.transactionPort(), clock, logger })
    this.transactions.start()
  }

  async append(entries: readonly PartitionAppend[], options: AppendOptions = {}): Promise<readonly Appended[]> {
    this.checkOpen()
    checkAppendSize(entries)
    const places = entries.map((entry) => this.placeOf(entry))
    const stateRecords = options.state === undefined ? [] : this.table.records(options.state)
    const commitRecords = options.commits === undefined ? [] : this.coordinator.decideCommits(options.commits)
    const stateBatch = internalBatch(stateRecords, this.clock.now())
    const commitBatch = internalBatch(commitRecords, this.clock.now())
    this.checkTransactions(entries, places)
    const taken = this.takeIn(entries, places)

    // Nothing below can be refused.
    const appended = entries.map((entry, index) => this.place(entry, places[index]!, taken[index]))
    this.writeInternal(stateTopic, stateBatch)
    for (const { key, value } of stateRecords) this.table.apply(key, value)
    this.writeInternal(offsetsTopic, commitBatch)
    this.coordinator.apply(commitRecords)
    for (const { partition } of places) partition.appended.wake()
    return appended
  }

  async read(reads: readonly PartitionRead[], limits: ReadLimits, signal: AbortSignal): Promise<ReadResult> {
    this.checkOpen()
    const partitions = reads.map((read) => this.catalogue.partition(read))
    const view = limits.transactions ?? 'committed'
    const bytesFrom = (read: PartitionRead): number => {
      const partition = this.catalogue.partition(read)
      return partition?.holds(read.offset) === true ? partition.bytesFrom(read.offset, view) : answerAtOnce
    }
    const satisfied = (): boolean => {
      this.checkOpen()
      return isSatisfied(reads, limits, bytesFrom)
    }
    const signals = partitions.flatMap((partition) => (partition === undefined ? [] : [partition.appended]))
    await waitForAppends({ signals, satisfied, maxWaitMs: limits.maxWaitMs, clock: this.clock }, signal)
    this.checkOpen()
    const budget = new ReadBudget(limits, reads, bytesFrom)
    return { chunks: reads.map((read) => this.chunk(read, budget, view)) }
  }

  async bounds(of: PartitionId): Promise<Bounds> {
    const { logStartOffset, nextOffset, stableOffset, bytes } = this.look(of)
    const end = { highWatermark: nextOffset, writtenWatermark: nextOffset, logEndOffset: nextOffset }
    return { logStartOffset, ...end, lastStableOffset: stableOffset, bytes }
  }

  async offsetFor(of: PartitionId, at: TimestampMs | 'earliest' | 'latest'): Promise<Offset> {
    const partition = this.look(of)
    if (at === 'earliest') return partition.logStartOffset
    return at === 'latest' ? partition.nextOffset : partition.offsetAt(at)
  }

  async deleteRecords(of: PartitionId, before: Offset): Promise<Offset> {
    this.checkOpen()
    const { topic, partition } = this.catalogue.knownPartition(of)
    if (topic.description.internal) throw internalTopicError(of.topic)
    if (!(Number.isSafeInteger(before) && before >= 0 && before <= partition.nextOffset)) {
      throw outOfRange({ ...of, offset: before }, partition)
    }
    partition.startAt(before)
    return partition.logStartOffset
  }

  keepFor(consumers: readonly KeptConsumer[]): void {
    this.keptConsumers = [...consumers]
  }

  async status(): Promise<EngineStatus> {
    let usedBytes = 0
    for (const { partitions } of this.catalogue.all()) {
      for (const partition of partitions) usedBytes += partition.bytes
    }
    return { usedBytes, freeBytes: Infinity, damage: [], recoveryMs: 0 }
  }

  async close(): Promise<void> {
    this.closed = true
    for (const { partitions } of this.catalogue.all()) {
      for (const partition of partitions) partition.appended.wake()
    }
    await this.transactions.close()
    await this.coordinator.close()
  }

  private stateService(): StateService {
    return {
      claim: async (scope) => {
        this.checkOpen()
        return this.table.claim(scope)
      },
      get: (scope, key) => this.table.get(scope, key),
      entries: (scope, prefix) => this.table.entries(scope, prefix),
      put: async (update) => {
        await this.append([], { state: update })
      },
      scopes: () => this.table.listScopes(),
    }
  }

  private producerService(): ProducerService {
    let end = firstProducerId(this.hubId)
    const ids = new ProducerIds({
      reserve: async (count) => {
        end += count
        return end - count
      },
      end: () => end,
    })
    return {
      allocate: async () => {
        this.checkOpen()
        return ids.allocate()
      },
      bump: async (producer) => {
        this.checkOpen()
        return ids.bump(producer)
      },
      describe: (of) => describeProducers(this.catalogue.knownPartition(of).partition),
    }
  }

  private transactionPort(): TransactionPort {
    return {
      append: async (records, end) => this.appendTransaction(records, end),
      topicIdOf: (of) => {
        const description = this.catalogue.partition(of) && this.catalogue.find(of.topic)
        return description === undefined || description.internal ? undefined : description.id
      },
      allocate: () => this.producers.allocate(),
      bump: (producer) => this.producers.bump(producer),
      checkCommit: (commit) => this.coordinator.checkTransactionOffsets(commit),
    }
  }

  private appendTransaction(records: readonly TransactionRecord[], end: TransactionEnd | undefined): void {
    this.checkOpen()
    const commits = end === undefined ? [] : this.coordinator.decideTransactionOffsets(end.offsets)
    const batch = internalBatch(records, this.clock.now())
    const commitBatch = internalBatch(commits, this.clock.now())

    // Nothing below can be refused.
    if (end !== undefined) this.writeEnd(end)
    this.writeInternal(offsetsTopic, commitBatch)
    this.coordinator.apply(commits)
    this.writeInternal(transactionsTopic, batch)
    this.transactions.apply(records)
  }

  /** Where the producer has nothing open there is nothing to end. */
  private writeEnd({ producer, outcome, partitions }: TransactionEnd): void {
    const marker = encodeControlBatch(producer, outcome, this.clock.now())
    for (const of of partitions) {
      if (this.catalogue.find(of.topic)?.id !== of.topicId || this.catalogue.partition(of) === undefined) continue
      const place = this.catalogue.knownPartition(of)
      if (place.partition.transactions.openOf(producer.producerId) === undefined) continue
      this.write(place, marker)
      place.partition.appended.wake()
    }
  }

  private checkTransactions(entries: readonly PartitionAppend[], places: readonly MemoryPlace[]): void {
    entries.forEach(({ topic, partition, batch }, index) => {
      if (!isTransactional(batch, 0)) return
      const producer = { producerId: producerIdOf(batch, 0), epoch: producerEpochOf(batch, 0) }
      const { id: topicId } = places[index]!.topic.description
      const refusal = this.transactions.refusal(producer, { topicId, topic, partition })
      if (refusal !== undefined) throw refusal
    })
  }

  private placeOf(entry: PartitionAppend): MemoryPlace {
    const place = this.catalogue.knownPartition(entry)
    if (place.topic.description.internal) throw internalTopicError(entry.topic)
    checkBatchToAppend(entry, place.topic.description.settings.maxBatchBytes)
    return place
  }

  /** Judges the batches that have a producer, in their order; all are taken in, or none. */
  private takeIn(
    entries: readonly PartitionAppend[],
    places: readonly MemoryPlace[],
  ): readonly (TakenBatch | undefined)[] {
    const turn = new ProducerTurn()
    const nowMs = this.clock.monotonicMs()
    return entries.map(({ batch }, index) => {
      if (!hasProducer(batch, 0)) return undefined
      const { producers } = places[index]!.partition
      producers.expire(nowMs)
      const taken = turn.take(producers, batch, nowMs)
      if (!('reason' in taken)) return taken
      turn.takeBack(0)
      throw sequenceError(entries[index]!, taken)
    })
  }

  private place(
    { topic, partition, batch }: PartitionAppend,
    place: MemoryPlace,
    taken: TakenBatch | undefined,
  ): Appended {
    if (taken?.kind === 'repeated') {
      const { produced } = taken
      const lastOffset = lastOffsetOfProduced(produced)
      return { topic, partition, baseOffset: produced.baseOffset, lastOffset, appendTimeMs: -1 }
    }
    const baseOffset = this.write(place, batch)
    const { timestampType } = place.topic.description.settings
    const appendTimeMs = timestampType === 'append' ? this.clock.now() : -1
    if (taken !== undefined) completeTaken(taken, { baseOffset, appendTimeMs })
    return { topic, partition, baseOffset, lastOffset: place.partition.nextOffset - 1, appendTimeMs }
  }

  private appendCoordination(records: readonly CoordinationRecord[]): void {
    this.writeInternal(offsetsTopic, internalBatch(records, this.clock.now()))
    this.coordinator.apply(records)
  }

  private writeInternal(topic: string, batch: Buffer | undefined): void {
    if (batch === undefined) return
    const place = this.catalogue.knownPartition({ topic, partition: 0 })
    this.write(place, batch)
    place.partition.appended.wake()
  }

  private write({ topic, partition }: MemoryPlace, batch: Uint8Array): Offset {
    const baseOffset = partition.append(batch, topic.description.settings, this.clock.now())
    this.retain(topic, partition)
    return baseOffset
  }

  /** The partition as its retention leaves it at this time. */
  private look(of: PartitionId): MemoryPartition {
    this.checkOpen()
    const { topic, partition } = this.catalogue.knownPartition(of)
    this.retain(topic, partition)
    return partition
  }

  private retain({ description, partitions }: MemoryTopic, partition: MemoryPartition): void {
    const of = { topic: description.name, partition: partitions.indexOf(partition) }
    let keptOffset: Offset = partition.nextOffset
    for (const { group, topics } of this.keptConsumers) {
      if (!topics.includes(of.topic)) continue
      keptOffset = Math.min(keptOffset, this.coordinator.committed(group, of)?.offset ?? 0)
    }
    partition.retain(description.settings, keptOffset, this.clock.now())
  }

  private chunk(read: PartitionRead, budget: ReadBudget, view: TransactionView): PartitionChunk {
    const { topic, partition: number, offset } = read
    const of = { topic, partition: number }
    if (this.catalogue.partition(of) === undefined) {
      const error = unknownPartition(of, this.catalogue.find(topic)?.partitions ?? 0)
      return {
        ...of,
        ...nothing,
        nextOffset: offset,
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
        error,
      }
    }
    const partition = this.look(of)
    const { logStartOffset, nextOffset: highWatermark, stableOffset: lastStableOffset } = partition
    const bounds = { highWatermark, lastStableOffset, logStartOffset }
    if (!partition.holds(offset)) {
      const error = outOfRange(read, partition)
      return { ...of, ...nothing, nextOffset: offset, ...bounds, error }
    }
    const { firstBatchIsFree: firstIsFree } = budget
    const chunk = partition.read(offset, { maxBytes: budget.allowance(read), firstIsFree, view })
    budget.spend(chunk.batches.length)
    return { ...of, ...chunk, ...bounds }
  }

  private checkOpen(): void {
    if (this.closed) throw engineErrors.make('engine_stopped', 'the engine is closed')
  }
}

function sequenceError({ topic, partition }: PartitionAppend, refused: RefusedBatch): TailraceError {
  const code = refused.kind === 'old-epoch' ? 'invalid_producer_epoch' : 'out_of_order_sequence'
  return engineErrors.make(code, `${topic}-${partition}: ${refused.reason}`, {
    details: { topic, partition, ...refused.sequenced },
  })
}

function internalBatch(
  records: readonly (StateRecord | CoordinationRecord)[],
  timestampMs: number,
): Buffer | undefined {
  if (records.length === 0) return undefined
  const batch = encodeBatch(records.map(({ key, value }) => ({ key, value, timestampMs })))
  checkAppendSize([{ topic: '', partition: 0, batch }])
  return batch
}

function outOfRange(
  { topic, partition, offset }: PartitionId & { offset: Offset },
  held: MemoryPartition,
): TailraceError {
  const { logStartOffset, nextOffset } = held
  return engineErrors.make(
    'offset_out_of_range',
    `offset ${offset} of ${topic} partition ${partition} is not between ${logStartOffset} and ${nextOffset}`,
    { details: { topic, partition, offset, logStartOffset, highWatermark: nextOffset } },
  )
}

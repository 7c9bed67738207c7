// The product's engine: the engine's contract on the log store of one data directory.
//
// An append becomes one commit request: the client's batches, a batch of state records, a batch of group commits, all
// in one frame. Memory (state table, coordinator) follows what is durable, in the order of the journal.

import type { Claim } from '../../runtime/ownership.js'
import { messageOf, TailraceError } from '../../errors/tailrace-error.js'
import { Coordinator } from '../../coordination/coordinator.js'
import type { CoordinationRecord } from '../../coordination/journal-port.js'
import type { CommitBatch, CommitRequest } from '../../log/committer.js'
import { defaultJournalLimits, type JournalLimits } from '../../log/journal.js'
import { LogStore } from '../../log/log-store.js'
import { offsetForTime } from '../../log/time-lookup.js'
import { isTransactional, producerEpochOf, producerIdOf } from '../../record/batch-layout.js'
import { encodeBatch } from '../../record/encode-batch.js'
import { RecordCursor } from '../../record/record-cursor.js'
import { prepareZstd } from '../../record/zstd.js'
import type { World } from '../../runtime/world.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Recorder } from '../../telemetry/recorder.js'
import { TransactionCoordinator } from '../../transactions/transaction-coordinator.js'
import type { TransactionRecord } from '../../transactions/transaction-port.js'
import { checkAppendSize, checkBatchToAppend } from '../append-rules.js'
import { engineErrors } from '../errors.js'
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
  PartitionId,
  PartitionRead,
  ReadLimits,
  ReadResult,
  TimestampMs,
} from '../log-engine.js'
import { ProducerIds } from '../producer-ids.js'
import { describeProducers } from '../describe-producers.js'
import type { ProducerService } from '../producer-service.js'
import type { StateService } from '../state-service.js'
import { type StateRecord, StateTable } from '../state-table.js'
import { internalTopicError, offsetsTopic, stateTopic, transactionsTopic } from '../topic-rules.js'
import { EmbeddedTopics, settingsOf } from './embedded-topics.js'
import { EmbeddedTransactions } from './embedded-transactions.js'
import { Maintenance } from './maintenance.js'
import { Reader } from './reader.js'

export interface EmbeddedEngineOptions {
  /** The data directory; made when it is missing. */
  readonly directory: string
  readonly world: World
  readonly logger: Logger
  readonly recorder: Recorder
  /** Segments may take so many bytes before appends of clients are refused; unlimited when left out. */
  readonly budgetBytes?: number
  readonly journal?: JournalLimits
  /** Kept free for internal topics. */
  readonly reserveBytes?: number
  /** How often retention and compaction look. */
  readonly maintenanceMs?: number
  /** A checkpoint is written after so long without one. */
  readonly idleCheckpointMs?: number
  /** A segment with so many unsynced bytes is synced in the background. */
  readonly trickleBytes?: number
  /** A group without members and commits for so long loses its offsets; it keeps them when left out. */
  readonly offsetsRetentionMs?: number
  /** `log repair`: what the journal lost is given up. */
  readonly acceptsLoss?: boolean
}

const defaults = {
  budgetBytes: Number.POSITIVE_INFINITY,
  journal: defaultJournalLimits,
  reserveBytes: 16 * 1024 * 1024,
  maintenanceMs: 30_000,
  idleCheckpointMs: 5_000,
  trickleBytes: 4 * 1024 * 1024,
  offsetsRetentionMs: Number.POSITIVE_INFINITY,
  acceptsLoss: false,
}

const noOptions: AppendOptions = {}
const noChanges: CommitRequest['changes'] = []
const replayBytes = 4 * 1024 * 1024
const replayView = { isolation: 'durable', transactions: 'all' } as const

/**
 * Takes the directory, recovers what is in it and serves it. Errors: directory_owned, those of core/log/errors.ts for
 * what may not be opened, those of core/runtime/errors.ts for what the system refuses.
 */
export async function openEmbeddedEngine(options: EmbeddedEngineOptions): Promise<LogEngine> {
  const { world, directory } = options
  await prepareZstd()
  await world.files.makeDirectory(directory)
  const claim = await world.ownership.claim(directory)
  try {
    return await EmbeddedEngine.open({ ...defaults, ...withoutAbsent(options) }, claim)
  } catch (error) {
    await claim.release()
    throw error
  }
}

type InternalRecord = StateRecord | CoordinationRecord | TransactionRecord
type FullOptions = Required<EmbeddedEngineOptions>

class EmbeddedEngine implements LogEngine {
  readonly capabilities: EngineCapabilities = { persistent: true, atomicState: true, compaction: true }
  readonly topics: EmbeddedTopics
  readonly groups: Coordinator
  readonly state: StateService
  readonly producers: ProducerService
  readonly transactions: TransactionCoordinator
  readonly #options: FullOptions
  readonly #claim: Claim
  readonly #store: LogStore
  readonly #reader: Reader
  readonly #transactionPort: EmbeddedTransactions
  readonly #maintenance: Maintenance
  readonly #table = new StateTable()
  readonly #failed: AbortController
  readonly #damage: TailraceError[] = []
  #kept: readonly KeptConsumer[] = []
  #closing: Promise<void> | undefined

  private constructor(
    options: FullOptions,
    parts: {
      readonly claim: Claim
      readonly store: LogStore
      readonly failed: AbortController
      readonly reader: { current?: Reader }
    },
  ) {
    this.#options = options
    this.#claim = parts.claim
    this.#store = parts.store
    this.#failed = parts.failed
    const { world, logger } = options
    this.topics = new EmbeddedTopics({
      store: this.#store,
      random: world.random,
      checkOpen: () => this.#checkOpen(),
      removed: (name) => this.#appendCoordination(this.groups.decideTopicRemoval(name)),
    })
    this.#reader = new Reader({
      topics: this.topics,
      clock: world.clock,
      checkOpen: () => this.#checkOpen(),
      damaged: (error) => this.#noteDamage(error),
    })
    parts.reader.current = this.#reader
    this.groups = new Coordinator({
      port: {
        append: (records) => this.#appendCoordination(records),
        exists: ({ topic, partition }) => partition < (this.topics.find(topic)?.partitions ?? 0),
      },
      clock: world.clock,
      random: world.random,
      logger,
      offsetsRetentionMs: options.offsetsRetentionMs,
    })
    this.state = this.#stateService()
    this.producers = this.#producerService()
    this.#transactionPort = new EmbeddedTransactions({
      store: this.#store,
      topics: this.topics,
      groups: this.groups,
      producers: this.producers,
      clock: world.clock,
      addInternal: (batches, topic, records) => this.#addInternal(batches, topic, records),
      apply: (records) => this.transactions.apply(records),
    })
    this.transactions = new TransactionCoordinator({ port: this.#transactionPort, clock: world.clock, logger })
    this.#maintenance = new Maintenance({
      store: this.#store,
      files: world.files,
      clock: world.clock,
      logger,
      intervalMs: options.maintenanceMs,
      settingsOf: (topic) => this.topics.find(topic)?.settings,
      neededOffset: (topic, partition) => this.#neededOffset({ topic, partition }),
    })
  }

  static async open(options: FullOptions, claim: Claim): Promise<EmbeddedEngine> {
    const failed = new AbortController()
    const reader: { current?: Reader } = {}
    const store = await LogStore.open({
      ...options,
      partitionSettings: (topic) => settingsOf(topic),
      onVisible: (logs) => reader.current?.wake(logs),
      onFailure: (error) => failed.abort(error),
      explain,
    })
    const engine = new EmbeddedEngine(options, { claim, store, failed, reader })
    try {
      await engine.#start()
    } catch (error) {
      await store.close()
      throw error
    }
    return engine
  }

  async #start(): Promise<void> {
    const { lost } = this.#claim
    const lose = (): void => this.#fail(lost.reason)
    if (lost.aborted) lose()
    lost.addEventListener('abort', lose)
    // Long polls wait for appends that will not come.
    this.failed.addEventListener('abort', () => this.#reader.wake(this.#store.partitions()))
    await this.topics.ensureInternal()
    await this.#replay(offsetsTopic, (key, value) => this.groups.replay(key, value))
    await this.#replay(stateTopic, (key, value) => this.#table.apply(key, value))
    await this.#replay(transactionsTopic, (key, value) => this.transactions.replay(key, value))
    this.groups.start()
    await this.#endUnknownTransactions()
    this.transactions.start()
    this.#maintenance.start()
  }

  get leaderEpoch(): number {
    return this.#store.leaderEpoch
  }

  get hubId(): string {
    return this.#store.hubId
  }

  get failed(): AbortSignal {
    return this.#failed.signal
  }

  append(entries: readonly PartitionAppend[], options: AppendOptions = noOptions): Promise<readonly Appended[]> {
    try {
      return this.#append(entries, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** One promise for an append of records alone: what a closed loop of small batches costs is mostly this function. */
  #append(entries: readonly PartitionAppend[], options: AppendOptions): Promise<readonly Appended[]> {
    this.#checkOpen()
    checkAppendSize(entries)
    const batches: CommitBatch[] = []
    let isPartOfTransaction = false
    let isWritten = entries.length > 0 && options.state === undefined && options.commits === undefined
    let flushMs = Number.POSITIVE_INFINITY
    for (const entry of entries) {
      const { topic, log } = this.topics.known(entry)
      if (topic.internal) throw internalTopicError(entry.topic)
      checkBatchToAppend(entry, topic.settings.maxBatchBytes)
      batches.push({ log, batch: entry.batch })
      isPartOfTransaction ||= isTransactional(entry.batch, 0)
      isWritten &&= topic.settings.durability === 'written'
      flushMs = Math.min(flushMs, topic.settings.flushMs)
    }
    const refusal = isPartOfTransaction ? this.#transactionCheck([...batches]) : undefined
    if (options.state !== undefined || options.commits !== undefined)
      return this.#appendWithMemory(batches, options, refusal)
    if (batches.length === 0) return Promise.resolve([])
    // A transaction is committed with all batches that were acknowledged: none of them may be lost before its end.
    const needsSync = isPartOfTransaction || !isWritten
    return this.#store.submit({ batches, changes: noChanges, kind: 'client', needsSync, flushMs, refusal })
  }

  async #appendWithMemory(
    batches: CommitBatch[],
    options: AppendOptions,
    refusal: CommitRequest['refusal'],
  ): Promise<readonly Appended[]> {
    const entryCount = batches.length
    const stateRecords = options.state === undefined ? [] : this.#table.records(options.state)
    const commitRecords = options.commits === undefined ? [] : this.groups.decideCommits(options.commits)
    this.#addInternal(batches, stateTopic, stateRecords)
    this.#addInternal(batches, offsetsTopic, commitRecords)
    if (batches.length === 0) return []
    const placed = await this.#store.submit({
      batches,
      changes: noChanges,
      kind: entryCount > 0 ? 'client' : 'internal',
      needsSync: true,
      flushMs: 0,
      refusal,
      onDurable: () => this.#apply(stateRecords, commitRecords),
    })
    return placed.slice(0, entryCount)
  }

  /** Asked when the append has its turn: what ends a transaction may have come before it. */
  #transactionCheck(batches: readonly CommitBatch[]): () => TailraceError | undefined {
    return () => {
      for (const { log, batch } of batches) {
        if (!isTransactional(batch, 0)) continue
        const producer = { producerId: producerIdOf(batch, 0), epoch: producerEpochOf(batch, 0) }
        const refusal = this.transactions.refusal(producer, log.identity)
        if (refusal !== undefined) return refusal
      }
      return undefined
    }
  }

  read(partitions: readonly PartitionRead[], limits: ReadLimits, signal: AbortSignal): Promise<ReadResult> {
    return this.#reader.read(partitions, limits, signal)
  }

  async bounds(of: PartitionId): Promise<Bounds> {
    this.#checkOpen()
    const { log } = this.topics.known(of)
    const { logStartOffset, highWatermark, writtenWatermark, nextOffset, sizeBytes } = log
    const lastStableOffset = log.stableOffset('written')
    const ends = { highWatermark, writtenWatermark, lastStableOffset, logEndOffset: nextOffset }
    return { logStartOffset, ...ends, bytes: sizeBytes }
  }

  async offsetFor(of: PartitionId, at: TimestampMs | 'earliest' | 'latest'): Promise<Offset> {
    this.#checkOpen()
    const { log } = this.topics.known(of)
    if (at === 'earliest') return log.logStartOffset
    return at === 'latest' ? log.highWatermark : offsetForTime(log, at)
  }

  async deleteRecords(of: PartitionId, before: Offset): Promise<Offset> {
    this.#checkOpen()
    const { topic, log } = this.topics.known(of)
    if (topic.internal) throw internalTopicError(of.topic)
    const { logStartOffset, highWatermark } = log
    if (!Number.isSafeInteger(before) || before < 0 || before > highWatermark) {
      const message = `offset ${before} of ${of.topic} partition ${of.partition} is not between ${logStartOffset} and ${highWatermark}`
      throw engineErrors.make('offset_out_of_range', message, {
        details: { ...of, offset: before, logStartOffset, highWatermark },
      })
    }
    // Somebody else may have moved it as far, in an entry that is still on its way.
    if (before > log.durableLogStart) {
      await this.#store.moveLogStart(log, before)
      await this.#store.removeBelowStart(log)
    }
    return log.logStartOffset
  }

  keepFor(consumers: readonly KeptConsumer[]): void {
    this.#kept = [...consumers]
  }

  async status(): Promise<EngineStatus> {
    return {
      usedBytes: this.#store.segmentBytes() + this.#store.journalBytes(),
      freeBytes: await this.#store.freeBytes(),
      refusing: explain(this.#store.refusal()) as TailraceError | undefined,
      damage: [...this.#damage],
      recoveryMs: this.#store.recoveryMs,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#store.beginClose()
    await this.transactions.close()
    await this.groups.close()
    await this.#maintenance.close()
    try {
      await this.#store.close()
    } finally {
      this.#reader.wake(this.#store.partitions())
      await this.#claim.release()
    }
  }

  #apply(stateRecords: readonly StateRecord[], commitRecords: readonly CoordinationRecord[]): void {
    for (const { key, value } of stateRecords) this.#table.apply(key, value)
    this.groups.apply(commitRecords)
  }

  async #appendCoordination(records: readonly CoordinationRecord[]): Promise<void> {
    if (records.length === 0) return
    const batches: CommitBatch[] = []
    this.#addInternal(batches, offsetsTopic, records)
    const onDurable = (): void => this.groups.apply(records)
    await this.#store.submit({ batches, changes: noChanges, kind: 'internal', needsSync: true, flushMs: 0, onDurable })
  }

  #addInternal(batches: CommitBatch[], topic: string, records: readonly InternalRecord[]): void {
    if (records.length === 0) return
    const timestampMs = this.#options.world.clock.now()
    const batch = encodeBatch(records.map(({ key, value }) => ({ key, value, timestampMs })))
    checkAppendSize([{ topic, partition: 0, batch }])
    batches.push({ log: this.topics.known({ topic, partition: 0 }).log, batch })
  }

  async #replay(topic: string, apply: (key: Uint8Array, value: Uint8Array | null) => void): Promise<void> {
    const { log } = this.topics.known({ topic, partition: 0 })
    const cursor = new RecordCursor()
    let offset = log.logStartOffset
    while (offset < log.highWatermark) {
      const { batches, nextOffset } = await log.read(offset, replayBytes, replayView)
      cursor.reset(batches)
      while (cursor.next()) {
        const key = cursor.key()
        if (key !== null) apply(key, cursor.value())
      }
      offset = nextOffset
    }
  }

  #stateService(): StateService {
    return {
      claim: async (scope) => {
        this.#checkOpen()
        const claim = this.#table.claim(scope)
        await this.#store.barrier()
        return claim
      },
      get: (scope, key) => this.#table.get(scope, key),
      entries: (scope, prefix) => this.#table.entries(scope, prefix),
      put: async (update) => {
        await this.append([], { state: update })
      },
      scopes: () => this.#table.listScopes(),
    }
  }

  #producerService(): ProducerService {
    const ids = new ProducerIds({
      reserve: (count) => this.#store.reserveProducerIds(count),
      end: () => this.#store.nextProducerId,
    })
    return {
      allocate: async () => {
        this.#checkOpen()
        return ids.allocate()
      },
      bump: async (producer) => {
        this.#checkOpen()
        return ids.bump(producer)
      },
      describe: (of) => describeProducers(this.topics.known(of).log),
    }
  }

  /** What partitions hold open and the coordinator does not know would keep readers waiting for ever. */
  async #endUnknownTransactions(): Promise<void> {
    for (const { identity, transactions } of this.#store.partitions()) {
      for (const producer of [...transactions.allOpen()]) {
        if (this.transactions.isOpen(producer, identity)) continue
        const { producerId, epoch, place } = producer
        const fields = { ...identity, producerId, epoch, firstOffset: place.firstOffset }
        this.#options.logger.warn('a transaction that no producer holds is aborted', fields)
        await this.#transactionPort.append([], { producer, outcome: 'abort', partitions: [identity], offsets: [] })
      }
    }
  }

  #neededOffset(of: PartitionId): Offset {
    let needed = Number.POSITIVE_INFINITY
    for (const { group, topics } of this.#kept) {
      if (topics.includes(of.topic)) needed = Math.min(needed, this.groups.committed(group, of)?.offset ?? 0)
    }
    return needed
  }

  #noteDamage(error: TailraceError): void {
    if (this.#damage.some(({ message }) => message === error.message)) return
    this.#damage.push(error)
    this.#options.recorder.count('tailrace_damaged_total', { kind: 'segment' })
    this.#options.logger.error('found damage', { error })
  }

  #fail(reason: unknown): void {
    if (!this.#failed.signal.aborted) this.#failed.abort(reason)
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw engineErrors.make('engine_stopped', 'the engine is closed')
    if (!this.#failed.signal.aborted) return
    const { reason } = this.#failed.signal
    throw engineErrors.make('engine_stopped', `the engine stopped: ${messageOf(reason)}`, { cause: reason })
  }
}

/** A refusal of the log in the engine's words. */
function explain(error: unknown): unknown {
  if (!(error instanceof TailraceError)) return error
  const { message, details } = error
  if (error.code === 'disk_low' && details['reason'] === 'budget')
    return engineErrors.make('budget_used', message, { cause: error, details })
  if (error.code === 'disk_low' || error.code === 'disk_full')
    return engineErrors.make('log_disk_full', message, { cause: error, details })
  if (error.code === 'batch_out_of_order')
    return engineErrors.make('out_of_order_sequence', message, { cause: error, details })
  if (error.code === 'producer_outdated')
    return engineErrors.make('invalid_producer_epoch', message, { cause: error, details })
  if (error.code === 'partition_removed') return engineErrors.make('unknown_topic', message, { cause: error, details })
  if (error.code === 'sync_failed' || error.code === 'log_closed')
    return engineErrors.make('engine_stopped', message, { cause: error })
  return error
}

function withoutAbsent(options: EmbeddedEngineOptions): EmbeddedEngineOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as EmbeddedEngineOptions
}

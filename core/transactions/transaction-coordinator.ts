// The transaction coordinator: decide, append, apply, answer. States, bounds and crashes stand in SPEC.md.
//
// The log owns the truth: memory changes where `apply` hands in a durable record, in running as in replay. Beside it
// stands only that the end of a transaction is on its way: from the turn in which its append is submitted no batch is
// taken any more, so none stands behind the end. Operations on one transactional id run one after the other.

import { Deadline, DeadlineQueue } from '../coordination/deadline-queue.js'
import { checkGroupName } from '../coordination/join-rules.js'
import { engineErrors } from '../engine/errors.js'
import type { OffsetsCommit } from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { ProducerIdentity } from '../engine/producer-service.js'
import type {
  TransactionDescription,
  TransactionIdentity,
  TransactionOutcome,
  TransactionService,
  TransactionStart,
} from '../engine/transaction-service.js'
import { invariant } from '../errors/invariant.js'
import { messageOf, type TailraceError } from '../errors/tailrace-error.js'
import type { Clock } from '../runtime/clock.js'
import type { Logger } from '../telemetry/logger.js'
import { checkPending, describeEntry, endOf, hasPending, isIdle, isOpenFor, tombstones } from './entry-decisions.js'
import { maxPartitionsOfAll, maxTransactionalIds, retryAbortMs, sweepMs } from './limits.js'
import {
  checkLimit,
  ended,
  initialized,
  partitionCount,
  timedOut,
  type TransactionMetadata,
  withGroup,
  withOffsets,
  withPartitions,
} from './transaction.js'
import type { TransactionEntry } from './transaction-entry.js'
import { TransactionMemory } from './transaction-memory.js'
import type { NamedPartition, TransactionPort, TransactionRecord } from './transaction-port.js'
import { metadataRecord, pendingRecord } from './transaction-record.js'
import {
  answerOf,
  checkKnown,
  checkStart,
  invalidState,
  metadataFor,
  refusalOf,
  unknownPartitions,
  unknownTransaction,
} from './transaction-rules.js'

export interface TransactionCoordinatorOptions {
  readonly port: TransactionPort
  readonly clock: Clock
  readonly logger: Logger
}

export class TransactionCoordinator implements TransactionService {
  private readonly port: TransactionPort
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly memory = new TransactionMemory((entry) => this.runsOut(entry))
  private readonly deadlines: DeadlineQueue
  /** When idle ids are looked for. */
  private readonly sweep = new Deadline(() => this.sweepIdle())
  private started = false
  private closed = false

  constructor({ port, clock, logger }: TransactionCoordinatorOptions) {
    this.port = port
    this.clock = clock
    this.logger = logger
    this.deadlines = new DeadlineQueue(clock)
  }

  /** Takes in one durable record; the very same while replaying and while running, and twice is fine. */
  replay(key: Uint8Array, value: Uint8Array | null): void {
    const entry = this.memory.replay(key, value)
    this.settle(entry)
    this.memory.letGo(entry)
  }

  /** Durable records in the order of the log, called by whoever appended them. */
  apply(records: readonly TransactionRecord[]): void {
    for (const { key, value } of records) this.replay(key, value)
  }

  /** Begins to keep time, after the replay and once the engine takes appends: open transactions have all of it again. */
  start(): void {
    this.started = true
    for (const entry of this.memory.all()) this.settle(entry)
    this.deadlines.set(this.sweep, this.clock.monotonicMs() + sweepMs)
  }

  /** Resolves when no operation is under way; those that wait for their turn end with engine_stopped. Twice is fine. */
  async close(): Promise<void> {
    this.closed = true
    this.deadlines.close()
    await Promise.all(Array.from(this.memory.all(), (entry) => entry.operations.idle()))
  }

  /**
   * Why a batch of the producer's transaction may not be appended there now; undefined when it may. Asked when the turn
   * of the batch comes. invalid_transaction_state, or producer_fenced for an older epoch.
   */
  refusal(producer: ProducerIdentity, of: NamedPartition): TailraceError | undefined {
    return refusalOf(this.memory.ofProducer(producer.producerId), producer, of)
  }

  /** Will somebody end this producer's transaction there? */
  isOpen(producer: ProducerIdentity, of: NamedPartition): boolean {
    return isOpenFor(this.memory.ofProducer(producer.producerId), producer, of)
  }

  async initialize(start: TransactionStart): Promise<ProducerIdentity> {
    this.checkOpen()
    checkStart(start)
    const { transactionalId } = start
    const isNew = (): boolean => this.memory.get(transactionalId) === undefined
    if (isNew() && this.memory.size >= maxTransactionalIds) await this.forgetIdle()
    if (isNew()) checkLimit('transactional ids', this.memory.size + 1, maxTransactionalIds)
    const entry = this.memory.entryFor(transactionalId)
    return this.operate(entry, () => this.takeOver(entry, start))
  }

  async addPartitions(of: TransactionIdentity, partitions: readonly PartitionId[]): Promise<void> {
    await this.operateAs(of, async (entry, metadata) => {
      answerOf(of.transactionalId, metadata.state, 'name')
      const after = withPartitions(metadata, this.named(partitions), this.clock.now())
      if (after === undefined) return
      const added = partitionCount(after) - partitionCount(metadata)
      checkLimit('partitions of open transactions', this.memory.partitions + added, maxPartitionsOfAll)
      await this.change(entry, after)
    })
  }

  async addGroup(of: TransactionIdentity, group: string): Promise<void> {
    checkGroupName(group)
    await this.operateAs(of, async (entry, metadata) => {
      answerOf(of.transactionalId, metadata.state, 'name')
      const after = withGroup(metadata, group, this.clock.now())
      if (after !== undefined) await this.change(entry, after)
    })
  }

  async commitOffsets(of: TransactionIdentity, commit: OffsetsCommit): Promise<void> {
    const { group } = commit
    await this.operateAs(of, async (entry, { state, groups }) => {
      const { transactionalId } = of
      answerOf(transactionalId, state, 'commit-offsets')
      if (!groups.has(group))
        throw invalidState(`${transactionalId}: group ${group} was not added`, { transactionalId, group })
      this.port.checkCommit(commit)
      const ids = this.named(commit.offsets)
      if (ids.length === 0) return
      const offsets = commit.offsets.map((offset, index) => ({ ...offset, topicId: ids[index]!.topicId }))
      const pending = withOffsets(entry.pending.get(group), offsets)
      checkPending(entry, group, pending, this.memory.pendingBytes)
      await this.port.append([pendingRecord(transactionalId, group, pending)])
    })
  }

  async end(of: TransactionIdentity, outcome: TransactionOutcome): Promise<void> {
    await this.operateAs(of, async (entry, metadata) => {
      if (answerOf(of.transactionalId, metadata.state, outcome) === 'repeated') return
      await this.change(entry, ended(metadata, outcome, this.clock.now()), outcome)
    })
  }

  hasPendingOffset(group: string, of: PartitionId): boolean {
    for (const entry of this.memory.pendingIn(group)) if (hasPending(entry, group, of)) return true
    return false
  }

  list(): readonly TransactionDescription[] {
    return Array.from(this.memory.all(), describeEntry)
      .filter((description) => description !== undefined)
      .sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1))
  }

  describe(transactionalId: string): TransactionDescription {
    const entry = this.memory.get(transactionalId)
    const description = entry === undefined ? undefined : describeEntry(entry)
    if (description === undefined) throw unknownTransaction(transactionalId)
    return description
  }

  /** Makes the caller the producer of the id, behind the operations before. */
  private async takeOver(entry: TransactionEntry, { known, timeoutMs }: TransactionStart): Promise<ProducerIdentity> {
    const { metadata: before, transactionalId } = entry
    if (before !== undefined && checkKnown(transactionalId, before, known) === 'lost-answer') return before.producer
    const producer = await (before === undefined ? this.port.allocate() : this.port.bump(before.producer))
    const ends = before !== undefined && answerOf(transactionalId, before.state, 'initialize') === 'ends'
    // Kept of a new id, what nobody can check would let the next one who says the same pass for this one.
    const confirmed = before === undefined ? undefined : known
    const after = initialized({ producer, known: confirmed, timeoutMs, nowMs: this.clock.now() })
    await this.change(entry, after, ends ? 'abort' : undefined)
    this.logger.info('a transactional id has a new producer', { transactionalId, ...producer, abortedOpen: ends })
    return producer
  }

  /** One append: what the id now is, and with an outcome the end of its open transaction. */
  private async change(
    entry: TransactionEntry,
    after: TransactionMetadata,
    outcome?: TransactionOutcome,
  ): Promise<void> {
    const { transactionalId, metadata: before } = entry
    const goesOn = before?.state === 'ongoing' && after.state === 'ongoing'
    const records = [metadataRecord(transactionalId, after), ...(goesOn ? [] : tombstones(entry))]
    const end =
      outcome === undefined ? undefined : endOf(entry, outcome, after.producer, (of) => this.port.topicIdOf(of))
    // In the turn of the append: what comes later is refused, what came before stands before the end.
    entry.isEnding = end !== undefined
    try {
      await this.port.append(records, end)
    } finally {
      entry.isEnding = false
    }
    invariant(entry.metadata !== before, `the log kept a record of ${transactionalId} but did not apply it`)
  }

  /** Sets the time-out to what the id now is. */
  private settle(entry: TransactionEntry): void {
    if (!this.started || this.closed) return
    const { metadata } = entry
    if (metadata?.state !== 'ongoing') {
      entry.openSinceMs = undefined
      entry.isOverdue = false
      this.deadlines.remove(entry.due)
    } else if (entry.openSinceMs === undefined) {
      entry.openSinceMs = this.clock.monotonicMs()
      this.deadlines.set(entry.due, entry.openSinceMs + metadata.timeoutMs)
    }
  }

  private runsOut(entry: TransactionEntry): void {
    const { transactionalId } = entry
    this.operate(entry, () => this.abortOverdue(entry)).catch((error: unknown) => {
      if (!this.closed) this.logger.debug('an abort is tried again', { transactionalId, error: messageOf(error) })
    })
  }

  /** The transaction is out of time, unless it ended while this waited for its turn. */
  private async abortOverdue(entry: TransactionEntry): Promise<void> {
    const { metadata: before, openSinceMs, transactionalId } = entry
    if (before?.state !== 'ongoing' || openSinceMs === undefined || entry.due.place >= 0) return
    const { producer, timeoutMs } = before
    const openMs = Math.round(this.clock.monotonicMs() - openSinceMs)
    const fields = { transactionalId, ...producer, openMs, timeoutMs }
    try {
      const next = await this.port.bump(producer)
      await this.change(entry, timedOut(before, next, this.clock.now()), 'abort')
    } catch (error) {
      if (!entry.isOverdue)
        this.logger.warn('a transaction is out of time and cannot be aborted yet', {
          ...fields,
          error: messageOf(error),
        })
      entry.isOverdue = true
      if (!this.closed) this.deadlines.set(entry.due, this.clock.monotonicMs() + retryAbortMs)
      throw error
    }
    this.logger.warn('a transaction is out of time and was aborted', fields)
  }

  private sweepIdle(): void {
    this.deadlines.set(this.sweep, this.clock.monotonicMs() + sweepMs)
    this.forgetIdle().catch((error: unknown) => {
      if (!this.closed) this.logger.warn('idle transactional ids cannot be forgotten', { error: messageOf(error) })
    })
  }

  /** Forgets the ids that were not used for long. Errors: those of an append. */
  private async forgetIdle(): Promise<void> {
    const nowMs = this.clock.now()
    const idle = Array.from(this.memory.all()).filter((entry) => isIdle(entry, nowMs) && entry.operations.isIdle)
    const forget = async (entry: TransactionEntry): Promise<void> => {
      if (!isIdle(entry, this.clock.now())) return
      const { transactionalId } = entry
      await this.port.append([metadataRecord(transactionalId, undefined), ...tombstones(entry)])
      this.logger.info('an idle transactional id is forgotten', { transactionalId })
    }
    await Promise.all(idle.map((entry) => this.operate(entry, () => forget(entry))))
  }

  /** The partitions with the ids of their topics. Errors: unknown_partition when one is not there. */
  private named(partitions: readonly PartitionId[]): NamedPartition[] {
    const named: NamedPartition[] = []
    const unknown: PartitionId[] = []
    for (const { topic, partition } of partitions) {
      const topicId = this.port.topicIdOf({ topic, partition })
      if (topicId === undefined) unknown.push({ topic, partition })
      else named.push({ topic, topicId, partition })
    }
    if (unknown.length > 0) throw unknownPartitions(unknown)
    return named
  }

  /** Runs an operation of a producer with the id as it then is. Errors: unknown_transaction, producer_fenced. */
  private async operateAs(
    of: TransactionIdentity,
    operation: (entry: TransactionEntry, metadata: TransactionMetadata) => Promise<void>,
  ): Promise<void> {
    this.checkOpen()
    const entry = this.memory.get(of.transactionalId)
    if (entry === undefined) throw unknownTransaction(of.transactionalId)
    await this.operate(entry, () => operation(entry, metadataFor(entry, of)))
  }

  /** Runs an operation behind those on the same id that were asked for before. */
  private operate<Result>(entry: TransactionEntry, operation: () => Promise<Result>): Promise<Result> {
    const run = entry.operations.run(async () => {
      this.checkOpen()
      return operation()
    })
    return run.finally(() => this.memory.letGo(entry))
  }

  private checkOpen(): void {
    if (this.closed) throw engineErrors.make('engine_stopped', 'the transaction coordinator is closed')
  }
}

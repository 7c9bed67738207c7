// What the embedded engine does for the transaction coordinator: one commit request holds the end of a transaction in all
// its partitions, the offsets that it commits, and the coordinator's own records.

import type { Coordinator } from '../../coordination/coordinator.js'
import type { CoordinationRecord } from '../../coordination/journal-port.js'
import type { CommitBatch } from '../../log/committer.js'
import type { LogStore } from '../../log/log-store.js'
import type { PartitionLog } from '../../log/partition-log.js'
import { encodeControlBatch } from '../../record/control-batch.js'
import type { Clock } from '../../runtime/clock.js'
import type {
  NamedPartition,
  TransactionEnd,
  TransactionPort,
  TransactionRecord,
} from '../../transactions/transaction-port.js'
import { engineErrors } from '../errors.js'
import type { OffsetsCommit } from '../group-service.js'
import type { PartitionId } from '../log-engine.js'
import type { ProducerIdentity, ProducerService } from '../producer-service.js'
import { offsetsTopic, transactionsTopic } from '../topic-rules.js'
import type { EmbeddedTopics } from './embedded-topics.js'

export interface EmbeddedTransactionsOptions {
  readonly store: LogStore
  readonly topics: EmbeddedTopics
  readonly groups: Coordinator
  readonly producers: ProducerService
  readonly clock: Clock
  /** Adds a batch of the records of an internal topic, when there are any. */
  addInternal(batches: CommitBatch[], topic: string, records: readonly (TransactionRecord | CoordinationRecord)[]): void
  /** The records of the coordinator are durable. */
  apply(records: readonly TransactionRecord[]): void
}

export class EmbeddedTransactions implements TransactionPort {
  readonly #options: EmbeddedTransactionsOptions

  constructor(options: EmbeddedTransactionsOptions) {
    this.#options = options
  }

  async append(records: readonly TransactionRecord[], end?: TransactionEnd): Promise<void> {
    for (;;) {
      try {
        return await this.#submit(records, end)
      } catch (error) {
        // A topic was deleted while the request waited for its turn: it ends in the others.
        if (end === undefined || !engineErrors.is(error, 'unknown_topic')) throw error
      }
    }
  }

  topicIdOf(of: PartitionId): string | undefined {
    const topic = this.#options.topics.find(of.topic)
    const isThere = topic !== undefined && !topic.internal && of.partition >= 0 && of.partition < topic.partitions
    return isThere ? topic.id : undefined
  }

  allocate(): Promise<ProducerIdentity> {
    return this.#options.producers.allocate()
  }

  bump(producer: ProducerIdentity): Promise<ProducerIdentity> {
    return this.#options.producers.bump(producer)
  }

  checkCommit(commit: OffsetsCommit): void {
    this.#options.groups.checkTransactionOffsets(commit)
  }

  async #submit(records: readonly TransactionRecord[], end: TransactionEnd | undefined): Promise<void> {
    const { store, groups, addInternal, apply } = this.#options
    const batches = end === undefined ? [] : this.#markers(end)
    const commits = end === undefined ? [] : groups.decideTransactionOffsets(end.offsets)
    addInternal(batches, transactionsTopic, records)
    addInternal(batches, offsetsTopic, commits)
    await store.submit({
      batches,
      changes: [],
      kind: 'internal',
      needsSync: true,
      flushMs: 0,
      onDurable: () => {
        groups.apply(commits)
        apply(records)
      },
    })
  }

  /** In a partition of which the producer has nothing open there is nothing to end, and there will not be. */
  #markers({ producer, outcome, partitions }: TransactionEnd): CommitBatch[] {
    const batch = encodeControlBatch(producer, outcome, this.#options.clock.now())
    return partitions.flatMap((of) => {
      const log = this.#logOf(of)
      return log?.transactions.openOf(producer.producerId) === undefined ? [] : [{ log, batch }]
    })
  }

  #logOf(of: NamedPartition): PartitionLog | undefined {
    return this.topicIdOf(of) === of.topicId ? this.#options.store.partition(of.topicId, of.partition) : undefined
  }
}

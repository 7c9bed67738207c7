// What the transaction coordinator needs of an engine: one atomic append, producer ids, and a look at topics and groups.

import type { OffsetsCommit, OffsetToCommit } from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { ProducerIdentity } from '../engine/producer-service.js'
import type { TransactionOutcome } from '../engine/transaction-service.js'

/** A record of the compacted topic `__tailrace_transactions`; a null value removes the key. */
export interface TransactionRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** A partition of a topic as it was when the transaction named it: one made anew under the same name is another. */
export interface NamedPartition extends PartitionId {
  readonly topicId: string
}

/** The end of a transaction, for partitions and groups. */
export interface TransactionEnd {
  /** Whose batches it ends. */
  readonly producer: ProducerIdentity
  readonly outcome: TransactionOutcome
  /** Those that are gone, or where the producer wrote nothing, get no marker. */
  readonly partitions: readonly NamedPartition[]
  /** Empty for an abort; offsets of partitions that are gone are left out. */
  readonly offsets: readonly { readonly group: string; readonly offsets: readonly OffsetToCommit[] }[]
}

export interface TransactionPort {
  /**
   * One append: the records, and the end of a transaction. The engine hands the records that became durable to
   * `TransactionCoordinator.apply` in the order of the journal, and only then resolves. A rejection means that nothing
   * was kept. Taken in the turn of the call, so that two calls keep their order.
   */
  append(records: readonly TransactionRecord[], end?: TransactionEnd): Promise<void>
  /** The id of the topic; undefined when there is no such partition, or it is internal. */
  topicIdOf(partition: PartitionId): string | undefined
  allocate(): Promise<ProducerIdentity>
  /** The next epoch; a new id when the epochs are used up. */
  bump(producer: ProducerIdentity): Promise<ProducerIdentity>
  /** Throws what GroupService.commit would reject with; but one who is no member may commit though there are some. */
  checkCommit(commit: OffsetsCommit): void
}

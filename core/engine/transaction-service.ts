// Transactions of clients, as Kafka has them: records of many appends, in many partitions, and offsets of groups, that
// count all or not at all. Implemented by core/transactions/transaction-coordinator.ts for every engine of ours; its
// SPEC.md holds the rules. What belongs together in one append needs none of this: `LogEngine.append` is atomic.

import type { OffsetsCommit } from './group-service.js'
import type { PartitionId, TimestampMs } from './log-engine.js'
import type { ProducerIdentity } from './producer-service.js'

/** Who speaks: the name that survives restarts, and the run of the producer that holds it. */
export interface TransactionIdentity extends ProducerIdentity {
  readonly transactionalId: string
}

export interface TransactionStart {
  /** 1 to 255 bytes. */
  readonly transactionalId: string
  /** A transaction that is open for longer is aborted, and its producer fenced; 1 ms to 15 min. */
  readonly timeoutMs: number
  /** What the producer was before, when it asks again after an error (KIP-360); a stranger's is refused. */
  readonly known?: ProducerIdentity
}

export type TransactionOutcome = 'commit' | 'abort'

/** `empty`: no transaction since the producer began. `ending`: its outcome is decided, and on its way to the disk. */
export type TransactionState = 'empty' | 'ongoing' | 'ending' | 'committed' | 'aborted'

export interface TransactionDescription extends TransactionIdentity {
  readonly state: TransactionState
  readonly timeoutMs: number
  /** When the ongoing transaction began; -1 without one. */
  readonly startedAtMs: TimestampMs
  /** Those that the ongoing transaction named. */
  readonly partitions: readonly PartitionId[]
  /** Groups whose offsets it commits. */
  readonly groups: readonly string[]
}

/**
 * Everything that is answered is durable. Errors of all that take an identity: unknown_transaction (the producer id is
 * not the one of this transactional id), producer_fenced (a newer run holds it, or its transaction ran out of time),
 * invalid_transaction_state; those of an append.
 */
export interface TransactionService {
  /**
   * Makes the caller the one producer of the transactional id: older ones are fenced, and what they left open is
   * aborted. Errors: invalid_transactional_id, invalid_transaction_timeout, transaction_limit, producer_fenced.
   */
  initialize(start: TransactionStart): Promise<ProducerIdentity>
  /** Batches of the transaction may go there from now on; begins one when none is open. unknown_partition for all or none. */
  addPartitions(of: TransactionIdentity, partitions: readonly PartitionId[]): Promise<void>
  /** The transaction will commit offsets of the group; begins one when none is open. */
  addGroup(of: TransactionIdentity, group: string): Promise<void>
  /**
   * Offsets that count once the transaction is committed; of a group that was added. A member is checked as in
   * GroupService.commit; one who names none is let in, whatever members there are.
   */
  commitOffsets(of: TransactionIdentity, commit: OffsetsCommit): Promise<void>
  /** One append ends it in all partitions and groups. The same outcome asked for again is answered again. */
  end(of: TransactionIdentity, outcome: TransactionOutcome): Promise<void>
  /** Does an open transaction want to commit an offset of the group there? */
  hasPendingOffset(group: string, of: PartitionId): boolean
  list(): readonly TransactionDescription[]
  /** unknown_transaction. */
  describe(transactionalId: string): TransactionDescription
}

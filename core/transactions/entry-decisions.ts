// What is read off one transactional id: its description, the end of its transaction, whether it is idle. No effects.

import type { PartitionId } from '../engine/log-engine.js'
import type { ProducerIdentity } from '../engine/producer-service.js'
import type { TransactionDescription, TransactionOutcome } from '../engine/transaction-service.js'
import { present } from '../errors/invariant.js'
import { idleExpiryMs, maxPendingBytes, maxPendingBytesOfAll, maxPendingOffsets } from './limits.js'
import {
  checkLimit,
  isNamed,
  isSame,
  namedPartitions,
  offsetsToCommit,
  type PendingOffsets,
  sizeOf,
} from './transaction.js'
import type { TransactionEntry } from './transaction-entry.js'
import type { NamedPartition, TransactionEnd, TransactionRecord } from './transaction-port.js'
import { pendingRecord } from './transaction-record.js'
import { transactionTable } from './transaction-state.js'

/** Undefined for an id that is only being made. */
export function describeEntry({
  transactionalId,
  state,
  metadata,
}: TransactionEntry): TransactionDescription | undefined {
  if (metadata === undefined || state === undefined) return undefined
  const { producer, timeoutMs, startedAtMs, groups } = metadata
  const partitions = namedPartitions(metadata).map(({ topic, partition }) => ({ topic, partition }))
  return { transactionalId, ...producer, state, timeoutMs, startedAtMs, partitions, groups: [...groups] }
}

/**
 * The end of the open transaction. It carries the epoch that comes next, as Kafka's markers do of a producer that is fenced;
 * after the last epoch of an id another id comes, and the end carries the one whose batches it ends.
 */
export function endOf(
  { metadata, pending }: TransactionEntry,
  outcome: TransactionOutcome,
  next: ProducerIdentity,
  topicIdOf: (of: PartitionId) => string | undefined,
): TransactionEnd {
  const before = present(metadata, 'the transaction that ends')
  const producer = next.producerId === before.producer.producerId ? next : before.producer
  const committed = outcome === 'commit' ? [...pending] : []
  const offsets = committed.map(([group, all]) => ({ group, offsets: offsetsToCommit(all, topicIdOf) }))
  return { producer, outcome, partitions: namedPartitions(before), offsets }
}

/** Of all offsets that are pending. */
export function tombstones({ transactionalId, pending }: TransactionEntry): TransactionRecord[] {
  return Array.from(pending.keys(), (group) => pendingRecord(transactionalId, group, undefined))
}

/** May these be the pending offsets of the group? `pendingBytes` is what all transactions have. Errors: transaction_limit. */
export function checkPending(
  { pending }: TransactionEntry,
  group: string,
  after: PendingOffsets,
  pendingBytes: number,
): void {
  const all = new Map(pending).set(group, after)
  let count = 0
  let bytes = 0
  for (const [name, offsets] of all) {
    const size = sizeOf(name, offsets)
    count += size.count
    bytes += size.bytes
  }
  checkLimit('offsets of a transaction', count, maxPendingOffsets)
  checkLimit('bytes of offsets of a transaction', bytes, maxPendingBytes)
  let before = 0
  for (const [name, offsets] of pending) before += sizeOf(name, offsets).bytes
  checkLimit('bytes of offsets of open transactions', pendingBytes - before + bytes, maxPendingBytesOfAll)
}

export function hasPending({ pending, metadata }: TransactionEntry, group: string, of: PartitionId): boolean {
  return metadata?.state === 'ongoing' && pending.get(group)?.get(of.topic)?.offsets.has(of.partition) === true
}

/** Is the producer's transaction open, with the partition named? */
export function isOpenFor(
  entry: TransactionEntry | undefined,
  producer: ProducerIdentity,
  of: NamedPartition,
): boolean {
  const metadata = entry?.metadata
  return metadata?.state === 'ongoing' && isSame(metadata.producer, producer) && isNamed(metadata, of)
}

/** Not used for so long that it is to be forgotten. */
export function isIdle({ metadata, state }: TransactionEntry, nowMs: number): boolean {
  if (metadata === undefined || state === undefined) return false
  return transactionTable[state].expiry.to === 'forgotten' && nowMs - metadata.lastUsedAtMs >= idleExpiryMs
}

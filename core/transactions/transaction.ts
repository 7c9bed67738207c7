// A transactional id as a value: what is durable of it, and what it becomes. Pure functions; transaction-state.ts says in
// which state which of them applies.

import { engineErrors } from '../engine/errors.js'
import type { OffsetToCommit } from '../engine/group-service.js'
import type { PartitionId, TimestampMs } from '../engine/log-engine.js'
import type { ProducerIdentity } from '../engine/producer-service.js'
import type { TransactionOutcome, TransactionState } from '../engine/transaction-service.js'
import { maxGroups, maxPartitions } from './limits.js'
import type { NamedPartition } from './transaction-port.js'

export interface NamedTopic {
  readonly topicId: string
  readonly partitions: ReadonlySet<number>
}

export interface PendingOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

export interface PendingTopic {
  readonly topicId: string
  /** By partition. */
  readonly offsets: ReadonlyMap<number, PendingOffset>
}

/** Offsets that an open transaction wants to commit in one group, by topic. */
export type PendingOffsets = ReadonlyMap<string, PendingTopic>

/** What the log says of a transactional id. */
export interface TransactionMetadata {
  readonly producer: ProducerIdentity
  /** What the producer was when it asked to be the present one, if it said so: its answer may have been lost. */
  readonly previous: ProducerIdentity | undefined
  readonly timeoutMs: number
  readonly state: Exclude<TransactionState, 'ending'>
  /** When the ongoing transaction began; -1 without one. */
  readonly startedAtMs: TimestampMs
  /** When this was decided. */
  readonly lastUsedAtMs: TimestampMs
  /** Those that the ongoing transaction named, by topic. */
  readonly topics: ReadonlyMap<string, NamedTopic>
  /** Groups in which it may commit offsets. */
  readonly groups: ReadonlySet<string>
}

const nothingNamed = { topics: new Map<string, NamedTopic>(), groups: new Set<string>() } as const

export interface Initialization {
  readonly producer: ProducerIdentity
  readonly known: ProducerIdentity | undefined
  readonly timeoutMs: number
  readonly nowMs: TimestampMs
}

/** A producer becomes the one of the transactional id. */
export function initialized({ producer, known, timeoutMs, nowMs }: Initialization): TransactionMetadata {
  return {
    producer,
    previous: known,
    timeoutMs,
    state: 'empty',
    startedAtMs: -1,
    lastUsedAtMs: nowMs,
    ...nothingNamed,
  }
}

/** The transaction names partitions, and begins with that when none is open; undefined when all were named before. Errors: transaction_limit. */
export function withPartitions(
  before: TransactionMetadata,
  named: readonly NamedPartition[],
  nowMs: TimestampMs,
): TransactionMetadata | undefined {
  const open = opened(before, nowMs)
  const added = named.filter((of) => !isNamed(open, of))
  if (added.length === 0) return undefined
  const topics = new Map(open.topics)
  const changed = new Map<string, Set<number>>()
  for (const { topic, topicId, partition } of added) {
    let partitions = changed.get(topic)
    if (partitions === undefined) {
      const known = topics.get(topic)
      // A topic made anew under the name takes the place of the one that is gone.
      partitions = new Set(known?.topicId === topicId ? known.partitions : [])
      changed.set(topic, partitions)
      topics.set(topic, { topicId, partitions })
    }
    partitions.add(partition)
  }
  const after = { ...open, topics }
  checkLimit('partitions of a transaction', partitionCount(after), maxPartitions)
  return after
}

/** The same with a group. Errors: transaction_limit. */
export function withGroup(
  before: TransactionMetadata,
  group: string,
  nowMs: TimestampMs,
): TransactionMetadata | undefined {
  const open = opened(before, nowMs)
  if (open.groups.has(group)) return undefined
  checkLimit('groups of a transaction', open.groups.size + 1, maxGroups)
  return { ...open, groups: new Set([...open.groups, group]) }
}

/** The open transaction, or a new one that has named nothing. */
function opened(before: TransactionMetadata, nowMs: TimestampMs): TransactionMetadata {
  if (before.state === 'ongoing') return { ...before, lastUsedAtMs: nowMs }
  return { ...before, state: 'ongoing', startedAtMs: nowMs, lastUsedAtMs: nowMs, ...nothingNamed }
}

/** The open transaction is over. */
export function ended(
  before: TransactionMetadata,
  outcome: TransactionOutcome,
  nowMs: TimestampMs,
): TransactionMetadata {
  const state = outcome === 'commit' ? 'committed' : 'aborted'
  return { ...before, state, startedAtMs: -1, lastUsedAtMs: nowMs, ...nothingNamed }
}

/** It ran out of time: nobody holds the next epoch, and who comes with the one before is a stranger. */
export function timedOut(before: TransactionMetadata, next: ProducerIdentity, nowMs: TimestampMs): TransactionMetadata {
  return { ...ended(before, 'abort', nowMs), producer: next, previous: undefined }
}

export function isNamed({ topics }: TransactionMetadata, { topic, topicId, partition }: NamedPartition): boolean {
  const named = topics.get(topic)
  return named !== undefined && named.topicId === topicId && named.partitions.has(partition)
}

export function namedPartitions({ topics }: TransactionMetadata): NamedPartition[] {
  return [...topics].flatMap(([topic, { topicId, partitions }]) => {
    return Array.from(partitions, (partition) => ({ topic, topicId, partition }))
  })
}

export function partitionCount({ topics }: TransactionMetadata): number {
  let count = 0
  for (const { partitions } of topics.values()) count += partitions.size
  return count
}

export function isSame(a: ProducerIdentity, b: ProducerIdentity): boolean {
  return a.producerId === b.producerId && a.epoch === b.epoch
}

/** The later offset of a partition counts. */
export function withOffsets(
  before: PendingOffsets | undefined,
  added: readonly (NamedPartition & OffsetToCommit)[],
): PendingOffsets {
  const topics = new Map(before)
  const changed = new Map<string, { readonly topicId: string; readonly offsets: Map<number, PendingOffset> }>()
  for (const { topic, topicId, partition, offset, leaderEpoch = -1, metadata = '' } of added) {
    let pending = changed.get(topic)
    if (pending === undefined) {
      const known = topics.get(topic)
      pending = { topicId, offsets: new Map(known?.topicId === topicId ? known.offsets : []) }
      changed.set(topic, pending)
      topics.set(topic, pending)
    }
    pending.offsets.set(partition, { offset, leaderEpoch, metadata })
  }
  return topics
}

/** Those of partitions that are still what they were. */
export function offsetsToCommit(
  pending: PendingOffsets,
  topicIdOf: (of: PartitionId) => string | undefined,
): OffsetToCommit[] {
  return [...pending].flatMap(([topic, { topicId, offsets }]) => {
    const all = Array.from(offsets, ([partition, offset]) => ({ topic, partition, ...offset }))
    return all.filter((of) => topicIdOf(of) === topicId)
  })
}

/** Fields of a committed offset's record and of the batch around it, names and metadata apart. */
const leastOffsetBytes = 64

/** How many offsets, and what they take when they are committed. */
export function sizeOf(group: string, pending: PendingOffsets): { readonly count: number; readonly bytes: number } {
  let count = 0
  let bytes = 0
  for (const [topic, { offsets }] of pending) {
    count += offsets.size
    bytes += offsets.size * (leastOffsetBytes + Buffer.byteLength(group) + Buffer.byteLength(topic))
    for (const { metadata } of offsets.values()) bytes += Buffer.byteLength(metadata)
  }
  return { count, bytes }
}

/** transaction_limit when there are more than `most`. */
export function checkLimit(what: string, count: number, most: number): void {
  if (count <= most) return
  throw engineErrors.make('transaction_limit', `${count} ${what}; ${most} are the most`, { details: { count, most } })
}

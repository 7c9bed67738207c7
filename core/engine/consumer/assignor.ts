// How the leader of a group spreads partitions over its members; what every assignor takes and gives.

import type { PartitionId } from '../log-engine.js'

export interface GroupMemberSubscription {
  readonly memberId: string
  readonly topics: readonly string[]
  /** What it had in the generation before. */
  readonly owned: readonly PartitionId[]
}

export interface TopicPartitions {
  readonly name: string
  readonly partitions: number
}

/**
 * Gives each partition of each topic that somebody subscribes to exactly one owner among its subscribers. Pure, and the
 * same whatever the order of members and topics. Every member has an entry, if an empty one.
 */
export type Assign = (
  members: readonly GroupMemberSubscription[],
  topics: readonly TopicPartitions[],
) => ReadonlyMap<string, readonly PartitionId[]>

export interface Assignor {
  /** As members name it to the coordinator; has to be Kafka's name where the rules are Kafka's. */
  readonly name: string
  readonly assign: Assign
}

export function byMemberId(a: GroupMemberSubscription, b: GroupMemberSubscription): number {
  return a.memberId < b.memberId ? -1 : 1
}

export function byName(a: TopicPartitions, b: TopicPartitions): number {
  return a.name < b.name ? -1 : 1
}

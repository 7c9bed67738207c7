// What the coordinator holds of one group beside the group itself: its offsets, who waits, and its time-outs.

import type { CommittedOffset, JoinResult, SyncResult } from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { Deadline } from './deadline-queue.js'
import { type Group, type GroupMetadata, membersOf, newGroup } from './group.js'
import { GroupEvents } from './group-events.js'
import { HeldAnswers } from './held-answers.js'
import { OperationQueue } from './operation-queue.js'

/** Durable offsets of one group, by topic and partition. */
class GroupOffsets {
  private readonly byTopic = new Map<string, Map<number, CommittedOffset>>()
  private count = 0

  get size(): number {
    return this.count
  }

  get({ topic, partition }: PartitionId): CommittedOffset | undefined {
    return this.byTopic.get(topic)?.get(partition)
  }

  set({ topic, partition }: PartitionId, committed: CommittedOffset | undefined): void {
    const partitions = this.byTopic.get(topic) ?? new Map<number, CommittedOffset>()
    this.count -= partitions.size
    if (committed === undefined) partitions.delete(partition)
    else partitions.set(partition, committed)
    this.count += partitions.size
    if (partitions.size === 0) this.byTopic.delete(topic)
    else this.byTopic.set(topic, partitions)
  }

  /** On the wall clock; 0 without offsets. */
  lastCommittedAtMs(): number {
    let lastMs = 0
    for (const partitions of this.byTopic.values()) {
      for (const { committedAtMs } of partitions.values()) lastMs = Math.max(lastMs, committedAtMs)
    }
    return lastMs
  }

  /** Of one topic, or of all. */
  list(only?: string): (PartitionId & CommittedOffset)[] {
    const topics = only === undefined ? [...this.byTopic.keys()] : [only]
    return topics.flatMap((topic) =>
      [...(this.byTopic.get(topic) ?? [])].map(([partition, committed]) => ({ topic, partition, ...committed })),
    )
  }
}

export class GroupEntry {
  group: Group
  /** The record of the group that is being appended; what is committed has to fit it too. */
  upcoming: GroupMetadata | undefined = undefined
  /** It is being seen whether anything is left of the group; nobody commits meanwhile. */
  mayEnd = false
  readonly offsets = new GroupOffsets()
  /** When a commit was decided last, on the monotonic clock; it may still be on its way to the log. */
  lastCommitMs = Number.NEGATIVE_INFINITY
  /** On the group, one after the other. */
  readonly operations = new OperationQueue()
  readonly events = new GroupEvents()
  readonly joins = new HeldAnswers<JoinResult>()
  readonly syncs = new HeldAnswers<SyncResult>()
  /** By member. */
  readonly sessions = new Map<string, Deadline>()
  /** The group's own next time-out: of joins or of syncs. */
  readonly due: Deadline

  constructor(name: string, due: Deadline) {
    this.group = newGroup(name)
    this.due = due
  }

  /** Nothing is there, nothing waits: the entry can be let go. */
  get isVacant(): boolean {
    const isEmpty = this.group.rebalance === undefined && membersOf(this.group).size === 0
    return isEmpty && this.offsets.size === 0 && this.operations.isIdle && this.upcoming === undefined
  }

  isWaiting(memberId: string): boolean {
    return this.joins.has(memberId) || this.syncs.has(memberId)
  }
}

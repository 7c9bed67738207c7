// What to append when offsets of groups are set or go. Decides on what the groups are in this turn and changes nothing
// in memory; whoever asked appends the records in the same turn, and the log brings them to `Coordinator.apply`.

import type { OffsetsCommit, OffsetToCommit } from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { Clock } from '../runtime/clock.js'
import { checkOffsets } from './commit-rules.js'
import { groupRecord, offsetRecord } from './coordination-record.js'
import { checkCommit, isNobody } from './decisions.js'
import { membersOf, newGroup } from './group.js'
import type { GroupDirectory } from './group-directory.js'
import type { GroupEntry } from './group-entry.js'
import { checkGroupName, checkLimit } from './join-rules.js'
import type { CoordinationRecord, JournalPort } from './journal-port.js'
import { maxOffsetsPerGroup } from './limits.js'

export interface OffsetDecisionsOptions {
  readonly groups: GroupDirectory
  readonly port: JournalPort
  readonly clock: Clock
}

export interface TransactionOffsets {
  readonly group: string
  readonly offsets: readonly OffsetToCommit[]
}

export class OffsetDecisions {
  private readonly options: OffsetDecisionsOptions

  constructor(options: OffsetDecisionsOptions) {
    this.options = options
  }

  /**
   * May the one who commits do so? The group, when there is one already. Into a transaction offsets may be given by one who
   * is no member, whatever members there are: the requests of older clients cannot name one (as in Apache Kafka's
   * ClassicGroup.validateOffsetCommit). Errors: unknown_member, illegal_generation, fenced_instance, rebalance_in_progress,
   * invalid_group, group_limit.
   */
  admit(commit: OffsetsCommit, into: 'group' | 'transaction'): GroupEntry | undefined {
    const { groups } = this.options
    checkGroupName(commit.group)
    const entry = groups.find(commit.group)
    const upcoming = entry?.upcoming ?? (entry?.mayEnd === true ? entry.group.metadata : undefined)
    const isFree = into === 'transaction' && isNobody(commit)
    if (!isFree) checkCommit(entry?.group ?? newGroup(commit.group), commit, upcoming)
    if (entry === undefined) groups.checkRoom(commit.group)
    return entry
  }

  /** Errors: invalid_commit, unknown_partition, group_limit. */
  set(group: string, offsets: readonly OffsetToCommit[]): CoordinationRecord[] {
    const { groups, port } = this.options
    const entry = groups.find(group)
    checkOffsets(group, offsets, port)
    const added = offsets.filter((of) => entry?.offsets.get(of) === undefined).length
    checkLimit(group, 'partitions with offsets', (entry?.offsets.size ?? 0) + added, maxOffsetsPerGroup)
    return this.records(group, offsets)
  }

  /** Offsets that a transaction commits: they were admitted and checked when they were given. Those of partitions that are gone are left out. */
  setByTransaction(commits: readonly TransactionOffsets[]): CoordinationRecord[] {
    const { port } = this.options
    return commits.flatMap(({ group, offsets }) => {
      return this.records(
        group,
        offsets.filter((of) => port.exists(of)),
      )
    })
  }

  private records(group: string, offsets: readonly OffsetToCommit[]): CoordinationRecord[] {
    const { groups, clock } = this.options
    const entry = groups.find(group)
    if (entry !== undefined) entry.lastCommitMs = clock.monotonicMs()
    const committedAtMs = clock.now()
    return offsets.map((of) => {
      const { offset, leaderEpoch = -1, metadata = '' } = of
      return offsetRecord(group, of, { offset, leaderEpoch, metadata, committedAtMs })
    })
  }

  /** Tombstones of offsets, and of the group when nothing else is left of it. */
  remove(entry: GroupEntry, offsets: readonly PartitionId[]): CoordinationRecord[] {
    const { name } = entry.group
    const records = offsets.map((of) => offsetRecord(name, of, undefined))
    const isAll = offsets.length > 0 && offsets.length === entry.offsets.size
    const ends = isAll && membersOf(entry.group).size === 0 && entry.upcoming === undefined
    return ends ? [...records, groupRecord(name, undefined)] : records
  }

  /** The end of a group without members, with all its offsets. */
  removeAll({ group, offsets }: GroupEntry): CoordinationRecord[] {
    const records = offsets.list().map((of) => offsetRecord(group.name, of, undefined))
    return [...records, groupRecord(group.name, undefined)]
  }

  /** The offsets of a topic go in every group. */
  removeTopic(topic: string): CoordinationRecord[] {
    return this.options.groups.all().flatMap((entry) => this.remove(entry, entry.offsets.list(topic)))
  }

  /** Of partitions that are no more. */
  orphaned({ offsets }: GroupEntry): readonly PartitionId[] {
    return offsets.list().filter((of) => !this.options.port.exists(of))
  }
}

// The group coordinator: decide, append, apply, answer. Rules and time-outs stand in SPEC.md.
//
// The log owns the truth: memory changes where `apply` hands in a durable record, in running as in replay; only what
// may be lost with the process (who joins, who waits, when a session ends) is kept beside it. Operations on one group
// run one after the other (group-runner.ts); heartbeats and commits decide at once, since they change nothing in memory.

import {
  type CommittedOffset,
  type GroupDescription,
  type GroupListing,
  type GroupService,
  inProcessHost,
  type JoinRequest,
  type JoinResult,
  type MemberIdentity,
  type OffsetsCommit,
  type OffsetToCommit,
  type SyncRequest,
  type SyncResult,
} from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { Clock } from '../runtime/clock.js'
import type { Random } from '../runtime/random.js'
import type { Logger } from '../telemetry/logger.js'
import { decodeRecord } from './coordination-record.js'
import {
  checkHeartbeat,
  checkOperator,
  decideGone,
  decideJoin,
  decideSync,
  leavingMember,
  unknownGroup,
} from './decisions.js'
import {
  checkGeneration,
  memberOf,
  membersOf,
  newGroup,
  protocolMetadata,
  rebalanceInProgress,
  stateOf,
  withMetadata,
} from './group.js'
import type { GroupDirectory } from './group-directory.js'
import type { GroupEntry } from './group-entry.js'
import { counted, joins, leaves, startsAnew } from './group-events.js'
import { GroupRunner } from './group-runner.js'
import { checkGroupName } from './join-rules.js'
import type { CoordinationRecord, JournalPort } from './journal-port.js'
import { OffsetDecisions, type TransactionOffsets } from './offset-decisions.js'
import { OffsetExpiry } from './offset-expiry.js'

export interface CoordinatorOptions {
  readonly port: JournalPort
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** A group without members and commits for so long loses its offsets; it keeps them when left out. */
  readonly offsetsRetentionMs?: number
}

export class Coordinator implements GroupService {
  private readonly port: JournalPort
  private readonly clock: Clock
  private readonly random: Random
  private readonly runner: GroupRunner
  private readonly groups: GroupDirectory
  private readonly offsets: OffsetDecisions
  private readonly expiry: OffsetExpiry

  constructor({ port, clock, random, logger, offsetsRetentionMs: retentionMs = Infinity }: CoordinatorOptions) {
    this.port = port
    this.clock = clock
    this.random = random
    this.runner = new GroupRunner({ port, clock, logger })
    this.groups = this.runner.groups
    this.offsets = new OffsetDecisions({ groups: this.groups, port, clock })
    this.expiry = new OffsetExpiry({ runner: this.runner, offsets: this.offsets, port, clock, retentionMs })
  }

  /** Takes in one durable record; the very same while replaying and while running, and twice is fine. */
  replay(key: Uint8Array, value: Uint8Array | null): void {
    const record = decodeRecord(key, value)
    const entry = this.groups.forRecord(record.group)
    if (record.kind === 'offset') {
      entry.offsets.set(record.of, record.committed)
    } else {
      const metadata = record.metadata ?? newGroup(record.group).metadata
      entry.group = withMetadata(entry.group, metadata, this.clock.monotonicMs())
      entry.upcoming = undefined
    }
    this.runner.letGo(entry)
  }

  /** Durable records in the order of the log, called by whoever appended them. */
  apply(records: readonly CoordinationRecord[]): void {
    for (const { key, value } of records) this.replay(key, value)
  }

  /**
   * Begins to keep time, after the replay and once the journal takes appends: every member has its full session time-out
   * from now on, but for those that lived in the process before, which are gone. Offsets of partitions that are no more
   * go: a crash may have come between the end of their topic and theirs.
   */
  start(): void {
    this.runner.start()
    for (const entry of this.groups.all()) {
      const orphaned = this.offsets.orphaned(entry)
      if (orphaned.length > 0) this.forgetOrphaned(entry, orphaned)
      const members = [...membersOf(entry.group).values()]
      if (members.length > 0) this.runner.tell(entry, startsAnew(entry.group.metadata))
      this.runner.settle(entry)
      const dead = members.filter(({ clientHost }) => clientHost === inProcessHost)
      const memberIds = dead.map(({ memberId }) => memberId)
      if (memberIds.length > 0) this.runner.drop(entry, memberIds, 'it lived in a process that has ended')
      this.runner.letGo(entry)
    }
    this.expiry.start()
  }

  /** Ends all waits with engine_stopped and resolves when no append is under way. Twice is fine. */
  close(): Promise<void> {
    this.expiry.close()
    return this.runner.close()
  }

  async join(request: JoinRequest, signal: AbortSignal): Promise<JoinResult> {
    this.runner.checkOpen()
    signal.throwIfAborted()
    checkGroupName(request.group)
    const entry = this.groups.forRequest(request.group)
    return new Promise((resolve, reject) => {
      this.runner
        .operate(entry, async () => {
          signal.throwIfAborted()
          const newMemberId = request.newMemberId ?? `${request.clientId}-${this.random.uuid()}`
          const decision = decideJoin(entry.group, request, this.clock.monotonicMs(), newMemberId)
          const { memberId } = decision.member
          const fail = (reason: unknown): void => {
            // Nobody could speak for a member that was never told its name.
            const { newMemberId: knownId, instanceId } = request
            if (request.memberId === '' && knownId === undefined && instanceId === undefined)
              this.runner.drop(entry, [memberId], 'its first join was not answered, so that it never learned its name')
            reject(reason)
          }
          const identity = { ...identityOf(request), memberId }
          // Held before the append, so that its failure is the answer.
          entry.joins.hold(identity, { resolve, reject: fail }, rebalanceInProgress(entry.group), signal)
          await this.runner.carryOut(entry, decision, joins(entry.group, decision))
        })
        .catch(reject)
    })
  }

  async sync(request: SyncRequest, signal: AbortSignal): Promise<SyncResult> {
    this.runner.checkOpen()
    signal.throwIfAborted()
    const entry = this.groups.known(request)
    return new Promise((resolve, reject) => {
      this.runner
        .operate(entry, async () => {
          const decision = decideSync(entry.group, request)
          entry.syncs.hold(request, { resolve, reject }, rebalanceInProgress(entry.group), signal)
          await this.runner.carryOut(entry, decision)
        })
        .catch(reject)
    })
  }

  async heartbeat(identity: MemberIdentity): Promise<void> {
    this.runner.checkOpen()
    const entry = this.groups.known(identity)
    const member = memberOf(entry.group, identity)
    checkGeneration(entry.group, identity.generation)
    // Alive, even when the answer sends it back to join.
    this.runner.touch(entry, member)
    checkHeartbeat(entry.group, identity)
  }

  async leave(identity: Omit<MemberIdentity, 'generation'>): Promise<void> {
    this.runner.checkOpen()
    const entry = this.groups.known(identity)
    await this.runner.operate(entry, async () => {
      const member = leavingMember(entry.group, identity)
      const decision = decideGone(entry.group, new Set([member.memberId]), this.clock.monotonicMs())
      await this.runner.carryOut(entry, decision, leaves(member))
    })
  }

  async disconnected({ group, memberId }: Pick<MemberIdentity, 'group' | 'memberId'>): Promise<void> {
    this.runner.checkOpen()
    const entry = this.groups.find(group)
    if (entry === undefined) return
    await this.runner.operate(entry, async () => {
      const isStatic = membersOf(entry.group).get(memberId)?.instanceId !== undefined
      if (!isStatic) await this.runner.leaveOut(entry, [memberId], 'its connection has closed')
    })
  }

  async commit(commit: OffsetsCommit): Promise<void> {
    await this.port.append(this.decideCommits([commit]))
  }

  /**
   * What to append for the commits, which then has to be appended in the same turn: a record of the group that is decided
   * later must stand behind. Errors: unknown_member, illegal_generation, fenced_instance, rebalance_in_progress,
   * invalid_commit, unknown_partition, invalid_group, group_limit.
   */
  decideCommits(commits: readonly OffsetsCommit[]): readonly CoordinationRecord[] {
    return commits.flatMap((commit) => this.decideCommit(commit, 'group'))
  }

  /** May the offsets be given into a transaction, which commits them later? Errors: those of `decideCommits`. */
  checkTransactionOffsets(commit: OffsetsCommit): void {
    this.decideCommit(commit, 'transaction')
  }

  private decideCommit(commit: OffsetsCommit, into: 'group' | 'transaction'): readonly CoordinationRecord[] {
    this.runner.checkOpen()
    const entry = this.offsets.admit(commit, into)
    if (entry !== undefined && commit.memberId !== '') this.runner.touch(entry, memberOf(entry.group, commit))
    return this.offsets.set(commit.group, commit.offsets)
  }

  committed(group: string, of: PartitionId): CommittedOffset | undefined {
    return this.groups.find(group)?.offsets.get(of)
  }

  allCommitted(group: string): readonly (PartitionId & CommittedOffset)[] {
    return this.groups.find(group)?.offsets.list() ?? []
  }

  list(): readonly GroupListing[] {
    return this.groups
      .all()
      .map((entry) => this.listing(entry))
      .filter(({ state }) => state !== 'Dead')
      .sort((a, b) => (a.group < b.group ? -1 : 1))
  }

  describe(group: string): GroupDescription {
    const entry = this.groups.find(group)
    const listing = entry === undefined ? undefined : this.listing(entry)
    if (entry === undefined || listing === undefined || listing.state === 'Dead') throw unknownGroup(group)
    const { generation, protocol, leaderId } = entry.group.metadata
    const members = [...membersOf(entry.group).values()].map((member) => ({
      memberId: member.memberId,
      ...(member.instanceId === undefined ? {} : { instanceId: member.instanceId }),
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: protocolMetadata(member, protocol),
      assignment: member.assignment,
    }))
    return { ...listing, generation, protocol, leaderId, members, events: entry.events.list() }
  }

  async reset(group: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    this.runner.checkOpen()
    checkGroupName(group)
    const entry = this.groups.forRequest(group)
    await this.runner.operate(entry, async () => {
      checkOperator(entry.group, 'reset', entry.offsets.size > 0)
      const records = this.offsets.set(group, offsets)
      if (records.length > 0) await this.port.append(records)
      this.runner.tell(entry, `offsets are reset: ${counted(records.length, 'partition')}`)
    })
  }

  async forget(group: string, partitions: readonly PartitionId[]): Promise<void> {
    this.runner.checkOpen()
    const entry = this.groups.find(group)
    if (entry === undefined) throw unknownGroup(group)
    await this.runner.operate(entry, async () => {
      const known = partitions.filter((of) => entry.offsets.get(of) !== undefined)
      if (known.length > 0) await this.port.append(this.offsets.remove(entry, known))
      this.runner.tell(entry, `offsets are forgotten: ${counted(known.length, 'partition')}`)
    })
  }

  async delete(group: string): Promise<void> {
    this.runner.checkOpen()
    const entry = this.groups.find(group)
    if (entry === undefined) throw unknownGroup(group)
    await this.runner.operate(entry, async () => {
      checkOperator(entry.group, 'delete', entry.offsets.size > 0)
      const partitions = entry.offsets.size
      entry.mayEnd = true
      try {
        await this.port.append(this.offsets.removeAll(entry))
        // Commits that were on their way stood before it, and are applied by now.
        if (entry.offsets.size > 0) await this.port.append(this.offsets.removeAll(entry))
      } finally {
        entry.mayEnd = false
      }
      this.runner.tell(entry, `the group is deleted, and with it the offsets of ${counted(partitions, 'partition')}`)
    })
  }

  /** What to append with the end of a transaction that commits these offsets. */
  decideTransactionOffsets(commits: readonly TransactionOffsets[]): readonly CoordinationRecord[] {
    return this.offsets.setByTransaction(commits)
  }

  /**
   * What to append with the removal of a topic: its offsets go in every group, so that a topic made anew under the same
   * name is never read from where the old one ended.
   */
  decideTopicRemoval(topic: string): readonly CoordinationRecord[] {
    return this.offsets.removeTopic(topic)
  }

  private forgetOrphaned(entry: GroupEntry, orphaned: readonly PartitionId[]): void {
    this.runner.inBackground(entry, async () => {
      await this.port.append(this.offsets.remove(entry, orphaned))
      this.runner.tell(entry, `offsets are forgotten: ${counted(orphaned.length, 'partition')} that are no more`)
    })
  }

  private listing(entry: GroupEntry): GroupListing {
    const { name, rebalance, metadata } = entry.group
    const protocolType = rebalance?.protocolType ?? metadata.protocolType
    return { group: name, state: stateOf(entry.group, entry.offsets.size > 0), protocolType }
  }
}

function identityOf({ group, memberId, instanceId }: JoinRequest): MemberIdentity {
  return { group, memberId, generation: -1, ...(instanceId === undefined ? {} : { instanceId }) }
}

// The group coordinator: decide, append, apply, answer. Rules and time-outs stand in SPEC.md.
//
// The log owns the truth: memory changes where `apply` hands in a durable record, in running as in replay; only what
// may be lost with the process (who joins, who waits, when a session ends) is kept beside it. Operations on one group
// run one after the other; heartbeats and commits decide at once, since they change nothing in memory.

import { messageOf } from '../errors/tailrace-error.js'
import { invariant } from '../errors/invariant.js'
import { engineErrors } from '../engine/errors.js'
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
import { checkOffsets } from './commit-rules.js'
import { decodeRecord, groupRecord, offsetRecord } from './coordination-record.js'
import { Deadline, DeadlineQueue } from './deadline-queue.js'
import {
  checkCommit,
  checkHeartbeat,
  checkOperator,
  type Decision,
  decideGone,
  decideJoin,
  decideJoinsDue,
  decideSync,
  decideSyncsDue,
  dueMsOf,
  leavingMember,
  unknownGroup,
} from './decisions.js'
import {
  checkGeneration,
  type GroupMetadata,
  joinAnswer,
  type Member,
  memberOf,
  membersOf,
  newGroup,
  protocolMetadata,
  rebalanceInProgress,
  stateOf,
  syncAnswer,
  withMetadata,
} from './group.js'
import { GroupEntry } from './group-entry.js'
import { checkGroupName, checkLimit } from './join-rules.js'
import type { CoordinationRecord, JournalPort } from './journal-port.js'
import { maxGroups, maxOffsetsPerGroup, retryAppendMs } from './limits.js'

export interface CoordinatorOptions {
  readonly port: JournalPort
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export class Coordinator implements GroupService {
  private readonly port: JournalPort
  private readonly clock: Clock
  private readonly random: Random
  private readonly logger: Logger
  private readonly entries = new Map<string, GroupEntry>()
  private readonly deadlines: DeadlineQueue
  private started = false
  private closed = false

  constructor({ port, clock, random, logger }: CoordinatorOptions) {
    this.port = port
    this.clock = clock
    this.random = random
    this.logger = logger
    this.deadlines = new DeadlineQueue(clock)
  }

  /** Takes in one durable record; the very same while replaying and while running, and twice is fine. */
  replay(key: Uint8Array, value: Uint8Array | null): void {
    const record = decodeRecord(key, value)
    const entry = this.entries.get(record.group) ?? this.addEntry(record.group)
    if (record.kind === 'offset') {
      entry.offsets.set(record.of, record.committed)
    } else {
      const metadata = record.metadata ?? newGroup(record.group).metadata
      entry.group = withMetadata(entry.group, metadata, this.clock.monotonicMs())
      entry.upcoming = undefined
    }
    if (this.started) this.letGo(entry)
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
    this.started = true
    for (const entry of this.entries.values()) {
      const orphaned = entry.offsets.list().filter((of) => !this.port.exists(of))
      if (orphaned.length > 0) this.inBackground(entry, () => this.port.append(this.removal(entry, orphaned)))
      this.settle(entry)
      const dead = [...membersOf(entry.group).values()].filter(({ clientHost }) => clientHost === inProcessHost)
      const memberIds = dead.map(({ memberId }) => memberId)
      if (memberIds.length > 0) this.drop(entry, memberIds, 'the process they lived in ended')
      this.letGo(entry)
    }
  }

  /** Ends all waits with engine_stopped and resolves when no append is under way. Twice is fine. */
  async close(): Promise<void> {
    this.closed = true
    this.deadlines.close()
    const entries = [...this.entries.values()]
    for (const entry of entries) this.rejectHeld(entry, stopped())
    await Promise.all(entries.map((entry) => entry.idle()))
  }

  async join(request: JoinRequest, signal: AbortSignal): Promise<JoinResult> {
    this.checkOpen()
    signal.throwIfAborted()
    checkGroupName(request.group)
    const entry = this.entryFor(request.group)
    return new Promise((resolve, reject) => {
      this.operate(entry, async () => {
        signal.throwIfAborted()
        const newMemberId = request.newMemberId ?? `${request.clientId}-${this.random.uuid()}`
        const decision = decideJoin(entry.group, request, this.clock.monotonicMs(), newMemberId)
        const { memberId, replaced } = decision
        const fail = (reason: unknown): void => {
          // Nobody could speak for a member that was never told its name.
          const { newMemberId: knownId, instanceId } = request
          if (request.memberId === '' && knownId === undefined && instanceId === undefined)
            this.drop(entry, [memberId], 'its join failed')
          reject(reason)
        }
        const identity = { ...identityOf(request), memberId }
        // Held before the append, so that its failure is the answer.
        entry.joins.hold(identity, { resolve, reject: fail }, rebalanceInProgress(entry.group), signal)
        this.log(entry, 'member joins', { member: memberId, ...(replaced === undefined ? {} : { replaced }) })
        await this.carryOut(entry, decision)
      }).catch(reject)
    })
  }

  async sync(request: SyncRequest, signal: AbortSignal): Promise<SyncResult> {
    this.checkOpen()
    signal.throwIfAborted()
    const entry = this.knownEntry(request)
    return new Promise((resolve, reject) => {
      this.operate(entry, async () => {
        const decision = decideSync(entry.group, request)
        entry.syncs.hold(request, { resolve, reject }, rebalanceInProgress(entry.group), signal)
        await this.carryOut(entry, decision)
      }).catch(reject)
    })
  }

  async heartbeat(identity: MemberIdentity): Promise<void> {
    this.checkOpen()
    const entry = this.knownEntry(identity)
    const member = memberOf(entry.group, identity)
    checkGeneration(entry.group, identity.generation)
    // Alive, even when the answer sends it back to join.
    this.touch(entry, member)
    checkHeartbeat(entry.group, identity)
  }

  async leave(identity: Omit<MemberIdentity, 'generation'>): Promise<void> {
    this.checkOpen()
    const entry = this.knownEntry(identity)
    await this.operate(entry, async () => {
      const { memberId } = leavingMember(entry.group, identity)
      this.log(entry, 'member leaves', { member: memberId })
      await this.carryOut(entry, decideGone(entry.group, new Set([memberId]), this.clock.monotonicMs()))
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
    this.checkOpen()
    return commits.flatMap((commit) => {
      checkGroupName(commit.group)
      const entry = this.entries.get(commit.group)
      const upcoming = entry?.upcoming ?? (entry?.mayEnd === true ? entry.group.metadata : undefined)
      checkCommit(entry?.group ?? newGroup(commit.group), commit, upcoming)
      if (entry === undefined) checkLimit(commit.group, 'groups', this.entries.size + 1, maxGroups)
      else if (commit.memberId !== '') this.touch(entry, memberOf(entry.group, commit))
      return this.offsetRecords(commit.group, commit.offsets)
    })
  }

  committed(group: string, of: PartitionId): CommittedOffset | undefined {
    return this.entries.get(group)?.offsets.get(of)
  }

  allCommitted(group: string): readonly (PartitionId & CommittedOffset)[] {
    return this.entries.get(group)?.offsets.list() ?? []
  }

  list(): readonly GroupListing[] {
    return [...this.entries.values()]
      .map((entry) => this.listing(entry))
      .filter(({ state }) => state !== 'Dead')
      .sort((a, b) => (a.group < b.group ? -1 : 1))
  }

  describe(group: string): GroupDescription {
    const entry = this.entries.get(group)
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
    return { ...listing, generation, protocol, leaderId, members }
  }

  async reset(group: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    this.checkOpen()
    checkGroupName(group)
    const entry = this.entryFor(group)
    await this.operate(entry, async () => {
      checkOperator(entry.group, 'reset', entry.offsets.size > 0)
      const records = this.offsetRecords(group, offsets)
      if (records.length > 0) await this.port.append(records)
      this.log(entry, 'offsets are reset', { partitions: records.length })
    })
  }

  async forget(group: string, partitions: readonly PartitionId[]): Promise<void> {
    this.checkOpen()
    const entry = this.entries.get(group)
    if (entry === undefined) throw unknownGroup(group)
    await this.operate(entry, async () => {
      const known = partitions.filter((of) => entry.offsets.get(of) !== undefined)
      if (known.length > 0) await this.port.append(this.removal(entry, known))
      this.log(entry, 'offsets are forgotten', { partitions: known.length })
    })
  }

  async delete(group: string): Promise<void> {
    this.checkOpen()
    const entry = this.entries.get(group)
    if (entry === undefined) throw unknownGroup(group)
    await this.operate(entry, async () => {
      checkOperator(entry.group, 'delete', entry.offsets.size > 0)
      const offsets = entry.offsets.list().map((of) => offsetRecord(group, of, undefined))
      await this.port.append([...offsets, groupRecord(group, undefined)])
      this.log(entry, 'group is deleted', { partitions: offsets.length })
    })
  }

  /**
   * What to append with the removal of a topic: its offsets go in every group, so that a topic made anew under the same
   * name is never read from where the old one ended.
   */
  decideTopicRemoval(topic: string): readonly CoordinationRecord[] {
    return [...this.entries.values()].flatMap((entry) => this.removal(entry, entry.offsets.list(topic)))
  }

  /** Tombstones of offsets, and of the group when nothing else is left of it. */
  private removal(entry: GroupEntry, offsets: readonly PartitionId[]): CoordinationRecord[] {
    const { name } = entry.group
    const records = offsets.map((of) => offsetRecord(name, of, undefined))
    const isAll = offsets.length > 0 && offsets.length === entry.offsets.size
    const ends = isAll && membersOf(entry.group).size === 0 && entry.upcoming === undefined
    return ends ? [...records, groupRecord(name, undefined)] : records
  }

  private offsetRecords(group: string, offsets: readonly OffsetToCommit[]): CoordinationRecord[] {
    const entry = this.entries.get(group)
    checkOffsets(group, offsets, this.port)
    const added = offsets.filter((of) => entry?.offsets.get(of) === undefined).length
    checkLimit(group, 'partitions with offsets', (entry?.offsets.size ?? 0) + added, maxOffsetsPerGroup)
    const committedAtMs = this.clock.now()
    return offsets.map((of) => {
      const { offset, leaderEpoch = -1, metadata = '' } = of
      return offsetRecord(group, of, { offset, leaderEpoch, metadata, committedAtMs })
    })
  }

  /** Runs an operation behind those on the same group that were asked for before. */
  private operate(entry: GroupEntry, operation: () => Promise<void>): Promise<void> {
    const run = entry.exclusive(async () => {
      this.checkOpen()
      await operation()
    })
    return run.finally(() => this.letGo(entry))
  }

  private async carryOut(entry: GroupEntry, decision: Decision): Promise<void> {
    entry.group = decision.group
    try {
      if (decision.record !== undefined) await this.append(entry, decision.record)
    } catch (error) {
      this.rejectHeld(entry, error)
      this.postpone(entry)
      throw error
    } finally {
      this.settle(entry)
    }
  }

  private async append(entry: GroupEntry, metadata: GroupMetadata): Promise<void> {
    const { name } = entry.group
    entry.upcoming = metadata
    entry.mayEnd = metadata.state === 'Empty' && entry.offsets.size === 0
    try {
      await this.port.append([groupRecord(name, metadata)])
      invariant(entry.upcoming === undefined, `the journal kept a record of group ${name} but did not apply it`)
      // Without members and offsets there is nothing to remember. Only now: commits that were under way are applied.
      if (entry.mayEnd && entry.offsets.size === 0) await this.port.append([groupRecord(name, undefined)])
    } finally {
      entry.upcoming = undefined
      entry.mayEnd = false
    }
    const { generation, state, protocol, members } = metadata
    this.log(entry, 'group changes', { generation, state, protocol, members: members.size })
  }

  /** A rebalance whose record could not be appended is concluded again by its time-out. */
  private postpone(entry: GroupEntry): void {
    const { rebalance } = entry.group
    if (rebalance === undefined) return
    entry.group = { ...entry.group, rebalance: { ...rebalance, dueMs: this.clock.monotonicMs() + retryAppendMs } }
  }

  /** Answers who can be answered, and sets the time-outs to what the group now is. */
  private settle(entry: GroupEntry): void {
    if (this.closed || !this.started) return
    const members = membersOf(entry.group)
    for (const [memberId, session] of entry.sessions) {
      if (members.has(memberId)) continue
      this.deadlines.remove(session)
      entry.sessions.delete(memberId)
    }
    for (const member of members.values()) {
      if (!entry.sessions.has(member.memberId)) this.touch(entry, member)
    }
    const alive = <Answer>(identity: MemberIdentity, answer: Answer | undefined): Answer | undefined => {
      if (answer !== undefined) this.touch(entry, memberOf(entry.group, identity))
      return answer
    }
    entry.joins.settle((identity) => alive(identity, joinAnswer(entry.group, identity)))
    entry.syncs.settle((identity) => alive(identity, syncAnswer(entry.group, identity)))
    this.deadlines.set(entry.due, dueMsOf(entry.group))
  }

  /** The member's session starts anew. */
  private touch(entry: GroupEntry, { memberId, sessionTimeoutMs }: Member): void {
    let session = entry.sessions.get(memberId)
    if (session === undefined) {
      session = new Deadline(() => this.sessionEnds(entry, memberId))
      entry.sessions.set(memberId, session)
    }
    this.deadlines.set(session, this.clock.monotonicMs() + sessionTimeoutMs)
  }

  /** Takes members out that cannot come back. */
  private drop(entry: GroupEntry, memberIds: readonly string[], reason: string): void {
    this.inBackground(entry, async () => {
      this.log(entry, 'members are dropped', { members: memberIds, reason })
      await this.carryOut(entry, decideGone(entry.group, new Set(memberIds), this.clock.monotonicMs()))
    })
  }

  private sessionEnds(entry: GroupEntry, memberId: string): void {
    const member = membersOf(entry.group).get(memberId)
    if (member === undefined) return
    // Who is kept waiting by us cannot send heartbeats; the group's own time-out bounds that wait.
    if (entry.isWaiting(memberId)) return this.touch(entry, member)
    this.inBackground(entry, async () => {
      const session = entry.sessions.get(memberId)
      if (session === undefined || session.place >= 0) return // it spoke or left while this waited its turn
      this.log(entry, 'members are dropped', { members: [memberId], reason: 'their session ended' })
      await this.carryOut(entry, decideGone(entry.group, new Set([memberId]), this.clock.monotonicMs()))
    })
  }

  private groupIsDue(entry: GroupEntry): void {
    this.inBackground(entry, async () => {
      const nowMs = this.clock.monotonicMs()
      const isJoining = entry.group.rebalance !== undefined
      const members = membersOf(entry.group).size
      await this.carryOut(entry, isJoining ? decideJoinsDue(entry.group, nowMs) : decideSyncsDue(entry.group, nowMs))
      const dropped = members - membersOf(entry.group).size
      if (dropped > 0) this.log(entry, 'members are dropped', { count: dropped, reason: 'they did not rejoin in time' })
    })
  }

  /** An operation that nobody waits for; it is part of the group's queue, which `close` waits for. */
  private inBackground(entry: GroupEntry, operation: () => Promise<void>): void {
    this.operate(entry, operation).catch((error: unknown) => {
      if (this.closed) return
      const fields = { group: entry.group.name, error: messageOf(error) }
      this.logger.warn('a change of a group failed', fields)
    })
  }

  private rejectHeld(entry: GroupEntry, reason: unknown): void {
    entry.joins.rejectAll(reason)
    entry.syncs.rejectAll(reason)
  }

  private entryFor(name: string): GroupEntry {
    const known = this.entries.get(name)
    if (known !== undefined) return known
    checkLimit(name, 'groups', this.entries.size + 1, maxGroups)
    return this.addEntry(name)
  }

  /** The group that a member speaks of; unknown_member when there is none. */
  private knownEntry({ group, memberId }: Omit<MemberIdentity, 'generation'>): GroupEntry {
    const entry = this.entries.get(group)
    if (entry !== undefined) return entry
    throw engineErrors.make('unknown_member', `there is no group ${group}, so ${memberId} is not in it`)
  }

  private addEntry(name: string): GroupEntry {
    const entry: GroupEntry = new GroupEntry(name, new Deadline(() => this.groupIsDue(entry)))
    this.entries.set(name, entry)
    return entry
  }

  private letGo(entry: GroupEntry): void {
    const { name } = entry.group
    if (!entry.isVacant || this.entries.get(name) !== entry) return
    this.deadlines.remove(entry.due)
    this.entries.delete(name)
  }

  private listing(entry: GroupEntry): GroupListing {
    const { name, rebalance, metadata } = entry.group
    const protocolType = rebalance?.protocolType ?? metadata.protocolType
    return { group: name, state: stateOf(entry.group, entry.offsets.size > 0), protocolType }
  }

  private log(entry: GroupEntry, event: string, fields: Readonly<Record<string, unknown>>): void {
    this.logger.info(event, { group: entry.group.name, ...fields })
  }

  private checkOpen(): void {
    if (this.closed) throw stopped()
  }
}

function identityOf({ group, memberId, instanceId }: JoinRequest): MemberIdentity {
  return { group, memberId, generation: -1, ...(instanceId === undefined ? {} : { instanceId }) }
}

function stopped(): Error {
  return engineErrors.make('engine_stopped', 'the group coordinator is closed')
}

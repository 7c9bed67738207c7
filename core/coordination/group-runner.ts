// Carries out what was decided on a group: append, answer those who wait, keep the time-outs of SPEC.md.
//
// Operations on one group run one after the other. Memory changes where the coordinator applies a durable record; what
// stands here beside it (who waits, when a session ends) may be lost with the process.

import { engineErrors } from '../engine/errors.js'
import type { MemberIdentity } from '../engine/group-service.js'
import { invariant } from '../errors/invariant.js'
import { messageOf } from '../errors/tailrace-error.js'
import type { Clock } from '../runtime/clock.js'
import type { Logger } from '../telemetry/logger.js'
import { groupRecord } from './coordination-record.js'
import { Deadline, DeadlineQueue } from './deadline-queue.js'
import { type Decision, decideGone, decideJoinsDue, decideSyncsDue, dueMsOf } from './decisions.js'
import {
  type GroupMetadata,
  joinAnswer,
  type Member,
  memberOf,
  membersOf,
  syncAnswer,
  withEmptySince,
} from './group.js'
import { GroupDirectory } from './group-directory.js'
import {
  areDropped,
  type Happening,
  joinsOverdue,
  rebalanceBegins,
  recordKept,
  sessionEnded,
  syncsOverdue,
} from './group-events.js'
import type { GroupEntry } from './group-entry.js'
import type { JournalPort } from './journal-port.js'
import { retryAppendMs } from './limits.js'

export interface GroupRunnerOptions {
  readonly port: JournalPort
  readonly clock: Clock
  readonly logger: Logger
}

export class GroupRunner {
  readonly groups: GroupDirectory
  private readonly port: JournalPort
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly deadlines: DeadlineQueue
  private started = false
  private closed = false

  constructor({ port, clock, logger }: GroupRunnerOptions) {
    this.port = port
    this.clock = clock
    this.logger = logger
    this.deadlines = new DeadlineQueue(clock)
    this.groups = new GroupDirectory((entry) => this.groupIsDue(entry))
  }

  /** From now on time-outs are kept, and groups of which nothing is left are let go. */
  start(): void {
    this.started = true
  }

  /** Ends all waits with engine_stopped and resolves when no append is under way. Twice is fine. */
  async close(): Promise<void> {
    this.closed = true
    this.deadlines.close()
    const entries = this.groups.all()
    for (const entry of entries) rejectHeld(entry, stopped())
    await Promise.all(entries.map((entry) => entry.operations.idle()))
  }

  /** engine_stopped when it is closed. */
  checkOpen(): void {
    if (this.closed) throw stopped()
  }

  /** Runs an operation behind those on the same group that were asked for before. */
  operate(entry: GroupEntry, operation: () => Promise<void>): Promise<void> {
    const run = entry.operations.run(async () => {
      this.checkOpen()
      await operation()
    })
    return run.finally(() => this.letGo(entry))
  }

  /** An operation that nobody waits for; it is part of the group's queue, which `close` waits for. */
  inBackground(entry: GroupEntry, operation: () => Promise<void>): void {
    this.operate(entry, operation).catch((error: unknown) => {
      if (this.closed) return
      const fields = { group: entry.group.name, error: messageOf(error) }
      this.logger.warn('a change of a group failed', fields)
    })
  }

  /**
   * Part of an operation: the decision counts, its record is appended, and who can be answered is. `happening` is what
   * led to it, for the group's events.
   */
  async carryOut(entry: GroupEntry, decision: Decision, happening?: Happening): Promise<void> {
    const wasResting = entry.group.rebalance === undefined
    entry.group = decision.group
    if (happening !== undefined) {
      this.tell(entry, happening.text)
      const { rebalance } = decision.group
      if (wasResting && rebalance !== undefined && rebalance.members.size > 0)
        this.tell(entry, rebalanceBegins(happening))
    }
    try {
      if (decision.record !== undefined) await this.append(entry, decision.record)
    } catch (error) {
      this.tell(entry, `what was decided could not be kept: ${messageOf(error)}`)
      rejectHeld(entry, error)
      this.postpone(entry)
      throw error
    } finally {
      this.settle(entry)
    }
  }

  /** Takes members out that cannot come back. */
  drop(entry: GroupEntry, memberIds: readonly string[], reason: string): void {
    this.inBackground(entry, () => this.leaveOut(entry, memberIds, reason))
  }

  /** Part of an operation: takes those of the members out that are still there. */
  async leaveOut(entry: GroupEntry, memberIds: readonly string[], reason: string): Promise<void> {
    const present = memberIds.filter((memberId) => membersOf(entry.group).has(memberId))
    if (present.length === 0) return
    const decision = decideGone(entry.group, new Set(present), this.clock.monotonicMs())
    await this.carryOut(entry, decision, areDropped(present, reason))
  }

  /** The member's session starts anew. */
  touch(entry: GroupEntry, { memberId, sessionTimeoutMs }: Member): void {
    let session = entry.sessions.get(memberId)
    if (session === undefined) {
      session = new Deadline(() => this.sessionEnds(entry, memberId))
      entry.sessions.set(memberId, session)
    }
    this.deadlines.set(session, this.clock.monotonicMs() + sessionTimeoutMs)
  }

  /** Answers who can be answered, and sets the time-outs to what the group now is. */
  settle(entry: GroupEntry): void {
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

  /** Forgets the group when nothing of it is left. */
  letGo(entry: GroupEntry): void {
    if (this.started && this.groups.letGo(entry)) this.deadlines.remove(entry.due)
  }

  /** Puts a sentence into the group's events and into the log. */
  tell(entry: GroupEntry, text: string): void {
    entry.events.add({ atMs: this.clock.now(), text })
    this.logger.info('a group changes', { group: entry.group.name, event: text })
  }

  private async append(entry: GroupEntry, decided: GroupMetadata): Promise<void> {
    const { name, metadata: before } = entry.group
    const metadata = withEmptySince(before, decided, this.clock.now())
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
    this.tell(entry, recordKept(before, metadata))
  }

  /** A rebalance whose record could not be appended is concluded again by its time-out. */
  private postpone(entry: GroupEntry): void {
    const { rebalance } = entry.group
    if (rebalance === undefined) return
    entry.group = { ...entry.group, rebalance: { ...rebalance, dueMs: this.clock.monotonicMs() + retryAppendMs } }
  }

  private sessionEnds(entry: GroupEntry, memberId: string): void {
    const member = membersOf(entry.group).get(memberId)
    if (member === undefined) return
    // Who is kept waiting by us cannot send heartbeats; the group's own time-out bounds that wait.
    if (entry.isWaiting(memberId)) return this.touch(entry, member)
    this.inBackground(entry, async () => {
      const session = entry.sessions.get(memberId)
      if (session === undefined || session.place >= 0) return // it spoke or left while this waited its turn
      const nowMs = this.clock.monotonicMs()
      const happening = sessionEnded(member, nowMs - session.dueMs + member.sessionTimeoutMs)
      await this.carryOut(entry, decideGone(entry.group, new Set([memberId]), nowMs), happening)
    })
  }

  private groupIsDue(entry: GroupEntry): void {
    this.inBackground(entry, async () => {
      const nowMs = this.clock.monotonicMs()
      const { group } = entry
      const isJoining = group.rebalance !== undefined
      const decision = isJoining ? decideJoinsDue(group, nowMs) : decideSyncsDue(group, nowMs)
      if (decision.group === group) return // it is not due any more
      await this.carryOut(entry, decision, isJoining ? joinsOverdue(group, decision.group) : syncsOverdue(group))
    })
  }
}

function rejectHeld(entry: GroupEntry, reason: unknown): void {
  entry.joins.rejectAll(reason)
  entry.syncs.rejectAll(reason)
}

function stopped(): Error {
  return engineErrors.make('engine_stopped', 'the group coordinator is closed')
}

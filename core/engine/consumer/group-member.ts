// A member of a consumer group in our own process: joins, assigns when it leads, keeps its session, and joins again.
//
// Eager: all partitions are given back before each join, so that no two members ever work on one. Heartbeats go on while
// the listener works; a listener that needs longer than the rebalance time-out to give back loses its membership, and
// what it then commits is refused. Every wait ends with the signal; after it the partitions are given back and the group
// is left.

import { invariant } from '../../errors/invariant.js'
import { messageOf, TailraceError } from '../../errors/tailrace-error.js'
import type { Clock } from '../../runtime/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import { type GroupService, inProcessHost, type JoinResult, type MemberIdentity } from '../group-service.js'
import type { PartitionId } from '../log-engine.js'
import type { Assignor, TopicPartitions } from './assignor.js'
import {
  consumerProtocolType,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
} from './consumer-protocol.js'
import { rangeAssignor } from './range-assignor.js'
import { stickyAssignor } from './sticky-assignor.js'

export interface GroupMemberOptions {
  readonly groups: GroupService
  readonly group: string
  readonly clientId: string
  /** What it reads, asked anew at each heartbeat: more topics or partitions lead to a rebalance. */
  readonly topics: () => readonly TopicPartitions[]
  /** Partitions of topics that only other members read; asked when this member leads. Without it nobody gets those. */
  readonly partitionsOf?: (topic: string) => number | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly sessionTimeoutMs?: number
  /** How long the others may take to give their partitions back. */
  readonly rebalanceTimeoutMs?: number
}

export interface GroupMemberListener {
  /** The partitions are the member's until `revoked`; the next generation does not begin before it resolves. */
  assigned(partitions: readonly PartitionId[], generation: number): Promise<void>
  /** To finish and commit; nobody else has them until it resolves, or the rebalance time-out is over. */
  revoked(partitions: readonly PartitionId[]): Promise<void>
}

/** By preference; `range` is what foreign consumers offer as a rule. */
const assignors: readonly Assignor[] = [stickyAssignor, rangeAssignor]

/** A member in our process dies with it, and the coordinator knows: the time-out only ends one that hangs. */
const defaultSessionTimeoutMs = 30_000
const defaultRebalanceTimeoutMs = 60_000
const heartbeatsPerSession = 3
/** A heartbeat is a call in the same process: often enough that a rebalance or a new partition is noticed soon. */
const longestHeartbeatMs = 1_000

/** Delays between joins that fail for a reason that passes: doubled each time. */
const firstRetryMs = 100
const longestRetryMs = 5_000

/** Answers that say: join again, at once. */
const rejoinCodes: ReadonlySet<string> = new Set(['rebalance_in_progress', 'illegal_generation', 'unknown_member'])

interface Generation {
  readonly identity: MemberIdentity
  readonly partitions: readonly PartitionId[]
  /** What the subscription, and when this member leads the assignment, was made from. */
  readonly basis: string
}

export class GroupMember {
  private readonly options: GroupMemberOptions
  private readonly sessionTimeoutMs: number
  private memberId = ''
  private isLeader = false
  private owned: readonly PartitionId[] = []
  private current: MemberIdentity | undefined

  constructor(options: GroupMemberOptions) {
    this.options = options
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? defaultSessionTimeoutMs
  }

  /** Of the last generation that assigned something to it: what a commit has to name. Only after the first `assigned`. */
  identity(): MemberIdentity {
    invariant(this.current !== undefined, `the member of group ${this.options.group} was assigned nothing yet`)
    return this.current
  }

  /**
   * Takes part until the signal is aborted, and then resolves. Rejects with what the listener throws and with errors of
   * the group that do not pass by themselves; in each case its partitions were given back and the group left.
   */
  async run(signal: AbortSignal, listener: GroupMemberListener): Promise<void> {
    try {
      while (!signal.aborted) {
        const generation = await this.nextGeneration(signal)
        if (generation !== undefined) await this.takePart(generation, listener, signal)
      }
    } finally {
      await this.leave()
    }
  }

  /** One generation, from `assigned` to `revoked`, with heartbeats beside it. */
  private async takePart(generation: Generation, listener: GroupMemberListener, signal: AbortSignal): Promise<void> {
    const { identity, partitions } = generation
    this.current = identity
    this.owned = partitions
    const over = new AbortController()
    const stop = new AbortController()
    const session = this.keepSession(generation, over, stop.signal)
    let failure: Error | undefined
    try {
      try {
        await listener.assigned(partitions, identity.generation)
        await firstAbort(over.signal, signal)
      } finally {
        await listener.revoked(partitions)
      }
    } finally {
      stop.abort()
      failure = await session
    }
    if (failure !== undefined) throw failure
  }

  /**
   * Heartbeats until stopped, also while the partitions are given back. Aborts `over` when the generation ends, and
   * returns the error when the member may not go on at all.
   */
  private async keepSession(
    { identity, basis }: Generation,
    over: AbortController,
    stop: AbortSignal,
  ): Promise<Error | undefined> {
    const { clock, groups, logger, group } = this.options
    const heartbeatMs = Math.min(longestHeartbeatMs, this.sessionTimeoutMs / heartbeatsPerSession)
    try {
      while (await slept(clock, heartbeatMs, stop)) {
        if (this.basis() !== basis) over.abort()
        const answer = await codeOf(groups.heartbeat(identity))
        if (answer === undefined) continue
        over.abort()
        if (answer === 'rebalance_in_progress') continue
        logger.warn('member lost its place in the group', { group, member: identity.memberId, reason: answer })
        return undefined
      }
      return undefined
    } catch (error) {
      over.abort()
      return error instanceof Error ? error : new Error(messageOf(error))
    }
  }

  /** Joins and syncs until it is part of a generation; undefined when the signal was aborted. */
  private async nextGeneration(signal: AbortSignal): Promise<Generation | undefined> {
    const { clock, logger, group } = this.options
    let retryMs = firstRetryMs
    for (;;) {
      try {
        return await this.joinOnce(signal)
      } catch (error) {
        if (signal.aborted) return undefined
        if (!(error instanceof TailraceError)) throw error
        if (error.code === 'unknown_member') this.memberId = ''
        if (rejoinCodes.has(error.code)) continue
        if (error.retry !== 'timed') throw error
        logger.warn('joining the group failed and is tried again', { group, error: messageOf(error), retryMs })
        if (!(await slept(clock, retryMs, signal))) return undefined
        retryMs = Math.min(retryMs * 2, longestRetryMs)
      }
    }
  }

  private async joinOnce(signal: AbortSignal): Promise<Generation> {
    const { groups, group, clientId, rebalanceTimeoutMs = defaultRebalanceTimeoutMs } = this.options
    const topics = this.options.topics()
    const metadata = encodeSubscription({ topics: topics.map(({ name }) => name).sort(), owned: this.owned })
    const joined = await groups.join(
      {
        group,
        memberId: this.memberId,
        clientId,
        clientHost: inProcessHost,
        sessionTimeoutMs: this.sessionTimeoutMs,
        rebalanceTimeoutMs,
        protocolType: consumerProtocolType,
        protocols: assignors.map(({ name }) => ({ name, metadata })),
      },
      signal,
    )
    this.memberId = joined.memberId
    this.isLeader = joined.leaderId === joined.memberId
    const basis = this.basis()
    const identity = { group, memberId: joined.memberId, generation: joined.generation }
    const { assignment } = await groups.sync({ ...identity, assignments: this.assign(joined) }, signal)
    return { identity, partitions: decodeAssignment(assignment), basis }
  }

  /** Everybody's assignment when this member leads; nothing otherwise. */
  private assign(joined: JoinResult): { readonly memberId: string; readonly assignment: Uint8Array }[] {
    if (!this.isLeader) return []
    const assignor = assignors.find(({ name }) => name === joined.protocol)
    invariant(assignor !== undefined, `the group chose the protocol ${joined.protocol}, which was never offered`)
    const members = joined.members.map(({ memberId, metadata }) => ({
      memberId,
      ...this.subscription(memberId, metadata),
    }))
    const counts = new Map(this.options.topics().map(({ name, partitions }) => [name, partitions]))
    for (const topic of members.flatMap((member) => member.topics)) {
      const partitions = counts.get(topic) ?? this.options.partitionsOf?.(topic)
      if (partitions !== undefined) counts.set(topic, partitions)
    }
    const topics = [...counts].map(([name, partitions]) => ({ name, partitions }))
    return [...assignor.assign(members, topics)].map(([memberId, partitions]) => {
      return { memberId, assignment: encodeAssignment(partitions) }
    })
  }

  /** A member whose metadata cannot be read is assigned nothing: one bad client must not stop the others. */
  private subscription(memberId: string, metadata: Uint8Array): Subscription {
    try {
      return decodeSubscription(metadata)
    } catch (error) {
      const { logger, group } = this.options
      logger.warn('a member of the group has unreadable metadata', { group, member: memberId, error: messageOf(error) })
      return { topics: [], owned: [] }
    }
  }

  /** The names are everybody's affair; the numbers of partitions the leader's, who assigns. */
  private basis(): string {
    const topics = this.options.topics()
    return JSON.stringify(topics.map(({ name, partitions }) => (this.isLeader ? [name, partitions] : name)))
  }

  /** So that the others need not wait for the end of the session. */
  private async leave(): Promise<void> {
    const { groups, group, logger } = this.options
    const { memberId } = this
    if (memberId === '') return
    this.memberId = ''
    this.owned = []
    try {
      await groups.leave({ group, memberId })
    } catch (error) {
      // The session ends by itself.
      logger.debug('leaving the group failed', { group, member: memberId, error: messageOf(error) })
    }
  }
}

/** The code of an answer that says to join again, undefined when all is well; other errors are thrown. */
async function codeOf(heartbeat: Promise<void>): Promise<string | undefined> {
  try {
    await heartbeat
    return undefined
  } catch (error) {
    if (error instanceof TailraceError && rejoinCodes.has(error.code)) return error.code
    throw error
  }
}

/** Resolves when one of the signals is aborted. */
function firstAbort(one: AbortSignal, other: AbortSignal): Promise<void> {
  const either = AbortSignal.any([one, other])
  if (either.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    either.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Sleeps; false when the signal ended it. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

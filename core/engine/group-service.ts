// Consumer groups, cut for Kafka's classic protocol: join, sync, heartbeat, leave, generation, commit.
// Implemented by core/coordination/coordinator.ts for every engine of ours; its SPEC.md holds the rules.

import type { Offset, PartitionId } from './log-engine.js'

/** The host of members that live in the engine's own process: they are dead when it starts again. */
export const inProcessHost = 'in-process'

export interface JoinRequest {
  readonly group: string
  /** Empty for a new member: the answer names it. */
  readonly memberId: string
  /** What a new member is to be called, when it knows that already; made up when left out. */
  readonly newMemberId?: string
  /** A name that survives restarts (static membership). */
  readonly instanceId?: string
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** `consumer` for Kafka's consumers. */
  readonly protocolType: string
  /** By preference; the metadata's bytes are the members' own affair. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[]
}

export interface JoinedMember {
  readonly memberId: string
  readonly instanceId?: string
  readonly metadata: Uint8Array
}

export interface JoinResult {
  readonly memberId: string
  readonly generation: number
  readonly protocolType: string
  readonly protocol: string
  readonly leaderId: string
  /** Filled for the leader, who assigns. */
  readonly members: readonly JoinedMember[]
}

export interface MemberIdentity {
  readonly group: string
  readonly memberId: string
  readonly generation: number
  readonly instanceId?: string
}

export interface SyncRequest extends MemberIdentity {
  /** The leader's; empty for the others. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export interface SyncResult {
  readonly assignment: Uint8Array
}

export interface CommittedOffset {
  readonly offset: Offset
  readonly leaderEpoch: number
  readonly metadata: string
  readonly committedAtMs: number
}

export interface OffsetToCommit extends PartitionId {
  readonly offset: Offset
  readonly leaderEpoch?: number
  /** At most 4096 characters. */
  readonly metadata?: string
}

/** Offsets of one group, by a member of its generation, or by nobody (`memberId` empty, `generation` -1) while it has no members. */
export interface OffsetsCommit extends MemberIdentity {
  readonly offsets: readonly OffsetToCommit[]
}

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

export interface GroupListing {
  readonly group: string
  readonly state: GroupState
  readonly protocolType: string
}

/** Something that happened to a group and why, as a sentence. */
export interface GroupLogEvent {
  /** Wall clock. */
  readonly atMs: number
  readonly text: string
}

export interface GroupDescription extends GroupListing {
  readonly generation: number
  readonly protocol: string
  readonly leaderId: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId?: string
    readonly clientId: string
    readonly clientHost: string
    readonly metadata: Uint8Array
    readonly assignment: Uint8Array
  }[]
  /** The last 50 since the engine was opened, the oldest first. */
  readonly events: readonly GroupLogEvent[]
}

/**
 * Errors: unknown_member, illegal_generation, rebalance_in_progress, fenced_instance, inconsistent_protocol,
 * invalid_session_timeout, member_id_required is for the wire only and not thrown here; group_not_empty, unknown_group.
 */
export interface GroupService {
  /**
   * Held until every member has rejoined or its rebalance time-out is over. An aborted signal takes the wait back, not the
   * member; but a new member that is never told its name is dropped with its wait, as nobody could speak for it.
   */
  join(request: JoinRequest, signal: AbortSignal): Promise<JoinResult>
  /** Held until the leader's assignment is there and durable. */
  sync(request: SyncRequest, signal: AbortSignal): Promise<SyncResult>
  heartbeat(member: MemberIdentity): Promise<void>
  leave(member: Omit<MemberIdentity, 'generation'>): Promise<void>
  /** The member lost its connection and is dropped at once; a static one stays, as does one that is not there any more. */
  disconnected(member: Pick<MemberIdentity, 'group' | 'memberId'>): Promise<void>
  /** Durable when it resolves. */
  commit(commit: OffsetsCommit): Promise<void>
  committed(group: string, of: PartitionId): CommittedOffset | undefined
  allCommitted(group: string): readonly (PartitionId & CommittedOffset)[]
  list(): readonly GroupListing[]
  describe(group: string): GroupDescription
  /** Sets offsets of a group without members; group_not_empty otherwise. */
  reset(group: string, offsets: readonly OffsetToCommit[]): Promise<void>
  /** Forgets offsets of these partitions; unknown_group. Whether members still need them is for the caller to know. */
  forget(group: string, partitions: readonly PartitionId[]): Promise<void>
  /** Forgets the group and its offsets; group_not_empty while it has members. */
  delete(group: string): Promise<void>
}

// A consumer group as a value: what it holds, which state that is, and what it answers those who wait.
//
// `metadata` is what the log says, changed only by an applied record; `rebalance` is there while a rebalance is
// prepared, lives in memory only, and makes the state PreparingRebalance. Decisions about it stand in decisions.ts.

import {
  type GroupState,
  inProcessHost,
  type JoinResult,
  type MemberIdentity,
  type SyncResult,
} from '../engine/group-service.js'
import { engineErrors } from '../engine/errors.js'

export interface Protocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface Member {
  readonly memberId: string
  readonly instanceId?: string
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocols: readonly Protocol[]
  /** Empty until the leader of the generation has assigned. */
  readonly assignment: Uint8Array
}

/** What a group's record holds. Without members it is Empty; with them the leader has assigned (Stable) or not yet. */
export interface GroupMetadata {
  readonly generation: number
  readonly protocolType: string
  readonly protocol: string
  readonly leaderId: string
  readonly state: 'Empty' | 'CompletingRebalance' | 'Stable'
  readonly members: ReadonlyMap<string, Member>
  /** Of an Empty one, on the wall clock: since when. Without it the group never expires. */
  readonly emptySinceMs?: number
}

/** The next generation while it gathers. */
export interface Rebalance {
  /** On the monotonic clock. Who has not joined by then is left out. */
  readonly dueMs: number
  readonly protocolType: string
  /** Who counts: the members of the present generation that are not gone, and who came. */
  readonly members: ReadonlyMap<string, Member>
  readonly joined: ReadonlySet<string>
}

export interface Group {
  readonly name: string
  readonly metadata: GroupMetadata
  readonly rebalance?: Rebalance
  /** Members of the present generation that did not ask for their assignment yet. */
  readonly unsynced: ReadonlySet<string>
  /** When those are left out, on the monotonic clock; Infinity when there are none. */
  readonly syncDueMs: number
}

export const noMembers: ReadonlyMap<string, Member> = new Map()
export const nothing = new Uint8Array(0)

export function newGroup(name: string): Group {
  const metadata: GroupMetadata = {
    generation: 0,
    protocolType: '',
    protocol: '',
    leaderId: '',
    state: 'Empty',
    members: noMembers,
  }
  return { name, metadata, unsynced: new Set(), syncDueMs: Infinity }
}

/** `hasOffsets` tells a group without members from one that is not there. */
export function stateOf(group: Group, hasOffsets: boolean): GroupState {
  if (group.rebalance !== undefined) return 'PreparingRebalance'
  if (group.metadata.state === 'Empty' && !hasOffsets) return 'Dead'
  return group.metadata.state
}

export function membersOf(group: Group): ReadonlyMap<string, Member> {
  return group.rebalance?.members ?? group.metadata.members
}

/** The group under a record that was made durable: the next generation, its assignment, or its end. */
export function withMetadata(group: Group, metadata: GroupMetadata, nowMs: number): Group {
  if (metadata.state === 'CompletingRebalance') {
    const unsynced = new Set(metadata.members.keys())
    return { name: group.name, metadata, unsynced, syncDueMs: nowMs + longestRebalanceMs(metadata.members) }
  }
  // The leader brought the assignments, and so has its own.
  const isStillUnsynced = (memberId: string): boolean =>
    metadata.members.has(memberId) && memberId !== metadata.leaderId
  const unsynced = new Set([...group.unsynced].filter(isStillUnsynced))
  return { name: group.name, metadata, unsynced, syncDueMs: unsynced.size > 0 ? group.syncDueMs : Infinity }
}

/** A record that ends the last generation, with its time; without one when the last members lived in our own process. */
export function withEmptySince(before: GroupMetadata, metadata: GroupMetadata, nowMs: number): GroupMetadata {
  const lastMembers = [...before.members.values()]
  if (metadata.state !== 'Empty' || lastMembers.some(({ clientHost }) => clientHost === inProcessHost)) return metadata
  const emptySinceMs = lastMembers.length > 0 || before.generation === 0 ? nowMs : before.emptySinceMs
  return emptySinceMs === undefined ? metadata : { ...metadata, emptySinceMs }
}

export function longestRebalanceMs(members: ReadonlyMap<string, Member>): number {
  let longest = 0
  for (const member of members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
  return longest
}

/**
 * The member of the identity. An instance id decides when there is one; a static member may also speak by its member id
 * alone. Errors: unknown_member, fenced_instance.
 */
export function memberOf(group: Group, identity: Omit<MemberIdentity, 'generation'>): Member {
  const members = membersOf(group)
  const { memberId, instanceId } = identity
  const member = instanceId === undefined ? members.get(memberId) : findInstance(members, instanceId)
  if (member === undefined) throw unknownMember(group, memberId)
  if (member.memberId !== memberId) throw fencedInstance(group, memberId, instanceId ?? '')
  return member
}

/** illegal_generation unless it is the present one. */
export function checkGeneration(group: Group, generation: number): void {
  const present = group.metadata.generation
  if (generation === present) return
  throw engineErrors.make(
    'illegal_generation',
    `generation ${generation} of group ${group.name} is not the present one, ${present}`,
    { details: { group: group.name, generation, present } },
  )
}

export function findInstance(members: ReadonlyMap<string, Member>, instanceId: string): Member | undefined {
  for (const member of members.values()) if (member.instanceId === instanceId) return member
  return undefined
}

/** What a held join gets by now; undefined while it has to wait. Errors: unknown_member, fenced_instance. */
export function joinAnswer(group: Group, identity: Omit<MemberIdentity, 'generation'>): JoinResult | undefined {
  const { memberId } = memberOf(group, identity)
  if (group.rebalance !== undefined) return undefined
  const { generation, protocolType, protocol, leaderId, members } = group.metadata
  const shown = leaderId === memberId ? [...members.values()] : []
  return {
    memberId,
    generation,
    protocolType,
    protocol,
    leaderId,
    members: shown.map((member) => ({
      memberId: member.memberId,
      ...(member.instanceId === undefined ? {} : { instanceId: member.instanceId }),
      metadata: protocolMetadata(member, protocol),
    })),
  }
}

/** What a held sync gets by now; undefined while it has to wait. Errors: as heartbeats. */
export function syncAnswer(group: Group, identity: MemberIdentity): SyncResult | undefined {
  const member = memberOf(group, identity)
  if (group.rebalance !== undefined) throw rebalanceInProgress(group)
  checkGeneration(group, identity.generation)
  return group.metadata.state === 'Stable' ? { assignment: member.assignment } : undefined
}

/** The member's metadata for the protocol; empty when it does not offer it. */
export function protocolMetadata(member: Member, name: string): Uint8Array {
  return member.protocols.find((protocol) => protocol.name === name)?.metadata ?? nothing
}

export function rebalanceInProgress(group: Group): Error {
  return engineErrors.make('rebalance_in_progress', `group ${group.name} rebalances`, {
    details: { group: group.name },
  })
}

export function unknownMember(group: Group, memberId: string): Error {
  const who = memberId === '' ? 'nobody' : memberId
  return engineErrors.make('unknown_member', `group ${group.name} has no member ${who}`, {
    details: { group: group.name, memberId },
  })
}

function fencedInstance(group: Group, memberId: string, instanceId: string): Error {
  return engineErrors.make(
    'fenced_instance',
    `instance ${instanceId} of group ${group.name} is another member than ${memberId} by now`,
    { details: { group: group.name, memberId, instanceId } },
  )
}

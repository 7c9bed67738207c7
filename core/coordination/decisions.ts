// What a group decides: pure functions of (group, request, time) that give the group from now on and, where the log has
// to know first, the record to append. The coordinator appends, the log applies (`withMetadata`), and who waits is
// answered from what the group then is. Which event does what in which state stands in group-state.ts.

import { engineErrors } from '../engine/errors.js'
import type { GroupState, JoinRequest, MemberIdentity, SyncRequest } from '../engine/group-service.js'
import { invariant } from '../errors/invariant.js'
import {
  checkGeneration,
  findInstance,
  type Group,
  type GroupMetadata,
  longestRebalanceMs,
  type Member,
  memberOf,
  membersOf,
  noMembers,
  nothing,
  type Rebalance,
  rebalanceInProgress,
  stateOf,
  unknownMember,
} from './group.js'
import { type GroupEvent, type GroupTransition, groupTable } from './group-state.js'
import { checkFits, checkLimit, electProtocol, requestedMember, sameProtocols } from './join-rules.js'
import { maxGroupMetadataBytes } from './limits.js'

export interface Decision {
  /** The group from now on, whatever becomes of the record. */
  readonly group: Group
  /** To be appended; what it says counts once it was applied. */
  readonly record?: GroupMetadata
}

/** Why a member joins: it is new, came back as a static one, or is known and asks again. */
export type JoinReason = 'first' | 'returns' | 'offers-differ' | 'leader-asks' | 'repeats'

export interface JoinDecision extends Decision {
  readonly member: Member
  readonly reason: JoinReason
  /** The id of the member whose place a static one took. */
  readonly replaced?: string
}

/**
 * A member comes, comes back, or asks for a new generation. `newMemberId` names it when it has no name yet. Its answer is
 * `joinAnswer`, now or later. Errors: unknown_member, fenced_instance, those of join-rules.ts.
 */
export function decideJoin(group: Group, request: JoinRequest, nowMs: number, newMemberId: string): JoinDecision {
  const { memberId: givenId, instanceId } = request
  const members = membersOf(group)
  const replaced = givenId === '' && instanceId !== undefined ? findInstance(members, instanceId) : undefined
  const before = givenId === '' ? replaced : memberOf(group, request)
  const member = requestedMember(request, givenId === '' ? newMemberId : givenId, before)
  checkFits(group, member, request.protocolType, before)

  const state = stateOf(group, true)
  const reason = joinReason(state, group, { member, before, replaced })
  const { to, answer } = groupTable[state][joinEvent(reason, { member, before, replaced })]
  const named = { member, reason, ...(replaced === undefined ? {} : { replaced: replaced.memberId }) }
  if (to === 'PreparingRebalance') {
    return { ...concluded(gathering(group, { member, before, replaced }, request.protocolType, nowMs)), ...named }
  }
  invariant(answer === 'current', `a join in state ${state} is neither held nor answered`)
  if (replaced === undefined) return { group, ...named }
  return { group, record: withReplacement(group.metadata, replaced, member), ...named }
}

interface Joining {
  readonly member: Member
  readonly before: Member | undefined
  readonly replaced: Member | undefined
}

function joinReason(state: GroupState, group: Group, { member, before, replaced }: Joining): JoinReason {
  if (before === undefined) return 'first'
  if (replaced !== undefined) return 'returns'
  if (!sameProtocols(before, member)) return 'offers-differ'
  // The leader of a stable group saw its topics change and wants to assign anew.
  return state === 'Stable' && group.metadata.leaderId === member.memberId ? 'leader-asks' : 'repeats'
}

function joinEvent(reason: JoinReason, { member, before }: Joining): GroupEvent {
  if (reason === 'returns')
    return before !== undefined && sameProtocols(before, member) ? 'join-replaces' : 'join-changes'
  return reason === 'repeats' ? 'join-repeats' : 'join-changes'
}

/** The rebalance with the member in it; begun when there was none. */
function gathering(group: Group, { member, replaced }: Joining, protocolType: string, nowMs: number): Group {
  const members = new Map(membersOf(group))
  const joined = new Set(group.rebalance?.joined)
  if (replaced !== undefined) {
    members.delete(replaced.memberId)
    joined.delete(replaced.memberId)
  }
  members.set(member.memberId, member)
  joined.add(member.memberId)
  const dueMs = group.rebalance?.dueMs ?? nowMs + longestRebalanceMs(members)
  const alone = members.size === 1
  const type = alone ? protocolType : (group.rebalance?.protocolType ?? group.metadata.protocolType)
  return { ...group, rebalance: { dueMs, protocolType: type, members, joined } }
}

function withReplacement(metadata: GroupMetadata, replaced: Member, member: Member): GroupMetadata {
  const members = [...metadata.members.values()].map((each) => (each === replaced ? member : each))
  return {
    ...metadata,
    leaderId: metadata.leaderId === replaced.memberId ? member.memberId : metadata.leaderId,
    members: byId(members),
  }
}

/**
 * A member asks for its assignment, the leader with everybody's. Its answer is `syncAnswer`. Errors: unknown_member,
 * fenced_instance, illegal_generation, rebalance_in_progress, group_limit for assignments beyond their bound.
 */
export function decideSync(group: Group, request: SyncRequest): Decision {
  const member = memberOf(group, request)
  checkGeneration(group, request.generation)
  const isLeader = member.memberId === group.metadata.leaderId
  const cell = cellOf(group, isLeader ? 'leader-syncs' : 'follower-syncs')
  if (cell.answer === 'rebalance_in_progress') throw rebalanceInProgress(group)
  if (isLeader && group.metadata.state === 'CompletingRebalance') {
    return { group, record: withAssignments(group, request) }
  }
  const unsynced = new Set(group.unsynced)
  unsynced.delete(member.memberId)
  return { group: { ...group, unsynced, syncDueMs: unsynced.size === 0 ? Infinity : group.syncDueMs } }
}

function withAssignments(group: Group, request: SyncRequest): GroupMetadata {
  let bytes = 0
  const assigned = new Map<string, Uint8Array>()
  for (const { memberId, assignment } of request.assignments) {
    bytes += assignment.length
    assigned.set(memberId, Uint8Array.from(assignment))
  }
  checkLimit(group.name, 'bytes of assignments', bytes, maxGroupMetadataBytes)
  const members = [...group.metadata.members.values()].map((member) => ({
    ...member,
    assignment: assigned.get(member.memberId) ?? nothing,
  }))
  return { ...group.metadata, state: 'Stable', members: byId(members) }
}

/** Errors: unknown_member, fenced_instance, illegal_generation, rebalance_in_progress. */
export function checkHeartbeat(group: Group, identity: MemberIdentity): Member {
  const member = memberOf(group, identity)
  checkGeneration(group, identity.generation)
  if (cellOf(group, 'heartbeat').answer !== 'ok') throw rebalanceInProgress(group)
  return member
}

/** Who leaves: by member id, or by instance id alone when an operator removes a static member. */
export function leavingMember(group: Group, identity: Omit<MemberIdentity, 'generation'>): Member {
  const { memberId, instanceId } = identity
  if (memberId !== '' || instanceId === undefined) return memberOf(group, identity)
  const member = findInstance(membersOf(group), instanceId)
  if (member === undefined) throw unknownMember(group, instanceId)
  return member
}

/** The members are gone: they left, or their session is over. What remains gathers for the next generation. */
export function decideGone(group: Group, gone: ReadonlySet<string>, nowMs: number): Decision {
  const members = new Map([...membersOf(group)].filter(([memberId]) => !gone.has(memberId)))
  if (members.size === membersOf(group).size) return { group }
  const joined = new Set([...(group.rebalance?.joined ?? [])].filter((memberId) => members.has(memberId)))
  const { to } = cellOf(group, members.size === 0 ? 'last-member-gone' : 'member-gone')
  invariant(to === (members.size === 0 ? 'Empty' : 'PreparingRebalance'), `a member gone leads to state ${to}`)
  const rebalance: Rebalance = {
    dueMs: group.rebalance?.dueMs ?? nowMs + longestRebalanceMs(members),
    protocolType: group.rebalance?.protocolType ?? group.metadata.protocolType,
    members,
    joined,
  }
  return concluded({ ...group, rebalance })
}

/**
 * The time to rejoin is over: who did not is left out, but for static members, whose session alone decides. When only
 * such ones are left, they get the time once more.
 */
export function decideJoinsDue(group: Group, nowMs: number): Decision {
  const { rebalance } = group
  if (rebalance === undefined || nowMs < rebalance.dueMs) return { group }
  const kept = [...rebalance.members.values()].filter(
    (member) => rebalance.joined.has(member.memberId) || member.instanceId !== undefined,
  )
  const members = byId(kept)
  const due = { ...group, rebalance: { ...rebalance, members, dueMs: nowMs + longestRebalanceMs(members) } }
  if (rebalance.joined.size === 0 && kept.length > 0) return { group: due }
  return { group: due, record: nextGeneration(due.rebalance, group.metadata) }
}

/** The time to ask for an assignment is over: who did not is gone. */
export function decideSyncsDue(group: Group, nowMs: number): Decision {
  if (group.rebalance !== undefined || nowMs < group.syncDueMs) return { group }
  return decideGone({ ...group, syncDueMs: Infinity }, group.unsynced, nowMs)
}

/** When something is due by itself, on the monotonic clock; Infinity when nothing is. */
export function dueMsOf(group: Group): number {
  return group.rebalance?.dueMs ?? group.syncDueMs
}

/** With the next generation as the record when all have joined, or its end when nobody is left. */
function concluded(group: Group): Decision {
  const { rebalance } = group
  invariant(rebalance !== undefined, 'only a rebalance can be concluded')
  if (rebalance.joined.size < rebalance.members.size) return { group }
  return { group, record: nextGeneration(rebalance, group.metadata) }
}

function nextGeneration({ members, joined, protocolType }: Rebalance, last: GroupMetadata): GroupMetadata {
  const { generation } = last
  if (members.size === 0) {
    return { generation, protocolType, protocol: '', leaderId: '', state: 'Empty', members: noMembers }
  }
  const present = [...members.values()].map((member) => ({ ...member, assignment: nothing }))
  const [firstJoined] = joined
  invariant(firstJoined !== undefined, 'a generation needs a member that joined')
  return {
    generation: generation + 1,
    protocolType,
    protocol: electProtocol(present),
    leaderId: joined.has(last.leaderId) ? last.leaderId : firstJoined,
    state: 'CompletingRebalance',
    members: byId(present),
  }
}

/**
 * May these offsets be committed? `upcoming` is a record under way: the commit would stand behind it in the log, so that
 * it is refused when it belongs to what that record ends. Errors: unknown_member, fenced_instance, illegal_generation,
 * rebalance_in_progress.
 */
export function checkCommit(group: Group, identity: MemberIdentity, upcoming: GroupMetadata | undefined): void {
  if (isNobody(identity)) {
    const isFree = cellOf(group, 'commit-by-nobody').answer === 'ok' && upcoming === undefined
    if (!isFree) throw unknownMember(group, '')
    return
  }
  const { memberId } = memberOf(group, identity)
  checkGeneration(group, identity.generation)
  // A member that joins for the first time has no part in the present generation.
  if (!group.metadata.members.has(memberId)) throw rebalanceInProgress(group)
  const stands =
    upcoming === undefined || (upcoming.generation === identity.generation && upcoming.members.has(memberId))
  if (!stands || cellOf(group, 'commit').answer !== 'ok') throw rebalanceInProgress(group)
}

/** One who commits without being a member. */
export function isNobody({ memberId, generation, instanceId }: MemberIdentity): boolean {
  return memberId === '' && generation < 0 && instanceId === undefined
}

/** group_not_empty, unknown_group. */
export function checkOperator(group: Group, event: 'reset' | 'delete', hasOffsets: boolean): void {
  const { answer } = groupTable[stateOf(group, hasOffsets)][event]
  if (answer === 'ok') return
  const { size } = membersOf(group)
  if (answer === 'unknown_group') throw unknownGroup(group.name)
  throw engineErrors.make('group_not_empty', `group ${group.name} has ${size} members`, {
    details: { group: group.name, members: size },
  })
}

export function unknownGroup(name: string): Error {
  return engineErrors.make('unknown_group', `there is no group ${name}`, { details: { group: name } })
}

/** Between Dead and Empty no request of a member makes a difference, so that offsets are not asked for here. */
function cellOf(group: Group, event: GroupEvent): GroupTransition {
  return groupTable[stateOf(group, true)][event]
}

function byId(members: readonly Member[]): ReadonlyMap<string, Member> {
  return new Map(members.map((member) => [member.memberId, member]))
}

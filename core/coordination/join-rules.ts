// Who may join a group, and which protocol its members agree on.

import { engineErrors } from '../engine/errors.js'
import type { JoinRequest } from '../engine/group-service.js'
import { invariant } from '../errors/invariant.js'
import { type Group, type Member, membersOf, nothing, type Protocol } from './group.js'
import {
  maxGroupMetadataBytes,
  maxGroupNameBytes,
  maxMemberMetadataBytes,
  maxMemberNameBytes,
  maxMembers,
  maxProtocols,
  maxRebalanceTimeoutMs,
  minRebalanceTimeoutMs,
  maxSessionTimeoutMs,
  minSessionTimeoutMs,
} from './limits.js'

/** invalid_group for a name that is empty or too long. */
export function checkGroupName(group: string): void {
  const bytes = Buffer.byteLength(group)
  if (bytes >= 1 && bytes <= maxGroupNameBytes) return
  throw engineErrors.make('invalid_group', `the name of a group has ${bytes} bytes; it takes 1 to ${maxGroupNameBytes}`)
}

/** The member that the request describes, checked by itself. Errors: invalid_session_timeout, inconsistent_protocol, group_limit. */
export function requestedMember(request: JoinRequest, memberId: string, before: Member | undefined): Member {
  const { group, sessionTimeoutMs, protocols, instanceId } = request
  if (!(sessionTimeoutMs >= minSessionTimeoutMs && sessionTimeoutMs <= maxSessionTimeoutMs)) {
    throw engineErrors.make(
      'invalid_session_timeout',
      `a session time-out of ${sessionTimeoutMs} ms is not between ${minSessionTimeoutMs} and ${maxSessionTimeoutMs}`,
      { details: { group, sessionTimeoutMs } },
    )
  }
  if (request.protocolType === '' || protocols.length === 0) {
    throw inconsistent(group, 'a member offers no protocol')
  }
  checkLimit(group, 'protocols of a member', protocols.length, maxProtocols)
  checkLimit(group, 'bytes of metadata of a member', protocolBytes(protocols), maxMemberMetadataBytes)
  for (const name of [request.clientId, request.clientHost, request.protocolType, instanceId ?? '']) {
    checkLimit(group, 'bytes of a name of a member', Buffer.byteLength(name), maxMemberNameBytes)
  }
  return {
    memberId,
    ...(instanceId === undefined ? {} : { instanceId }),
    clientId: request.clientId,
    clientHost: request.clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: Math.min(Math.max(request.rebalanceTimeoutMs, minRebalanceTimeoutMs), maxRebalanceTimeoutMs),
    protocols: protocols.map(({ name, metadata }) => ({ name, metadata: Uint8Array.from(metadata) })),
    assignment: before?.assignment ?? nothing,
  }
}

/** May it stand beside the others (without `before`, which it takes the place of)? Errors: inconsistent_protocol, group_limit. */
export function checkFits(group: Group, member: Member, protocolType: string, before: Member | undefined): void {
  const others = [...membersOf(group).values()].filter((other) => other !== before)
  if (others.length === 0) return
  const presentType = group.rebalance?.protocolType ?? group.metadata.protocolType
  if (protocolType !== presentType) {
    throw inconsistent(group.name, `its members speak ${presentType}, not ${protocolType}`)
  }
  if (commonProtocols([member, ...others]).length === 0) {
    const offered = member.protocols.map(({ name }) => name).join(', ')
    throw inconsistent(group.name, `its members share none of ${offered}`)
  }
  checkLimit(group.name, 'members', others.length + 1, maxMembers)
  let bytes = memberBytes(member)
  for (const other of others) bytes += memberBytes(other)
  checkLimit(group.name, 'bytes of metadata', bytes, maxGroupMetadataBytes)
}

/**
 * The protocol of a generation: each member votes for the first of its protocols that all offer; most votes win, and
 * among equals the one that the first member prefers. Kafka: ClassicGroup.selectProtocol.
 */
export function electProtocol(members: readonly Member[]): string {
  const common = commonProtocols(members)
  invariant(common.length > 0, 'the members of a group share no protocol, though each was checked when it joined')
  const votes = new Map<string, number>(common.map((name) => [name, 0]))
  for (const member of members) {
    const choice = member.protocols.find(({ name }) => votes.has(name))
    if (choice !== undefined) votes.set(choice.name, votes.get(choice.name)! + 1)
  }
  return common.reduce((best, name) => (votes.get(name)! > votes.get(best)! ? name : best))
}

/** In the order of the first member's preference. */
function commonProtocols(members: readonly Member[]): string[] {
  const [first, ...others] = members
  const names = first?.protocols.map(({ name }) => name) ?? []
  return names.filter((name) => others.every(({ protocols }) => protocols.some((protocol) => protocol.name === name)))
}

/** The same protocols in the same order with the same bytes? */
export function sameProtocols(a: Member, b: Member): boolean {
  return (
    a.protocols.length === b.protocols.length &&
    a.protocols.every(({ name, metadata }, index) => {
      const other = b.protocols[index]!
      return other.name === name && Buffer.compare(other.metadata, metadata) === 0
    })
  )
}

/** group_limit when there are more than `most`. */
export function checkLimit(group: string, what: string, count: number, most: number): void {
  if (count <= most) return
  throw engineErrors.make('group_limit', `group ${group}: ${count} ${what}; ${most} are the most`, {
    details: { group, count, most },
  })
}

/** What a member takes in the group's record, assignments apart. */
function memberBytes(member: Member): number {
  const names = member.memberId.length + member.clientId.length + member.clientHost.length
  return protocolBytes(member.protocols) + names + (member.instanceId?.length ?? 0)
}

function protocolBytes(protocols: readonly Protocol[]): number {
  let bytes = 0
  for (const { name, metadata } of protocols) bytes += Buffer.byteLength(name) + metadata.length
  return bytes
}

function inconsistent(group: string, why: string): Error {
  return engineErrors.make('inconsistent_protocol', `group ${group}: ${why}`, { details: { group } })
}

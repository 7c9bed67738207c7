// What happened to a group lately and why, in words a person understands. The line in the process's log is the same text.
//
// In memory alone: at most `maxGroupEvents` of a group, gone with the group and with the process. What clients call
// themselves is shortened, and what could steer a terminal is taken out.

import type { GroupLogEvent } from '../engine/group-service.js'
import type { JoinDecision, JoinReason } from './decisions.js'
import type { Group, GroupMetadata, Member } from './group.js'
import { longestRebalanceMs, membersOf } from './group.js'
import { maxGroupEvents, maxShownCharacters } from './limits.js'

/** An event, and how it is named as the reason of a rebalance. */
export interface Happening {
  readonly text: string
  readonly cause: string
}

export class GroupEvents {
  private readonly kept: GroupLogEvent[] = []

  add(event: GroupLogEvent): void {
    this.kept.push(event)
    if (this.kept.length > maxGroupEvents) this.kept.shift()
  }

  /** The oldest first. */
  list(): readonly GroupLogEvent[] {
    return [...this.kept]
  }
}

/** A text of a client as it may be shown: its begin and its end, where ids differ, and no control characters. */
export function shown(text: string): string {
  const tail = 36 // a UUID
  const head = maxShownCharacters - tail - 1
  const short = text.length <= maxShownCharacters ? text : `${text.slice(0, head)}…${text.slice(-tail)}`
  return short.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

const joinWords: Readonly<Record<JoinReason, (words: JoinWords) => { text: string; cause?: string }>> = {
  first: ({ id, member, as }) => ({
    text: `${id} joins${as}: first join of client ${shown(member.clientId)} at ${hostOf(member)}`,
    cause: `${id} joins`,
  }),
  returns: ({ id, replaced, as }) => ({ text: `${id} joins${as}, in the place of member ${shown(replaced)}` }),
  'offers-differ': ({ id }) => ({ text: `${id} joins again with another subscription or other protocols` }),
  'leader-asks': ({ id }) => ({ text: `${id} joins again: as the leader it asks to assign anew` }),
  repeats: ({ id, group }) => ({
    text:
      group.rebalance === undefined
        ? `${id} joins again and is told of generation ${group.metadata.generation} as it stands`
        : `${id} joins again, as the rebalance asks it to`,
  }),
}

interface JoinWords {
  readonly id: string
  readonly as: string
  readonly member: Member
  readonly replaced: string
  readonly group: Group
}

/** `group` as it was before. */
export function joins(group: Group, { member, replaced = '', reason }: JoinDecision): Happening {
  const as = member.instanceId === undefined ? '' : ` as instance ${shown(member.instanceId)}`
  const { text, cause = text } = joinWords[reason]({
    id: `member ${shown(member.memberId)}`,
    as,
    member,
    replaced,
    group,
  })
  return { text, cause }
}

export function leaves({ memberId }: Member): Happening {
  const text = `member ${shown(memberId)} leaves`
  return { text, cause: text }
}

/** At least one member. */
export function areDropped(memberIds: readonly string[], reason: string): Happening {
  const cause = memberIds.length === 1 ? `${named(memberIds)} is dropped` : `${named(memberIds)} are dropped`
  return { text: `${cause}: ${reason}`, cause }
}

export function sessionEnded({ memberId, sessionTimeoutMs }: Member, silentMs: number): Happening {
  const reason = `its session of ${seconds(sessionTimeoutMs)} ended, last heard of ${seconds(silentMs)} ago`
  return areDropped([memberId], reason)
}

/** What the end of the time to rejoin does to members; undefined when it does nothing to them. */
export function joinsOverdue(before: Group, after: Group): Happening | undefined {
  const { rebalance } = before
  if (rebalance === undefined) return undefined
  const late = [...rebalance.members.keys()].filter((memberId) => !rebalance.joined.has(memberId))
  if (late.length === 0) return undefined
  const timeout = `did not rejoin within the rebalance time-out of ${seconds(longestRebalanceMs(rebalance.members))}`
  const gone = late.filter((memberId) => !membersOf(after).has(memberId))
  const dropped = gone.length > 0 ? [`${named(gone)} ${timeout} and ${isOrAre(gone)} dropped`] : []
  const stay = late.filter((memberId) => membersOf(after).has(memberId))
  const kept = stay.length > 0 ? [`${named(stay)}, static, ${timeout}: only the end of a session drops those`] : []
  const text = [...dropped, ...kept].join('; ')
  return { text, cause: text }
}

export function syncsOverdue({ metadata, unsynced }: Group): Happening | undefined {
  if (unsynced.size === 0) return undefined
  const timeout = seconds(longestRebalanceMs(metadata.members))
  return areDropped([...unsynced], `no request for the assignment of generation ${metadata.generation} in ${timeout}`)
}

export function rebalanceBegins({ cause }: Happening): string {
  return `rebalance begins because ${cause}`
}

/** What a record of the group that became durable means; `before` is what it replaced. */
export function recordKept(before: GroupMetadata, { generation, state, ...after }: GroupMetadata): string {
  const leader = `leader ${shown(after.leaderId)}`
  if (state === 'Empty') return `generation ${generation} ends: no member is left`
  if (state === 'CompletingRebalance') {
    return `generation ${generation} with ${counted(after.members.size, 'member')}, protocol ${shown(after.protocol)}, ${leader}`
  }
  const isAssigned = before.state === 'CompletingRebalance'
  return isAssigned ? `generation ${generation} is assigned by its ${leader}` : `generation ${generation} goes on`
}

/** With members, after a restart. */
export function startsAnew({ generation, members }: GroupMetadata): string {
  return `the hub starts: generation ${generation} goes on with ${counted(members.size, 'member')}, each with its full session`
}

/** `12 partitions`, `1 member`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

const mostNamed = 3

function named(memberIds: readonly string[]): string {
  const ids = memberIds.slice(0, mostNamed).map((memberId) => shown(memberId))
  const more = memberIds.length - ids.length
  const noun = memberIds.length === 1 ? 'member' : `${memberIds.length} members`
  return `${noun} ${ids.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function isOrAre(memberIds: readonly string[]): string {
  return memberIds.length === 1 ? 'is' : 'are'
}

/** Kafka writes hosts with a slash before them. */
function hostOf({ clientHost }: Member): string {
  return shown(clientHost.replace(/^\//, ''))
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}

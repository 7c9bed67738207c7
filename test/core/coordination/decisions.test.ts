// The decisions of core/coordination/SPEC.md, cell by cell of its table, as pure functions.

import { describe, expect, test } from 'vitest'
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
} from '../../../core/coordination/decisions.js'
import { type Group, joinAnswer, membersOf, newGroup, stateOf, withMetadata } from '../../../core/coordination/group.js'
import { type GroupEvent, groupTable } from '../../../core/coordination/group-state.js'
import { electProtocol } from '../../../core/coordination/join-rules.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { GroupState } from '../../../core/engine/group-service.js'
import { joinRequest } from '../../contracts/log-engine/group-words.js'

/** The group once the decision's record is durable. */
function applied({ group, record }: Decision, nowMs = 0): Group {
  return record === undefined ? group : withMetadata(group, record, nowMs)
}

function joins(group: Group, memberId: string, more = {}, nowMs = 0): Group {
  const isKnown = membersOf(group).has(memberId)
  return applied(decideJoin(group, joinRequest({ memberId: isKnown ? memberId : '', ...more }), nowMs, memberId))
}

/** The join alone: that all have joined by it is the next event. */
function joinsOnly(group: Group, memberId: string, more = {}): Group {
  const decision = decideJoin(group, joinRequest(more), 0, memberId)
  const isNextEvent = decision.record !== undefined && decision.record.generation > group.metadata.generation
  return isNextEvent ? decision.group : applied(decision)
}

function syncs(group: Group, memberId: string): Group {
  const { generation } = group.metadata
  const assignments = [...group.metadata.members.keys()].map((each) => ({
    memberId: each,
    assignment: Buffer.from(each),
  }))
  return applied(decideSync(group, { group: 'g', memberId, generation, assignments }))
}

const dead = newGroup('g')
/** leader and follower, then the follower's assignment outstanding, then all done. */
const preparing = joins(joins(dead, 'leader'), 'follower')
const completing = joins(preparing, 'leader')
const stable = syncs(completing, 'leader')
const groups: { readonly [State in GroupState]: Group } = {
  Dead: dead,
  Empty: dead,
  PreparingRebalance: preparing,
  CompletingRebalance: completing,
  Stable: stable,
}
const alone: { readonly [State in GroupState]: Group } = {
  ...groups,
  PreparingRebalance: joins(syncs(joins(dead, 'leader'), 'leader'), 'x', { memberId: '', clientId: 'x' }),
  CompletingRebalance: joins(dead, 'leader'),
  Stable: syncs(joins(dead, 'leader'), 'leader'),
}

const other = { protocols: [{ name: 'range', metadata: Buffer.from('other') }] }
const staticGroup = (state: GroupState): Group => {
  const first = joins(dead, 'leader', { instanceId: 'one' })
  if (state === 'CompletingRebalance') return first
  const done = syncs(first, 'leader')
  return state === 'Stable' ? done : joins(done, 'late')
}

/** How each event comes about: the group that follows, or the error. */
const happen: { readonly [Event in GroupEvent]: (state: GroupState) => Group } = {
  'join-changes': (state) => joinsOnly(groups[state], 'newcomer', other),
  'join-repeats': (state) => joins(groups[state], 'follower'),
  'join-replaces': (state) => joinsOnly(staticGroup(state), 'again', { instanceId: 'one' }),
  'all-joined': (state) => joins(groups[state], 'leader'),
  'leader-syncs': (state) => syncs(groups[state], 'leader'),
  'follower-syncs': (state) => syncs(groups[state], 'follower'),
  heartbeat: (state) => {
    const { generation } = groups[state].metadata
    checkHeartbeat(groups[state], { group: 'g', memberId: 'leader', generation })
    return groups[state]
  },
  'member-gone': (state) => applied(decideGone(groups[state], new Set(['follower']), 0)),
  'last-member-gone': (state) => {
    const all = new Set(membersOf(alone[state]).keys())
    return applied(decideGone(alone[state], all, 0))
  },
  commit: (state) => {
    const { generation } = groups[state].metadata
    checkCommit(groups[state], { group: 'g', memberId: 'leader', generation }, undefined)
    return groups[state]
  },
  'commit-by-nobody': (state) => {
    checkCommit(groups[state], { group: 'g', memberId: '', generation: -1 }, undefined)
    return groups[state]
  },
  reset: (state) => {
    checkOperator(groups[state], 'reset', state === 'Empty')
    return groups[state]
  },
  delete: (state) => {
    checkOperator(groups[state], 'delete', state === 'Empty')
    return dead
  },
}

function outcome(state: GroupState, event: GroupEvent): string {
  try {
    // Offsets tell Empty from Dead: the events that leave some behind do so at the coordinator.
    const leavesOffsets = event !== 'delete' && groupTable[state][event].to !== 'Dead'
    return stateOf(happen[event](state), leavesOffsets)
  } catch (error) {
    if (error instanceof TailraceError) return error.code
    throw error
  }
}

describe('decisions', () => {
  const cells = Object.entries(groupTable).flatMap(([state, row]) =>
    Object.entries(row).map(([event, cell]) => [state as GroupState, event as GroupEvent, cell] as const),
  )

  test.each(cells.filter(([, , { answer }]) => answer !== 'impossible'))(
    'in %s do with %s what the table says',
    (state, event, cell) => {
      const isRefusal = /_/.test(cell.answer)
      // All but the leader have joined in the group that prepares: the follower's repetition changes nothing.
      expect(outcome(state, event)).toBe(isRefusal ? cell.answer : cell.to)
    },
  )

  test('give each generation the next number and clear its assignments', () => {
    const next = joins(joins(stable, 'leader'), 'follower')
    expect(stable.metadata.generation).toBe(2)
    expect(next.metadata.generation).toBe(3)
    for (const { assignment } of next.metadata.members.values()) expect(assignment).toHaveLength(0)
  })

  test('keep the leader as long as it joins', () => {
    const next = joins(joins(joins(stable, 'newcomer'), 'follower'), 'leader')
    expect(next.metadata.leaderId).toBe('leader')
    const without = applied(decideGone(joins(joins(stable, 'newcomer'), 'follower'), new Set(['leader']), 0))
    expect(without.metadata.leaderId).toBe('newcomer')
    expect(joinAnswer(without, { group: 'g', memberId: 'newcomer' })?.members).toHaveLength(2)
    expect(joinAnswer(without, { group: 'g', memberId: 'follower' })?.members).toHaveLength(0)
  })

  test('leave out who did not rejoin when its time is over, but not before', () => {
    const gathering = joins(stable, 'newcomer', {}, 1000)
    const { dueMs } = gathering.rebalance!
    expect(decideJoinsDue(gathering, dueMs - 1).record).toBeUndefined()
    const next = applied(decideJoinsDue(gathering, dueMs))
    expect([...next.metadata.members.keys()]).toEqual(['newcomer'])
  })

  test('keep an absent static member until its session ends', () => {
    const both = joins(joins(joins(dead, 'leader', { instanceId: 'one' }), 'b'), 'leader', { instanceId: 'one' })
    const gathering = joins(both, 'b', other)
    const next = applied(decideJoinsDue(gathering, gathering.rebalance!.dueMs))
    expect([...next.metadata.members.keys()]).toEqual(['leader', 'b'])
    expect(next.metadata.leaderId).toBe('b')
  })

  test('wait once more when only absent static members are left', () => {
    const gathering = joins(syncs(joins(dead, 'leader', { instanceId: 'one' }), 'leader'), 'b')
    const left = decideGone(gathering, new Set(['b']), 0).group
    const { group, record } = decideJoinsDue(left, left.rebalance!.dueMs)
    expect(record).toBeUndefined()
    expect(group.rebalance!.dueMs).toBeGreaterThan(left.rebalance!.dueMs)
    expect([...group.rebalance!.members.keys()]).toEqual(['leader'])
  })

  test('drop who did not ask for its assignment', () => {
    const { syncDueMs } = completing
    expect(decideSyncsDue(completing, syncDueMs - 1).group).toBe(completing)
    const assigned = syncs(completing, 'leader')
    const dropped = decideSyncsDue(assigned, assigned.syncDueMs).group
    expect([...membersOf(dropped).keys()]).toEqual(['leader'])
    expect(syncs(assigned, 'follower').syncDueMs).toBe(Infinity)
  })

  test('refuse the commit of a member that only just joins', () => {
    const gathering = joins(stable, 'newcomer')
    const identity = { group: 'g', memberId: 'newcomer', generation: stable.metadata.generation }
    expect(() => checkCommit(gathering, identity, undefined)).toThrow(
      expect.objectContaining({ code: 'rebalance_in_progress' }),
    )
  })

  test('refuse a commit that would stand behind the next generation in the log', () => {
    const gathering = decideJoin(joins(stable, 'follower', other), joinRequest({ memberId: 'leader' }), 0, 'unused')
    const identity = { group: 'g', memberId: 'leader', generation: stable.metadata.generation }
    expect(gathering.record).toMatchObject({ generation: 3 })
    expect(() => checkCommit(gathering.group, identity, undefined)).not.toThrow()
    expect(() => checkCommit(gathering.group, identity, gathering.record)).toThrow(
      expect.objectContaining({ code: 'rebalance_in_progress' }),
    )
  })

  test('refuse assignments beyond their bound', () => {
    const assignments = [{ memberId: 'follower', assignment: new Uint8Array(3 * 1024 * 1024) }]
    const request = { group: 'g', memberId: 'leader', generation: completing.metadata.generation, assignments }
    expect(() => decideSync(completing, request)).toThrow(expect.objectContaining({ code: 'group_limit' }))
  })

  test('refuse the thousand-and-first member, and metadata beyond its bounds', () => {
    let group = dead
    for (let index = 0; index < 1000; index++) group = decideJoin(group, joinRequest(), 0, `m${index}`).group
    const limit = expect.objectContaining({ code: 'group_limit' })
    expect(() => decideJoin(group, joinRequest(), 0, 'one more')).toThrow(limit)
    const large = (bytes: number) => joinRequest({ protocols: [{ name: 'range', metadata: new Uint8Array(bytes) }] })
    expect(() => decideJoin(dead, large(1024 * 1024), 0, 'a')).toThrow(limit)
    const first = decideJoin(dead, large(900_000), 0, 'a').group
    const second = decideJoin(first, large(900_000), 0, 'b').group
    expect(() => decideJoin(second, large(900_000), 0, 'c')).toThrow(limit)
  })
})

describe('the protocol of a generation', () => {
  const member = (...names: string[]) => {
    const protocols = names.map((name) => ({ name, metadata: Buffer.from('') }))
    return [...decideJoin(dead, joinRequest({ protocols }), 0, names.join()).group.rebalance!.members.values()][0]!
  }

  test.each([
    ['b', [['a', 'b'], ['b'], ['c', 'b']]],
    [
      'a',
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
    ],
    [
      'b',
      [
        ['a', 'b'],
        ['b', 'a'],
        ['b', 'a'],
      ],
    ],
    [
      'c',
      [
        ['x', 'c', 'b'],
        ['c', 'b'],
        ['b', 'c'],
      ],
    ],
  ])('is %s for the preferences %j', (elected, preferences) => {
    expect(electProtocol(preferences.map((names) => member(...names)))).toBe(elected)
  })
})

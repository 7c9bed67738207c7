import { describe, expect, test } from 'vitest'
import { type GroupEvent, groupTable } from '../../../core/coordination/group-state.js'
import type { GroupState } from '../../../core/engine/group-service.js'

const states = Object.keys(groupTable) as GroupState[]
const events = Object.keys(groupTable.Dead) as GroupEvent[]
const cells = states.flatMap((state) => events.map((event) => ({ state, event, ...groupTable[state][event] })))
const refusals = ['rebalance_in_progress', 'unknown_member', 'unknown_group', 'group_not_empty', 'impossible']

/** The laws that core/coordination/SPEC.md states of the table. */
describe('the table of group states', () => {
  test('has a cell for every event in every state', () => {
    for (const state of states) expect(Object.keys(groupTable[state])).toEqual(events)
    expect(cells).toHaveLength(5 * 13)
  })

  test('changes nothing where it refuses', () => {
    for (const { state, event, to, answer } of cells) {
      if (refusals.includes(answer)) expect({ state, event, to }).toEqual({ state, event, to: state })
    }
  })

  test('begins a generation only when all have joined, and assigns it only by its leader', () => {
    for (const { state, event, to } of cells) {
      if (to === 'CompletingRebalance' && state !== to)
        expect([state, event]).toEqual(['PreparingRebalance', 'all-joined'])
      if (to === 'Stable' && state !== to) expect([state, event]).toEqual(['CompletingRebalance', 'leader-syncs'])
    }
  })

  test('sends every member to join while the next generation gathers', () => {
    const { PreparingRebalance } = groupTable
    for (const event of ['heartbeat', 'leader-syncs', 'follower-syncs'] as const) {
      expect(PreparingRebalance[event].answer).toBe('rebalance_in_progress')
    }
  })

  test('takes commits of members only while they may own something', () => {
    const taken = cells.filter(({ event, answer }) => event === 'commit' && answer === 'ok').map(({ state }) => state)
    expect(taken).toEqual(['PreparingRebalance', 'Stable'])
  })

  test('lets operators and nobody in particular change offsets only without members', () => {
    for (const { state, event, answer } of cells) {
      if (!['commit-by-nobody', 'reset', 'delete'].includes(event)) continue
      const isFree = state === 'Empty' || (state === 'Dead' && event !== 'delete')
      expect({ state, event, taken: answer === 'ok' }).toEqual({ state, event, taken: isFree })
    }
  })

  test('knows no member where none is', () => {
    for (const state of ['Dead', 'Empty'] as const) {
      for (const event of ['leader-syncs', 'follower-syncs', 'heartbeat', 'commit'] as const) {
        expect(groupTable[state][event].answer).toBe('unknown_member')
      }
    }
  })
})

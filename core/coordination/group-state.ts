// The states of a consumer group and what each event does in each of them: the one place that says so.
//
// Total by type: a state or an event without its cell does not compile. group.ts classifies what was asked into an
// event, looks the cell up, and carries out what it says. SPEC.md tells the table in words;
// test/core/coordination/group-state.test.ts holds its laws and walks every cell.

import type { GroupState } from '../engine/group-service.js'

export type GroupEvent =
  /** A join that changes the group: an unknown member, other protocols, the leader of a stable group asking anew. */
  | 'join-changes'
  /** A join of a known member that changes nothing: its first of this rebalance, or the answer to an earlier one got lost. */
  | 'join-repeats'
  /** A static member came back under a new member id, with its protocols unchanged. */
  | 'join-replaces'
  /** Every member that still counts has joined. */
  | 'all-joined'
  | 'leader-syncs'
  | 'follower-syncs'
  | 'heartbeat'
  /** A member left, or one of its time-outs is over; others remain. */
  | 'member-gone'
  | 'last-member-gone'
  /** By a member, of the current generation. */
  | 'commit'
  /** By nobody: no member id, no generation. */
  | 'commit-by-nobody'
  | 'reset'
  | 'delete'

/**
 * What the one who asked gets. `hold`: the answer comes later. `current`: the generation and assignment that stand.
 * `ok`: done. An error's code otherwise. `impossible`: who asks has been refused before, as no member is there.
 */
export type GroupAnswer =
  | 'hold'
  | 'current'
  | 'ok'
  | 'rebalance_in_progress'
  | 'unknown_member'
  | 'unknown_group'
  | 'group_not_empty'
  | 'impossible'

export interface GroupTransition {
  readonly to: GroupState
  readonly answer: GroupAnswer
}

type GroupTable = { readonly [State in GroupState]: { readonly [Event in GroupEvent]: GroupTransition } }

const to = (state: GroupState, answer: GroupAnswer): GroupTransition => ({ to: state, answer })

/** A group without members: whoever speaks as one is unknown. */
const withoutMembers = (stay: GroupState) =>
  ({
    'join-changes': to('PreparingRebalance', 'hold'),
    'join-repeats': to(stay, 'impossible'),
    'join-replaces': to(stay, 'impossible'),
    'all-joined': to(stay, 'impossible'),
    'leader-syncs': to(stay, 'unknown_member'),
    'follower-syncs': to(stay, 'unknown_member'),
    heartbeat: to(stay, 'unknown_member'),
    'member-gone': to(stay, 'impossible'),
    'last-member-gone': to(stay, 'impossible'),
    commit: to(stay, 'unknown_member'),
  }) as const

export const groupTable: GroupTable = {
  // Not there: never was, or was forgotten.
  Dead: {
    ...withoutMembers('Dead'),
    'commit-by-nobody': to('Empty', 'ok'),
    reset: to('Empty', 'ok'),
    delete: to('Dead', 'unknown_group'),
  },
  Empty: {
    ...withoutMembers('Empty'),
    'commit-by-nobody': to('Empty', 'ok'),
    reset: to('Empty', 'ok'),
    delete: to('Dead', 'ok'),
  },
  PreparingRebalance: {
    'join-changes': to('PreparingRebalance', 'hold'),
    'join-repeats': to('PreparingRebalance', 'hold'),
    'join-replaces': to('PreparingRebalance', 'hold'),
    'all-joined': to('CompletingRebalance', 'ok'),
    'leader-syncs': to('PreparingRebalance', 'rebalance_in_progress'),
    'follower-syncs': to('PreparingRebalance', 'rebalance_in_progress'),
    heartbeat: to('PreparingRebalance', 'rebalance_in_progress'),
    'member-gone': to('PreparingRebalance', 'ok'),
    'last-member-gone': to('Empty', 'ok'),
    // The old owner finishes: nobody else owns its partitions before the next generation.
    commit: to('PreparingRebalance', 'ok'),
    'commit-by-nobody': to('PreparingRebalance', 'unknown_member'),
    reset: to('PreparingRebalance', 'group_not_empty'),
    delete: to('PreparingRebalance', 'group_not_empty'),
  },
  CompletingRebalance: {
    'join-changes': to('PreparingRebalance', 'hold'),
    'join-repeats': to('CompletingRebalance', 'current'),
    'join-replaces': to('PreparingRebalance', 'hold'),
    'all-joined': to('CompletingRebalance', 'impossible'),
    'leader-syncs': to('Stable', 'current'),
    'follower-syncs': to('CompletingRebalance', 'hold'),
    heartbeat: to('CompletingRebalance', 'ok'),
    'member-gone': to('PreparingRebalance', 'ok'),
    'last-member-gone': to('Empty', 'ok'),
    // The member owns nothing yet in this generation, so it has nothing to commit.
    commit: to('CompletingRebalance', 'rebalance_in_progress'),
    'commit-by-nobody': to('CompletingRebalance', 'unknown_member'),
    reset: to('CompletingRebalance', 'group_not_empty'),
    delete: to('CompletingRebalance', 'group_not_empty'),
  },
  Stable: {
    'join-changes': to('PreparingRebalance', 'hold'),
    'join-repeats': to('Stable', 'current'),
    'join-replaces': to('Stable', 'current'),
    'all-joined': to('Stable', 'impossible'),
    'leader-syncs': to('Stable', 'current'),
    'follower-syncs': to('Stable', 'current'),
    heartbeat: to('Stable', 'ok'),
    'member-gone': to('PreparingRebalance', 'ok'),
    'last-member-gone': to('Empty', 'ok'),
    commit: to('Stable', 'ok'),
    'commit-by-nobody': to('Stable', 'unknown_member'),
    reset: to('Stable', 'group_not_empty'),
    delete: to('Stable', 'group_not_empty'),
  },
}

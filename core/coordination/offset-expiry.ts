// Expiry of committed offsets, where the hub is told to: a group that had no members, and to which nothing was
// committed, for the whole retention time loses its offsets and is gone.
//
// A group whose members live in our own process never expires: it belongs to a pipeline that may be stopped for long.
// Times are durable (`emptySinceMs` of the group's record, the time of each commit), so that a restart loses none.

import type { Clock, Timer } from '../runtime/clock.js'
import { type Group, membersOf } from './group.js'
import { counted } from './group-events.js'
import type { GroupEntry } from './group-entry.js'
import type { GroupRunner } from './group-runner.js'
import type { JournalPort } from './journal-port.js'
import { longestExpiryCheckMs } from './limits.js'
import type { OffsetDecisions } from './offset-decisions.js'

export interface OffsetExpiryOptions {
  readonly runner: GroupRunner
  readonly offsets: OffsetDecisions
  readonly port: JournalPort
  readonly clock: Clock
  /** Infinity keeps all offsets. */
  readonly retentionMs: number
}

export class OffsetExpiry {
  private readonly options: OffsetExpiryOptions
  private timer: Timer | undefined
  private startedWallMs = 0
  private startedMonotonicMs = 0

  constructor(options: OffsetExpiryOptions) {
    this.options = options
  }

  /** Looks from now on, each time after a tenth of the retention time or ten minutes. */
  start(): void {
    const { clock, retentionMs } = this.options
    this.startedWallMs = clock.now()
    this.startedMonotonicMs = clock.monotonicMs()
    if (retentionMs !== Infinity) this.lookLater()
  }

  /** Twice is fine. */
  close(): void {
    this.timer?.cancel()
  }

  private lookLater(): void {
    const { runner, clock, retentionMs } = this.options
    this.timer = clock.after(Math.min(retentionMs / 10, longestExpiryCheckMs), () => {
      for (const entry of runner.groups.all()) if (this.isExpired(entry)) this.expire(entry)
      this.lookLater()
    })
  }

  private expire(entry: GroupEntry): void {
    const { runner, offsets, port, retentionMs } = this.options
    runner.inBackground(entry, async () => {
      // It may have come to life while this waited its turn. From here to the append nothing can come between.
      if (!this.isExpired(entry)) return
      const partitions = counted(entry.offsets.size, 'partition')
      await port.append(offsets.removeAll(entry))
      const hours = Math.round(retentionMs / 360_000) / 10
      runner.tell(entry, `the offsets of ${partitions} expire: no member and no commit for ${hours} hours`)
    })
  }

  private isExpired({ group, offsets, upcoming, lastCommitMs }: GroupEntry): boolean {
    const { clock, retentionMs } = this.options
    if (offsets.size === 0 || upcoming !== undefined) return false
    // What was decided may still be on its way to the log, and must not be removed by what comes behind it.
    if (clock.monotonicMs() - lastCommitMs < retentionMs) return false
    return this.steadyNowMs() - Math.max(restsSinceMs(group), offsets.lastCommittedAtMs()) >= retentionMs
  }

  /** The wall clock, but for jumps forward while the hub runs: those expire nothing. */
  private steadyNowMs(): number {
    const { clock } = this.options
    return Math.min(clock.now(), this.startedWallMs + (clock.monotonicMs() - this.startedMonotonicMs))
  }
}

/** Since when nobody is in the group, on the wall clock; Infinity when somebody is, or it is not to expire. */
function restsSinceMs(group: Group): number {
  if (membersOf(group).size > 0) return Infinity
  // Offsets alone, by consumers that are no members.
  if (group.metadata.generation === 0) return 0
  return group.metadata.emptySinceMs ?? Infinity
}

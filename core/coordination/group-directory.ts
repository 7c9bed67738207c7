// The groups that are there, by name: those with members or offsets, and those that something is asked of.

import { engineErrors } from '../engine/errors.js'
import type { MemberIdentity } from '../engine/group-service.js'
import { Deadline } from './deadline-queue.js'
import { GroupEntry } from './group-entry.js'
import { checkLimit } from './join-rules.js'
import { maxGroups } from './limits.js'

export class GroupDirectory {
  private readonly entries = new Map<string, GroupEntry>()
  private readonly isDue: (entry: GroupEntry) => void

  /** `isDue` is called when a group's own time-out is over. */
  constructor(isDue: (entry: GroupEntry) => void) {
    this.isDue = isDue
  }

  find(name: string): GroupEntry | undefined {
    return this.entries.get(name)
  }

  all(): GroupEntry[] {
    return [...this.entries.values()]
  }

  /** The group that a member speaks of; unknown_member when there is none. */
  known({ group, memberId }: Omit<MemberIdentity, 'generation'>): GroupEntry {
    const entry = this.entries.get(group)
    if (entry !== undefined) return entry
    throw engineErrors.make('unknown_member', `there is no group ${group}, so ${memberId} is not in it`)
  }

  /** The group, new when there is none; group_limit when there are too many for that. */
  forRequest(name: string): GroupEntry {
    const known = this.entries.get(name)
    if (known !== undefined) return known
    this.checkRoom(name)
    return this.add(name)
  }

  /** The group, new when there is none: what is in the log is taken in whatever the limits are by now. */
  forRecord(name: string): GroupEntry {
    return this.entries.get(name) ?? this.add(name)
  }

  /** group_limit when one more group is too many. */
  checkRoom(name: string): void {
    checkLimit(name, 'groups', this.entries.size + 1, maxGroups)
  }

  /** Lets go of a group of which nothing is left; true when it did. */
  letGo(entry: GroupEntry): boolean {
    const { name } = entry.group
    if (!entry.isVacant || this.entries.get(name) !== entry) return false
    return this.entries.delete(name)
  }

  private add(name: string): GroupEntry {
    const entry: GroupEntry = new GroupEntry(name, new Deadline(() => this.isDue(entry)))
    this.entries.set(name, entry)
    return entry
  }
}

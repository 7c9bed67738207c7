// Which files of a folder become one: neighbours of a group in the order of their offsets, each of them small and old
// enough, together of at most one file's size. Pure.

import type { NamedFile } from './file-names.js'

export interface SmallFile extends NamedFile {
  readonly name: string
  readonly bytes: number
  readonly modifiedMs: number
}

export interface CompactRules {
  /** Smaller files are merged. */
  readonly below: number
  /** What they become has at most so many bytes. */
  readonly to: number
  /** So many milliseconds since they were written. */
  readonly after: number
}

/** More than one file in each; those of no run stay as they are. */
export function runsOf(files: readonly SmallFile[], rules: CompactRules, nowMs: number): readonly SmallFile[][] {
  const groups = groupsOf(files)
  const runs: SmallFile[][] = []
  for (const group of groups.values()) {
    let run: SmallFile[] = []
    let bytes = 0
    const end = (): void => {
      if (isWorthIt(run, bytes, rules)) runs.push(run)
      run = []
      bytes = 0
    }
    for (const file of group.toSorted((a, b) => a.firstOffset - b.firstOffset)) {
      const isSmall = file.bytes < rules.below && file.modifiedMs <= nowMs - rules.after
      if (!isSmall || bytes + file.bytes > rules.to) end()
      if (!isSmall) continue
      run.push(file)
      bytes += file.bytes
    }
    end()
  }
  return runs
}

/**
 * A file that has more than all others together would be written again for little, each time that something small has
 * come behind it: so a byte is written again a few times in all, and not once for each pass.
 */
function isWorthIt(run: readonly SmallFile[], bytes: number, { below }: CompactRules): boolean {
  if (run.length < 2) return false
  const largest = run.reduce((most, file) => Math.max(most, file.bytes), 0)
  return bytes >= below || bytes >= 2 * largest
}

function groupsOf(files: readonly SmallFile[]): ReadonlyMap<string, readonly SmallFile[]> {
  const groups = new Map<string, SmallFile[]>()
  for (const file of files) {
    const others = groups.get(file.group)
    if (others === undefined) groups.set(file.group, [file])
    else others.push(file)
  }
  return groups
}

// The changes of one table in a chunk, folded to what becomes of each key, so that every row is written once.
//
//   put      the row is there with these columns: inserted, or updated in these columns
//   patch    the row, if there, gets these columns (large values that did not change are not among them)
//   replace  as put, but the other columns get their defaults: the row was deleted in between
//   delete   the row is gone
//
// A later change is laid over the earlier outcome of its key:
//
//   earlier \ later    put              patch            delete
//   (none)             put              patch            delete
//   put                put of both      put of both      delete
//   patch              put of both      patch of both    delete
//   replace            replace of both  replace of both  delete
//   delete             replace          delete           delete
//
// The law: applied at once, in any order of keys, the outcomes leave what the changes leave one by one. It holds for
// streams in which a patch meets a row that is there, as all of Postgres' own do. A truncate forgets what was before.

import type { ColumnSet, ColumnSets } from './column-set.js'
import { CopyLines, gatherLines, type LineRange } from './copy-lines.js'

export type Outcome = 'put' | 'patch' | 'replace' | 'delete'

/** Lines of one kind and one set of columns. */
export interface OutcomeGroup {
  readonly outcome: Outcome
  readonly set: ColumnSet
  readonly block: Buffer
}

interface Entry {
  outcome: Outcome
  set: ColumnSet
  line: LineRange
}

export type Truncation = 'none' | 'continue-identity' | 'restart-identity'

/** For a table whose rows have a key. */
export class KeyedFold {
  readonly lines = new CopyLines()
  truncation: Truncation = 'none'
  private readonly sets: ColumnSets
  private readonly entries = new Map<string, Entry>()

  constructor(sets: ColumnSets) {
    this.sets = sets
  }

  /** How many rows it will touch. */
  get rowCount(): number {
    return this.entries.size
  }

  put(key: string, set: ColumnSet, line: LineRange): void {
    const entry = this.entries.get(key)
    if (entry === undefined) this.entries.set(key, { outcome: 'put', set, line })
    else if (entry.outcome === 'delete') this.settle(entry, 'replace', set, line)
    else this.layOver(entry, entry.outcome === 'replace' ? 'replace' : 'put', set, line)
  }

  patch(key: string, set: ColumnSet, line: LineRange): void {
    const entry = this.entries.get(key)
    if (entry === undefined) this.entries.set(key, { outcome: 'patch', set, line })
    else if (entry.outcome !== 'delete') this.layOver(entry, entry.outcome, set, line)
  }

  /** The line has the columns of the key. */
  delete(key: string, set: ColumnSet, line: LineRange): void {
    const entry = this.entries.get(key)
    if (entry === undefined) this.entries.set(key, { outcome: 'delete', set, line })
    else this.settle(entry, 'delete', set, line)
  }

  truncate(restartIdentity: boolean): void {
    this.entries.clear()
    if (restartIdentity) this.truncation = 'restart-identity'
    else if (this.truncation === 'none') this.truncation = 'continue-identity'
  }

  /** What is to be written, in the order in which the keys came. */
  groups(): readonly OutcomeGroup[] {
    const grouped = new Map<
      string,
      { readonly outcome: Outcome; readonly set: ColumnSet; readonly lines: LineRange[] }
    >()
    for (const { outcome, set, line } of this.entries.values()) {
      const name = `${outcome} ${set.number}`
      const group = grouped.get(name)
      if (group === undefined) grouped.set(name, { outcome, set, lines: [line] })
      else group.lines.push(line)
    }
    const { bytes } = this.lines.out
    return [...grouped.values()].map(({ outcome, set, lines }) => ({ outcome, set, block: gatherLines(bytes, lines) }))
  }

  private layOver(entry: Entry, outcome: Outcome, set: ColumnSet, line: LineRange): void {
    if (entry.set === set) {
      this.settle(entry, outcome, set, line)
      return
    }
    const union = this.sets.union(entry.set, set)
    this.settle(entry, outcome, union, union === set ? line : this.lines.merge(entry, { line, set }, union))
  }

  private settle(entry: Entry, outcome: Outcome, set: ColumnSet, line: LineRange): void {
    entry.outcome = outcome
    entry.set = set
    entry.line = line
  }
}

/**
 * For a table whose rows have no key: a bag of rows. An update is the deletion of one old row and an insertion; the
 * deletion of a row that came in the same chunk takes that one away again.
 */
export class KeylessFold {
  readonly lines = new CopyLines()
  truncation: Truncation = 'none'
  /** By set and text, how many of them are to be inserted. */
  private readonly insertions = new Map<string, Bag>()
  private readonly deletions = new Map<string, Bag>()

  get rowCount(): number {
    let count = 0
    for (const bags of [this.insertions, this.deletions]) for (const bag of bags.values()) count += bag.count
    return count
  }

  insert(set: ColumnSet, line: LineRange): void {
    this.add(this.insertions, set, line)
  }

  /** The line has the whole old row. */
  delete(set: ColumnSet, line: LineRange): void {
    const inserted = this.insertions.get(this.nameOf(set, line))
    if (inserted !== undefined && inserted.count > 0) inserted.count--
    else this.add(this.deletions, set, line)
  }

  truncate(restartIdentity: boolean): void {
    this.insertions.clear()
    this.deletions.clear()
    if (restartIdentity) this.truncation = 'restart-identity'
    else if (this.truncation === 'none') this.truncation = 'continue-identity'
  }

  /** Deletions first: they are of rows that were there before. */
  groups(): readonly OutcomeGroup[] {
    return [...this.groupsOf(this.deletions, 'delete'), ...this.groupsOf(this.insertions, 'put')]
  }

  private add(bags: Map<string, Bag>, set: ColumnSet, line: LineRange): void {
    const name = this.nameOf(set, line)
    const bag = bags.get(name)
    if (bag === undefined) bags.set(name, { set, line, count: 1 })
    else bag.count++
  }

  private groupsOf(bags: ReadonlyMap<string, Bag>, outcome: Outcome): readonly OutcomeGroup[] {
    const bySet = new Map<ColumnSet, LineRange[]>()
    for (const { set, line, count } of bags.values()) {
      const lines = bySet.get(set) ?? []
      bySet.set(set, lines)
      for (let left = count; left > 0; left--) lines.push(line)
    }
    const { bytes } = this.lines.out
    return [...bySet].flatMap(([set, lines]) =>
      lines.length === 0 ? [] : [{ outcome, set, block: gatherLines(bytes, lines) }],
    )
  }

  private nameOf(set: ColumnSet, { start, end }: LineRange): string {
    return `${set.number} ${this.lines.out.bytes.toString('latin1', start, end)}`
  }
}

interface Bag {
  readonly set: ColumnSet
  readonly line: LineRange
  count: number
}

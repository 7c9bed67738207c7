// Which columns of a target a line of COPY text has: one object per set and table, so that sets compare by identity.

/** Columns by their place in the target, ascending; a line has their fields in this order. */
export interface ColumnSet {
  readonly number: number
  readonly columns: readonly number[]
}

/** The sets that rows of one table came with. */
export class ColumnSets {
  private readonly sets = new Map<string, ColumnSet>()

  /** The set of these columns, which are ascending. */
  of(columns: readonly number[]): ColumnSet {
    const name = columns.join()
    let set = this.sets.get(name)
    if (set === undefined) {
      set = { number: this.sets.size, columns: [...columns] }
      this.sets.set(name, set)
    }
    return set
  }

  union(a: ColumnSet, b: ColumnSet): ColumnSet {
    if (a === b) return a
    return this.of([...new Set([...a.columns, ...b.columns])].sort((left, right) => left - right))
  }
}

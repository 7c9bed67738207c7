// Temporary tables that rows are copied into on their way: one for each target and set of columns, as long as the
// session lives. The server empties them at each commit; what is used twice in a transaction is emptied before.

import type { Session } from '../wire/connect.js'
import type { ColumnSet } from './column-set.js'
import { copyIn } from './copy-in.js'
import { columnList } from './statements.js'
import type { TargetTable } from './target-table.js'

/** The server empties every one of them at each commit that touched any; beyond this they are dropped. */
const mostTables = 64

interface StagingTable {
  readonly number: number
  readonly name: string
  isUsed: boolean
}

export class Staging {
  private readonly session: Session
  private readonly tables = new Map<TargetTable, Map<ColumnSet, StagingTable>>()
  private made = 0
  private count = 0

  constructor(session: Session) {
    this.session = session
  }

  /** Copies the lines; where they are, to be used until the next call. */
  async fill(table: TargetTable, set: ColumnSet, block: Buffer): Promise<string> {
    const staged = this.find(table, set) ?? (await this.make(table, set))
    if (staged.isUsed) await this.session.run(`TRUNCATE ${staged.name}`)
    staged.isUsed = true
    await copyIn(this.session, staged.name, block)
    return staged.name
  }

  /** The transaction is committed: the server has emptied all of them. */
  async committed(): Promise<void> {
    for (const sets of this.tables.values()) for (const staged of sets.values()) staged.isUsed = false
    if (this.count <= mostTables) return
    const names = [...this.tables.values()].flatMap((sets) => [...sets.values()].map(({ name }) => name))
    this.tables.clear()
    this.count = 0
    await this.session.run(`DROP TABLE ${names.join(', ')}`)
  }

  /** To be given to `rolledBack`. */
  get mark(): number {
    return this.made
  }

  /** What was made since the mark is gone with the savepoint. */
  rolledBack(mark: number): void {
    for (const sets of this.tables.values()) {
      for (const [set, { number }] of sets) if (number > mark && sets.delete(set)) this.count--
    }
  }

  private find(table: TargetTable, set: ColumnSet): StagingTable | undefined {
    return this.tables.get(table)?.get(set)
  }

  private async make(table: TargetTable, set: ColumnSet): Promise<StagingTable> {
    const number = ++this.made
    const staged = { number, name: `pg_temp.tailrace_${number}`, isUsed: false }
    await this.session.run(
      `CREATE TEMP TABLE ${staged.name} ON COMMIT DELETE ROWS AS SELECT ${columnList(table, set.columns)} FROM ${table.qualified} WITH NO DATA`,
    )
    const sets = this.tables.get(table) ?? new Map<ColumnSet, StagingTable>()
    this.tables.set(table, sets)
    sets.set(set, staged)
    this.count++
    return staged
  }
}

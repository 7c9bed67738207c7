// Rows that are JSON objects, as lines of COPY text for one table.

import type { FieldWriter } from '../values/copy-field.js'
import { postgresErrors } from '../errors.js'
import type { ColumnSet } from './column-set.js'
import type { CopyLines, LineRange } from './copy-lines.js'
import { isName, isNull, type JsonMembers, readText } from './json-members.js'
import type { TargetTable } from './target-table.js'

const tab = 0x09

/** No column: the member is passed over. */
const none = -1
/** A member that the table has no column for. */
const unknown = -2

export class RowEncoder {
  /** The columns that the row under `look` has. */
  set: ColumnSet
  private readonly table: TargetTable
  private readonly writers: readonly FieldWriter[]
  /** Names of the last row's members, and the column of each. */
  private names: Buffer[] = []
  private columnOfMember: number[] = []
  /** The set of rows with these members. */
  private shapeSet: ColumnSet | undefined
  /** By column, which member has its value. */
  private readonly memberOf: Int32Array
  private members: JsonMembers | undefined

  constructor(table: TargetTable, writers: readonly FieldWriter[]) {
    this.table = table
    this.writers = writers
    this.memberOf = new Int32Array(table.columns.length)
    this.set = table.sets.of([])
  }

  /**
   * Takes the members of a row; the names that the table has no column for, undefined when it has all. `without` are
   * columns whose values do not count. A null without a column is no loss, and passed over.
   */
  look(bytes: Buffer, members: JsonMembers, without: ReadonlySet<string> | undefined): readonly string[] | undefined {
    this.match(bytes, members)
    let missing: string[] | undefined
    for (let index = 0; index < members.count; index++) {
      if (this.columnOfMember[index] !== unknown) continue
      if (isNull(bytes, members.valueStarts[index]!, members.valueEnds[index]!)) continue
      missing ??= []
      missing.push(readText(bytes, members.nameStarts[index]! - 1, members.nameEnds[index]! + 1))
    }
    if (missing !== undefined) return missing
    this.findSet(members, without)
    return undefined
  }

  /** Takes the members of an old row or of a key: only columns of the table count. */
  lookAtKey(bytes: Buffer, members: JsonMembers): void {
    this.match(bytes, members)
    this.findSet(members, undefined)
  }

  /** Writes a line with the columns of `set`, or of the key. The row was taken by `look`. */
  write(bytes: Buffer, columns: readonly number[], lines: CopyLines): LineRange {
    const { out } = lines
    const start = out.at
    const { valueStarts, valueEnds } = this.members!
    try {
      for (let index = 0; index < columns.length; index++) {
        const column = columns[index]!
        const member = this.memberOf[column]!
        if (index > 0) {
          out.ensure(1)
          out.bytes[out.at++] = tab
        }
        this.writers[column]!(bytes, valueStarts[member]!, valueEnds[member]!, out)
      }
    } catch (error) {
      out.at = start
      throw error
    }
    return lines.endLine(start)
  }

  /** Errors: postgres_record_unfit when the row lacks a column of the key, or has a null there. */
  checkKey(bytes: Buffer, key: readonly number[]): void {
    const { valueStarts, valueEnds } = this.members!
    for (const column of key) {
      const { name } = this.table.columns[column]!
      if (!this.set.columns.includes(column)) throw keyLacks(this.table, name, 'is not there')
      const member = this.memberOf[column]!
      if (isNull(bytes, valueStarts[member]!, valueEnds[member]!)) throw keyLacks(this.table, name, 'is null')
    }
  }

  /** Finds the column of each member. */
  private match(bytes: Buffer, members: JsonMembers): void {
    this.members = members
    const { count, nameStarts, nameEnds } = members
    let isSame = this.names.length === count
    for (let index = 0; index < count; index++) {
      const start = nameStarts[index]!
      const end = nameEnds[index]!
      const expected = this.names[index]
      if (expected === undefined || !isName(bytes, start, end, expected)) {
        isSame = false
        this.names[index] = Buffer.from(bytes.subarray(start, end))
        this.columnOfMember[index] = this.find(readText(bytes, start - 1, end + 1))
      }
      const column = this.columnOfMember[index]!
      if (column >= 0) this.memberOf[column] = index
    }
    if (isSame) return
    this.names.length = count
    this.columnOfMember.length = count
    this.shapeSet = undefined
  }

  private find(name: string): number {
    const column = this.table.byName.get(name)
    if (column === undefined) return unknown
    return this.table.columns[column]!.isGenerated ? none : column
  }

  private findSet(members: JsonMembers, without: ReadonlySet<string> | undefined): void {
    if (without === undefined && this.shapeSet !== undefined) {
      this.set = this.shapeSet
      return
    }
    const columns = new Set<number>()
    for (let index = 0; index < members.count; index++) {
      const column = this.columnOfMember[index]!
      if (column < 0 || without?.has(this.table.columns[column]!.name) === true) continue
      columns.add(column)
    }
    this.set = this.table.sets.of([...columns].sort((a, b) => a - b))
    if (without === undefined) this.shapeSet = this.set
  }
}

function keyLacks(table: TargetTable, column: string, why: string): Error {
  return postgresErrors.make('postgres_record_unfit', `the column ${column} of the key of ${table.qualified} ${why}`, {
    details: { table: table.qualified, column },
  })
}

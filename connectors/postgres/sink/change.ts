// One record as a change of a table, whatever format it has. One object serves all records.
//
//   plain    the value is the row; without a value the row of the record's key is deleted
//   native   {"op":…,"schema":…,"table":…,"before":…,"after":…,"unchanged":[…]}
//   flat     the row, with the operation in the header pg.op
//   debezium {"before":…,"after":…,"source":{…},"op":…}
//
// The format is seen from the record: a native value begins with "op" and "schema", Debezium's has "op" and "source".

import type { RecordCursor } from '../../../core/record/record-cursor.js'
import { postgresErrors } from '../errors.js'
import type { EventHeaders } from './event-headers.js'
import { isName, isNull, isObject, JsonMembers, readText } from './json-members.js'
import type { SinkSettings } from './settings.js'

export type Operation = 'row' | 'patch' | 'delete' | 'truncate' | 'pass'

/** Positions in `bytes`; empty when there is none. */
interface Range {
  start: number
  end: number
}

const opName = Buffer.from('op')
const schemaName = Buffer.from('schema')
const tableName = Buffer.from('table')
const beforeName = Buffer.from('before')
const afterName = Buffer.from('after')
const sourceName = Buffer.from('source')
const unchangedName = Buffer.from('unchanged')
const restartName = Buffer.from('restartIdentity')

const openBrace = 0x7b
const closeBrace = 0x7d

/** How a native value begins, up to its row, and what that says. */
interface NativeHead {
  readonly bytes: Buffer
  readonly isUpdate: boolean
  readonly schema: string | undefined
  readonly table: string | undefined
}

const operations: Readonly<Record<string, Operation>> = {
  c: 'row',
  r: 'row',
  u: 'row',
  d: 'delete',
  t: 'truncate',
  m: 'pass',
  s: 'pass',
  schema: 'pass',
}

export class Change {
  operation: Operation = 'pass'
  /** Is it an update, whose old row says what is replaced where rows have no key? */
  isUpdate = false
  restartsIdentity = false
  bytes: Buffer = Buffer.alloc(0)
  /** The new row. */
  readonly after: Range = { start: 0, end: 0 }
  /** The old row, or its key. */
  readonly before: Range = { start: 0, end: 0 }
  schema: string | undefined
  table: string | undefined
  unchanged: ReadonlySet<string> | undefined
  private readonly mode: SinkSettings['mode']
  private readonly members = new JsonMembers()
  /** Of the row that `membersOf` was asked for last, or of the new one when `isAfterWalked`. */
  private readonly rowMembers = new JsonMembers()
  private isAfterWalked = false
  private lastHead: NativeHead | undefined

  constructor(mode: SinkSettings['mode']) {
    this.mode = mode
  }

  /** Reads the record under the cursor. Errors: postgres_record_unfit. */
  read(cursor: RecordCursor, headers: EventHeaders): void {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor
    this.bytes = bytes
    this.isAfterWalked = false
    this.isUpdate = false
    this.restartsIdentity = false
    this.unchanged = undefined
    this.schema = headers.text(headers.schema)
    this.table = headers.text(headers.table)
    place(this.before, 0, 0)
    place(this.after, 0, 0)
    const operation = headers.text(headers.op)
    if (this.mode === 'append') {
      this.operation = valueStart < 0 || operations[operation ?? ''] === 'pass' ? 'pass' : 'row'
      if (this.operation === 'row') place(this.after, valueStart, valueEnd)
    } else if (valueStart < 0) {
      this.operation = operation === 't' ? 'truncate' : 'delete'
      if (keyStart >= 0) place(this.before, keyStart, keyEnd)
    } else if (this.mode === 'merge' && (this.readLikeLast(cursor, headers) || this.readEnvelope(cursor, headers))) {
      return
    } else this.readRow(cursor, headers, operation)
  }

  /** The members of `after` or `before`; valid until it is asked again. Errors: postgres_record_unfit. */
  membersOf(row: Range): JsonMembers {
    const { rowMembers, isAfterWalked } = this
    if (isAfterWalked && row === this.after) return rowMembers
    this.isAfterWalked = false
    rowMembers.walk(this.bytes, row.start, row.end)
    return rowMembers
  }

  /**
   * Changes of a table without an old row differ only behind `"after":`. Such a one is read once instead of twice; false
   * when the value begins in another way than the last one, or has more behind its row.
   */
  private readLikeLast({ valueStart, valueEnd }: RecordCursor, headers: EventHeaders): boolean {
    const { bytes, lastHead, rowMembers } = this
    if (lastHead === undefined || headers.unchanged.start >= 0) return false
    const start = valueStart + lastHead.bytes.length
    if (start >= valueEnd || bytes[start] !== openBrace || !isName(bytes, valueStart, start, lastHead.bytes))
      return false
    const end = rowMembers.walkFirst(bytes, start, valueEnd)
    if (end !== valueEnd - 1 || bytes[end] !== closeBrace) return false
    this.operation = 'row'
    this.isUpdate = lastHead.isUpdate
    this.schema ??= lastHead.schema
    this.table ??= lastHead.table
    place(this.after, start, end)
    this.isAfterWalked = true
    return true
  }

  private readRow({ valueStart, valueEnd }: RecordCursor, headers: EventHeaders, operation: string | undefined): void {
    this.operation = operations[operation ?? 'c'] ?? 'row'
    this.isUpdate = operation === 'u'
    place(this.after, valueStart, valueEnd)
    if (headers.unchanged.start >= 0) this.noteUnchanged(headers.text(headers.unchanged)!, operation)
  }

  /** False when the value is no envelope. */
  private readEnvelope(cursor: RecordCursor, headers: EventHeaders): boolean {
    const { valueStart, valueEnd, keyStart, keyEnd } = cursor
    const { members, bytes } = this
    members.walk(bytes, valueStart, valueEnd)
    const op = members.find(bytes, opName)
    if (op < 0) return false
    const isNative =
      op === 0 && members.count > 1 && isName(bytes, members.nameStarts[1]!, members.nameEnds[1]!, schemaName)
    const source = members.find(bytes, sourceName)
    const operation = this.textOf(op)
    if (!isNative && source < 0) return operation === 'm' || operation === 's' ? this.pass() : false
    const known = operations[operation]
    if (known === undefined) throw unfit(`the operation ${JSON.stringify(operation)} is not known`)
    this.operation = known
    this.isUpdate = operation === 'u'
    this.take(this.after, afterName)
    this.take(this.before, beforeName)
    if (known === 'row' && this.after.end === 0) throw unfit(`the operation ${operation} has no row "after"`)
    if (known === 'delete' && this.before.end === 0 && keyStart >= 0) place(this.before, keyStart, keyEnd)
    this.restartsIdentity = this.textOf(members.find(bytes, restartName)) === 'true'
    if (headers.unchanged.start >= 0) this.noteUnchanged(headers.text(headers.unchanged)!, operation)
    else this.readUnchanged(operation)
    if (this.table === undefined) this.readNames(isNative, source)
    this.lastHead = isNative ? this.headOf(cursor) : undefined
    return true
  }

  /** What stands before the row, when that is all there is besides. */
  private headOf({ valueStart, valueEnd }: RecordCursor): NativeHead | undefined {
    const { bytes, operation, isUpdate, schema, table, after, before } = this
    const isPlain = operation === 'row' && before.end === 0 && after.end === valueEnd - 1
    if (!isPlain) return undefined
    return { bytes: Buffer.from(bytes.subarray(valueStart, after.start)), isUpdate, schema, table }
  }

  private readUnchanged(operation: string): void {
    const index = this.members.find(this.bytes, unchangedName)
    if (index >= 0) this.noteUnchanged(this.textOf(index), operation)
  }

  private noteUnchanged(text: string, operation: string | undefined): void {
    const names = JSON.parse(text) as string[]
    if (names.length === 0) return
    if (operation !== 'u') {
      throw unfit(
        `the key of the row changed while ${names.join(', ')}, which the server did not send, did not`,
        'Run ALTER TABLE … REPLICA IDENTITY FULL in the source, so that such changes carry whole rows.',
      )
    }
    this.unchanged = new Set(names)
    this.operation = 'patch'
  }

  private readNames(isNative: boolean, source: number): void {
    const { members, bytes } = this
    if (!isNative) members.walk(bytes, members.valueStarts[source]!, members.valueEnds[source]!)
    const schema = members.find(bytes, schemaName)
    const table = members.find(bytes, tableName)
    if (schema >= 0) this.schema = this.textOf(schema)
    if (table >= 0) this.table = this.textOf(table)
  }

  private take(range: Range, name: Buffer): void {
    const { members, bytes } = this
    const index = members.find(bytes, name)
    if (index < 0) return
    const start = members.valueStarts[index]!
    const end = members.valueEnds[index]!
    if (isNull(bytes, start, end)) return
    if (!isObject(bytes, start)) throw unfit(`"${name.toString()}" is neither an object nor null`)
    place(range, start, end)
  }

  /** A string as its text, anything else as it is written, '' when it is not there. */
  private textOf(index: number): string {
    if (index < 0) return ''
    const start = this.members.valueStarts[index]!
    const end = this.members.valueEnds[index]!
    return this.bytes[start] === 0x22 ? readText(this.bytes, start, end) : this.bytes.toString('utf8', start, end)
  }

  private pass(): true {
    this.operation = 'pass'
    return true
  }
}

function place(range: Range, start: number, end: number): void {
  range.start = start
  range.end = end
}

function unfit(message: string, hint?: string): Error {
  return postgresErrors.make('postgres_record_unfit', message, { hint })
}

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

  constructor(mode: SinkSettings['mode']) {
    this.mode = mode
  }

  /** Reads the record under the cursor. Errors: postgres_record_unfit. */
  read(cursor: RecordCursor, headers: EventHeaders): void {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor
    this.bytes = bytes
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
    } else if (this.mode === 'merge' && this.readEnvelope(cursor, headers)) return
    else this.readRow(cursor, headers, operation)
  }

  private readRow({ valueStart, valueEnd }: RecordCursor, headers: EventHeaders, operation: string | undefined): void {
    this.operation = operations[operation ?? 'c'] ?? 'row'
    this.isUpdate = operation === 'u'
    place(this.after, valueStart, valueEnd)
    if (headers.unchanged.start >= 0) this.noteUnchanged(headers.text(headers.unchanged)!, operation)
  }

  /** False when the value is no envelope. */
  private readEnvelope({ valueStart, valueEnd, keyStart, keyEnd }: RecordCursor, headers: EventHeaders): boolean {
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
    return true
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

// A record as the object whose members become columns: its value, what it has besides, and what a change event says.

import { parseJsonObject } from '../../../core/format/json-object.js'
import { ParseFailure } from '../../../core/format/parsed.js'
import type { JsonObject, JsonValue } from '../../../core/format/parsed.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Column as OwnColumn } from '../formats/columns.js'
import type { ChangeForm } from '../formats/file-format.js'
import type { RecordOrigin } from '../formats/record-format.js'
import type { Column } from '../table/column-type.js'
import { isObject } from './type-widening.js'

const ownTypes: Readonly<Record<OwnColumn, Column['type']>> = {
  key: { kind: 'string' },
  headers: {
    kind: 'list',
    element: {
      kind: 'struct',
      fields: [
        { name: 'key', type: { kind: 'string' } },
        { name: 'value', type: { kind: 'string' } },
      ],
    },
  },
  topic: { kind: 'string' },
  partition: { kind: 'int32' },
  offset: { kind: 'int64' },
  time: { kind: 'timestamp', isUtc: true },
}

const changeColumns: readonly Column[] = [
  { name: '_op', type: { kind: 'string' } },
  { name: '_lsn', type: { kind: 'string' } },
  { name: '_xid', type: { kind: 'int64' } },
  { name: '_seq', type: { kind: 'int64' } },
  { name: '_snapshot', type: { kind: 'boolean' } },
  { name: '_unchanged', type: { kind: 'list', element: { kind: 'string' } } },
]

/** The columns that a table has before its first record. */
export function columnsBesides(columns: readonly OwnColumn[], changes: ChangeForm): readonly Column[] {
  const own = columns.map((column) => ({ name: `_${column}`, type: ownTypes[column] }))
  return changes === 'flatten' ? [...own, ...changeColumns] : own
}

/** The header `pg.columns` of the record; undefined when it has none. */
export function postgresColumnsText(cursor: RecordCursor): string | undefined {
  return cursor.headerCount === 0 ? undefined : headerText(cursor, 'pg.columns')
}

/** The record's members. Neither a value without columns nor one that is no JSON object is refused. */
export function recordObject(
  cursor: RecordCursor,
  columns: readonly OwnColumn[],
  { changes, origin }: { readonly changes: ChangeForm; readonly origin: RecordOrigin },
): JsonObject {
  const value = valueObject(cursor)
  const record = changes === 'flatten' ? flattened(cursor, value) : (value ?? emptyObject())
  for (const column of columns) putOwn(record, column, cursor, origin)
  return record
}

/** Undefined when there is no value. */
function valueObject(cursor: RecordCursor): JsonObject | undefined {
  const { bytes, valueStart, valueEnd } = cursor
  if (valueStart < 0) return undefined
  const value = bytes.subarray(valueStart, valueEnd)
  const text = textOf(value)
  if (text === undefined) return fields({ messageBase64: value.toString('base64') })
  const parsed = parseJsonObject(text)
  return parsed instanceof ParseFailure ? fields({ message: text }) : parsed
}

/** The row that a change left behind; of a deletion the row before it, or its key. */
function flattened(cursor: RecordCursor, value: JsonObject | undefined): JsonObject {
  const row = rowOf(value) ?? keyObject(cursor) ?? emptyObject()
  row['_op'] = headerText(cursor, 'pg.op') ?? null
  row['_lsn'] = headerText(cursor, 'pg.lsn') ?? null
  row['_xid'] = countOf(headerText(cursor, 'pg.xid'))
  row['_seq'] = countOf(headerText(cursor, 'pg.seq'))
  row['_snapshot'] = headerText(cursor, 'pg.snapshot') === 'true'
  const unchanged = headerText(cursor, 'pg.unchanged')
  if (unchanged === undefined) return row
  const names = namesOf(unchanged)
  // What stands in their place in some formats is no value of theirs.
  for (const name of names) row[name] = null
  row['_unchanged'] = names
  return row
}

function rowOf(value: JsonObject | undefined): JsonObject | undefined {
  if (value === undefined || !isEvent(value)) return value
  const { after, before } = value
  if (after !== undefined && isObject(after)) return after
  return before !== undefined && isObject(before) ? before : undefined
}

/** Is it an event with the rows before and after, rather than a row? */
export function isEvent(value: JsonObject): boolean {
  return Object.hasOwn(value, 'before') && Object.hasOwn(value, 'after') && Object.hasOwn(value, 'op')
}

function keyObject(cursor: RecordCursor): JsonObject | undefined {
  const key = cursor.key()
  const text = key === null ? undefined : textOf(key)
  const parsed = text === undefined ? undefined : parseJsonObject(text)
  return parsed === undefined || parsed instanceof ParseFailure ? undefined : parsed
}

function namesOf(text: string): string[] {
  try {
    const names: unknown = JSON.parse(text)
    return Array.isArray(names) ? names.map(String) : [text]
  } catch {
    // Whatever stands there names what is missing better than nothing.
    return [text]
  }
}

function countOf(text: string | undefined): JsonValue {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}

function putOwn(record: JsonObject, column: OwnColumn, cursor: RecordCursor, origin: RecordOrigin): void {
  const name = `_${column}`
  switch (column) {
    case 'key': {
      const key = cursor.key()
      const text = key === null ? null : textOf(key)
      record[name] = text ?? null
      if (key !== null && text === undefined) record['_keyBase64'] = key.toString('base64')
      return
    }
    case 'headers':
      record[name] = cursor.headers().map(({ key, value }) => {
        const bytes = value === null ? undefined : Buffer.from(value.buffer, value.byteOffset, value.length)
        return fields({ key, value: bytes === undefined ? null : (textOf(bytes) ?? bytes.toString('base64')) })
      })
      return
    case 'topic':
      record[name] = origin.topic
      return
    case 'partition':
      record[name] = origin.partition
      return
    case 'offset':
      record[name] = cursor.offset
      return
    case 'time': {
      const time = new Date(cursor.timestampMs)
      const isTime = cursor.timestampMs >= 0 && time.getUTCFullYear() <= 9999
      record[name] = isTime ? time.toISOString() : null
    }
  }
}

function headerText(cursor: RecordCursor, name: string): string | undefined {
  const header = cursor.headers().find(({ key }) => key === name)
  if (header === undefined || header.value === null) return undefined
  return Buffer.from(header.value.buffer, header.value.byteOffset, header.value.length).toString()
}

/** Undefined when the bytes are no UTF-8. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8')
  // A byte that is no UTF-8 becomes a replacement, which has three.
  return text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? undefined : text
}

function emptyObject(): JsonObject {
  return Object.create(null) as JsonObject
}

function fields(of: Readonly<Record<string, JsonValue>>): JsonObject {
  return Object.assign(emptyObject(), of)
}

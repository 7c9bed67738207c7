// Format csv (RFC 4180): a header line with the names of fields and columns, and a line for each record.
//
//   text                        as it is; in quotes, which are doubled inside, when it holds a quote, a comma or a line
//                               end, or begins or ends with a space
//   an empty text               ""
//   null, or no such field      nothing between the commas
//   numbers, true, false        as JSON has them, integers with all digits
//   objects and arrays          their JSON
//
// A value that is no JSON object has the one field `message`; of bytes that are no UTF-8 it is base64. Lines end with CR LF.

import { parseJsonObject, stringifyJson } from '../../../core/format/json-object.js'
import { ParseFailure } from '../../../core/format/parsed.js'
import type { JsonObject, JsonValue } from '../../../core/format/parsed.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Block } from './block.js'
import type { Column } from './columns.js'
import type { FileFormat } from './file-format.js'
import type { RecordFormat, RecordOrigin } from './record-format.js'

const lineEnd = '\r\n'
const needsQuotes = /[",\r\n]|^\s|\s$/

export class CsvFormat implements RecordFormat {
  readonly opening: Buffer
  readonly #paths: readonly (readonly string[])[]
  readonly #columns: readonly Column[]
  readonly #origin: RecordOrigin

  constructor({ fields, columns }: Pick<FileFormat, 'fields' | 'columns'>, origin: RecordOrigin) {
    this.#paths = fields.map((field) => field.split('.'))
    this.#columns = columns
    this.#origin = origin
    const names = [...fields, ...columns.map((column) => `_${column}`)]
    this.opening = Buffer.from(names.map(quoted).join(',') + lineEnd)
  }

  append(cursor: RecordCursor, into: Block): boolean {
    const value = objectUnder(cursor)
    const cells = this.#paths.map((path) => cellOf(fieldOf(value, path)))
    for (const column of this.#columns) cells.push(cellOf(columnOf(column, cursor, this.#origin)))
    const line = cells.join(',') + lineEnd
    const { bytes, used } = into
    if (used + Buffer.byteLength(line) > bytes.length) return false
    into.used = used + bytes.write(line, used)
    return true
  }
}

function objectUnder(cursor: RecordCursor): JsonObject {
  const { bytes, valueStart, valueEnd } = cursor
  if (valueStart < 0) return { message: null }
  const text = bytes.toString('utf8', valueStart, valueEnd)
  const value = parseJsonObject(text)
  if (!(value instanceof ParseFailure)) return value
  return { message: textOf(bytes.subarray(valueStart, valueEnd)) }
}

/** The bytes as text, or in base64 when they are no UTF-8. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return Buffer.byteLength(text) === bytes.length && Buffer.from(text).equals(bytes) ? text : bytes.toString('base64')
}

function fieldOf(value: JsonObject, path: readonly string[]): JsonValue | undefined {
  let found: JsonValue | undefined = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, name)) {
      return undefined
    }
    found = found[name]
  }
  return found
}

function columnOf(column: Column, cursor: RecordCursor, origin: RecordOrigin): JsonValue {
  switch (column) {
    case 'key': {
      const key = cursor.key()
      return key === null ? null : textOf(key)
    }
    case 'headers':
      return cursor.headers().map(({ key, value }) => {
        return { key, value: value === null ? null : textOf(Buffer.from(value.buffer, value.byteOffset, value.length)) }
      })
    case 'topic':
      return origin.topic
    case 'partition':
      return origin.partition
    case 'offset':
      return cursor.offset
    case 'time': {
      const time = new Date(cursor.timestampMs)
      return cursor.timestampMs === -1 || Number.isNaN(time.getTime()) ? null : time.toISOString()
    }
  }
}

function cellOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return quoted(typeof value === 'string' ? value : stringifyJson(value))
}

function quoted(text: string): string {
  return text === '' || needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

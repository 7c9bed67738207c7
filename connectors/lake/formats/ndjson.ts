// Format ndjson: one JSON object in each line, for each record one.
//
//   value is a JSON object      its bytes as they are, without white space around it; line ends between its tokens,
//                               which a line cannot hold, become spaces
//   any other text in UTF-8     {"message":"…"}
//   other bytes                 {"messageBase64":"…"}
//   no value                    {"message":null}
//
// Columns (columns.ts) follow before the closing brace.

import { copyBytes } from '../../../core/bytes/copy-bytes.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Block } from './block.js'
import { base64Bytes, ColumnWriter } from './columns.js'
import type { Column } from './columns.js'
import { JsonObjectScanner } from './json-object-scanner.js'
import { escapedBytes, mostEscapedBytes, TextRange, writeEscaped } from './json-text.js'
import type { RecordFormat, RecordOrigin } from './record-format.js'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const quote = 0x22
const openBrace = 0x7b
const closeBrace = 0x7d
const messageStart = Buffer.from('{"message":"')
const messageNull = Buffer.from('{"message":null')

/** What a line may need beside its value and columns: the longest member name, quotes, braces, line feed. */
const frameBytes = 32

export class NdjsonFormat implements RecordFormat {
  readonly opening = undefined
  readonly #scanner = new JsonObjectScanner()
  readonly #text = new TextRange()
  readonly #columns: ColumnWriter | undefined

  constructor(columns: readonly Column[], origin: RecordOrigin) {
    this.#columns = columns.length === 0 ? undefined : new ColumnWriter(columns, origin)
  }

  append(cursor: RecordCursor, into: Block): boolean {
    const columns = this.#columns
    const columnBytes = columns === undefined ? 0 : columns.measure(cursor)
    const roomBytes = into.bytes.length - into.used - frameBytes - columnBytes
    const end = cursor.valueStart < 0 ? this.#writeNothing(into, roomBytes) : this.#writeValue(cursor, into, roomBytes)
    if (end < 0) return false
    const at = columns === undefined ? end : this.#writeColumns(columns, cursor, into, end)
    into.bytes[at] = closeBrace
    into.bytes[at + 1] = lineFeed
    into.used = at + 2
    return true
  }

  #writeNothing(into: Block, roomBytes: number): number {
    return roomBytes < 0 ? -1 : into.used + messageNull.copy(into.bytes, into.used)
  }

  /** Writes the line up to its closing brace; the position behind, or -1 when there is no room. */
  #writeValue(cursor: RecordCursor, into: Block, roomBytes: number): number {
    const { bytes, valueStart, valueEnd } = cursor
    this.#text.set(bytes, valueStart, valueEnd)
    const isObject = this.#scanner.scan(this.#text)
    const objectBytes = this.#scanner.end - this.#scanner.start
    if (isObject) return objectBytes > roomBytes ? -1 : this.#writeObject(bytes, into)
    const valueBytes = valueEnd - valueStart
    const fits =
      valueBytes * mostEscapedBytes <= roomBytes ||
      (escapedBytes(bytes, valueStart, valueEnd) <= roomBytes && base64Bytes(valueBytes) <= roomBytes)
    return fits ? this.#writeMessage(into) : -1
  }

  #writeObject(bytes: Buffer, into: Block): number {
    const { start, end, hasLineEnds, isEmpty } = this.#scanner
    if (isEmpty) {
      into.bytes[into.used] = openBrace
      return into.used + 1
    }
    const behind = copyBytes(into.bytes, into.used, bytes, start, end - 1)
    if (hasLineEnds) replaceLineEnds(into.bytes, into.used, behind)
    return behind
  }

  #writeMessage(into: Block): number {
    const { bytes, used } = into
    const start = used + messageStart.copy(bytes, used)
    const end = writeEscaped(this.#text, into, start)
    if (end >= 0) {
      bytes[end] = quote
      return end + 1
    }
    const value = this.#text.bytes as Buffer
    const base64 = value.toString('base64', this.#text.start, this.#text.end)
    return used + bytes.write(`{"messageBase64":"${base64}"`, used, 'latin1')
  }

  #writeColumns(columns: ColumnWriter, cursor: RecordCursor, into: Block, at: number): number {
    const end = columns.write(cursor, into, at)
    if (into.bytes[at - 1] !== openBrace) return end
    // Behind an object without members the first column takes no comma.
    into.bytes.copyWithin(at, at + 1, end)
    return end - 1
  }
}

function replaceLineEnds(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    if (bytes[at] === lineFeed || bytes[at] === carriageReturn) bytes[at] = space
  }
}

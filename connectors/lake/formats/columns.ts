// Columns: what a record has besides its value, as members of its line. They stand behind the value's own members, so
// that for readers that take the last of two members of one name they win.
//
//   _key        text, or null; as base64 in _keyBase64 when it is not UTF-8
//   _headers    [{"key": text, "value": text or null}, …] in their order; valueBase64 when a value is not UTF-8
//   _topic      text      _partition  number      _offset  number
//   _time       ISO 8601 with milliseconds, UTC; null when the record has none

import { copyBytes } from '../../../core/bytes/copy-bytes.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Block } from './block.js'
import { escapedBytes, TextRange, writeEscaped } from './json-text.js'
import type { RecordOrigin } from './record-format.js'

export const columnNames = ['key', 'headers', 'topic', 'partition', 'offset', 'time'] as const
export type Column = (typeof columnNames)[number]

const quote = 0x22
const zero = 0x30
const keyNull = Buffer.from(',"_key":null')
const keyStart = Buffer.from(',"_key":"')
const offsetStart = Buffer.from(',"_offset":')
const timeNull = Buffer.from(',"_time":null')
const timeEnd = Buffer.from('Z"')

/** The widest members without a text of the record: offset and time. */
const mostNumberBytes = 48

export class ColumnWriter {
  readonly #hasKey: boolean
  readonly #hasHeaders: boolean
  readonly #hasOffset: boolean
  readonly #hasTime: boolean
  /** The members that all records of the partition have alike. */
  readonly #constant: Buffer
  readonly #key = new TextRange()
  #headers = ''
  #second = Number.NaN
  /** The member up to the dot; undefined for a second that is no time. */
  #secondStart: Buffer | undefined

  constructor(columns: readonly Column[], origin: RecordOrigin) {
    this.#hasKey = columns.includes('key')
    this.#hasHeaders = columns.includes('headers')
    this.#hasOffset = columns.includes('offset')
    this.#hasTime = columns.includes('time')
    const topic = columns.includes('topic') ? `,"_topic":${JSON.stringify(origin.topic)}` : ''
    const partition = columns.includes('partition') ? `,"_partition":${origin.partition}` : ''
    this.#constant = Buffer.from(topic + partition)
  }

  /** Looks at the record and says how many bytes `write` may need for it. Comes before each `write`. */
  measure(cursor: RecordCursor): number {
    let most = this.#constant.length + mostNumberBytes * 2
    if (this.#hasKey) {
      const keyBytes = cursor.keyEnd - cursor.keyStart
      const asText = escapedBytes(cursor.bytes, Math.max(cursor.keyStart, 0), Math.max(cursor.keyEnd, 0))
      most += Math.max(asText, base64Bytes(keyBytes)) + ',"_keyBase64":""'.length
    }
    if (this.#hasHeaders) {
      this.#headers = `,"_headers":${JSON.stringify(cursor.headers().map(headerObject))}`
      most += this.#headers.length * 3
    }
    return most
  }

  /** Writes the members, each with a comma before it, and gives the position behind. */
  write(cursor: RecordCursor, into: Block, at: number): number {
    const { bytes } = into
    let to = at
    if (this.#hasKey) to = this.#writeKey(cursor, into, to)
    if (this.#hasHeaders) to += bytes.write(this.#headers, to)
    to = put(bytes, to, this.#constant)
    if (this.#hasOffset) to = putCount(bytes, put(bytes, to, offsetStart), cursor.offset)
    if (this.#hasTime) to = this.#writeTime(cursor.timestampMs, bytes, to)
    return to
  }

  #writeKey(cursor: RecordCursor, into: Block, at: number): number {
    const { bytes } = into
    if (cursor.keyStart < 0) return put(bytes, at, keyNull)
    this.#key.set(cursor.bytes, cursor.keyStart, cursor.keyEnd)
    const end = writeEscaped(this.#key, into, put(bytes, at, keyStart))
    if (end >= 0) {
      bytes[end] = quote
      return end + 1
    }
    const base64 = cursor.bytes.toString('base64', cursor.keyStart, cursor.keyEnd)
    return at + bytes.write(`,"_keyBase64":"${base64}"`, at, 'latin1')
  }

  /** Neighbours are often of one second, whose text is made once. */
  #writeTime(timestampMs: number, bytes: Buffer, at: number): number {
    // What a record without a time has instead.
    if (timestampMs === -1) return put(bytes, at, timeNull)
    const second = Math.floor(timestampMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      const date = new Date(second * 1000)
      // What is beyond a Date is no time that anybody could read.
      this.#secondStart = Number.isNaN(date.getTime())
        ? undefined
        : Buffer.from(`,"_time":"${date.toISOString().replace(/\.\d+Z$/, '.')}`)
    }
    if (this.#secondStart === undefined) return put(bytes, at, timeNull)
    const ms = timestampMs - second * 1000
    const to = put(bytes, at, this.#secondStart)
    bytes[to] = zero + Math.floor(ms / 100)
    bytes[to + 1] = zero + (Math.floor(ms / 10) % 10)
    bytes[to + 2] = zero + (ms % 10)
    return put(bytes, to + 3, timeEnd)
  }
}

function put(target: Buffer, at: number, source: Buffer): number {
  return copyBytes(target, at, source, 0, source.length)
}

/** The decimal digits of a count; beyond 31 bits they are not worth a loop of their own. */
function putCount(target: Buffer, at: number, count: number): number {
  if (count > 0x7fffffff) return at + target.write(String(count), at, 'latin1')
  let digits = 1
  for (let limit = 10; count >= limit; limit *= 10) digits++
  let rest = count
  for (let to = at + digits - 1; to >= at; to--) {
    target[to] = zero + (rest % 10)
    rest = (rest / 10) | 0
  }
  return at + digits
}

export function base64Bytes(byteCount: number): number {
  return Math.ceil(byteCount / 3) * 4
}

function headerObject(header: { readonly key: string; readonly value: Uint8Array | null }): object {
  const { key, value } = header
  if (value === null) return { key, value }
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? { key, value: text } : { key, valueBase64: bytes.toString('base64') }
}

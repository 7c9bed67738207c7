// Columns: what a record has besides its value, as members of its line. They stand behind the value's own members, so
// that for readers that take the last of two members of one name they win.
//
//   _key        text, or null; as base64 in _keyBase64 when it is not UTF-8
//   _headers    [{"key": text, "value": text or null}, …] in their order; valueBase64 when a value is not UTF-8
//   _topic      text      _partition  number      _offset  number
//   _time       ISO 8601 with milliseconds, UTC; null when the record has none

import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Block } from './block.js'
import { escapedBytes, TextRange, writeEscaped } from './json-text.js'
import type { RecordOrigin } from './record-format.js'

export const columnNames = ['key', 'headers', 'topic', 'partition', 'offset', 'time'] as const
export type Column = (typeof columnNames)[number]

const quote = 0x22

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
  #time = ''
  #timeMs = Number.NaN

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
    this.#constant.copy(bytes, to)
    to += this.#constant.length
    if (this.#hasOffset) to += bytes.write(`,"_offset":${cursor.offset}`, to, 'latin1')
    if (this.#hasTime) to += bytes.write(this.#timeMember(cursor.timestampMs), to, 'latin1')
    return to
  }

  #writeKey(cursor: RecordCursor, into: Block, at: number): number {
    const { bytes } = into
    if (cursor.keyStart < 0) return at + bytes.write(',"_key":null', at, 'latin1')
    const start = at + bytes.write(',"_key":"', at, 'latin1')
    this.#key.set(cursor.bytes, cursor.keyStart, cursor.keyEnd)
    const end = writeEscaped(this.#key, into, start)
    if (end >= 0) {
      bytes[end] = quote
      return end + 1
    }
    const base64 = cursor.bytes.toString('base64', cursor.keyStart, cursor.keyEnd)
    return at + bytes.write(`,"_keyBase64":"${base64}"`, at, 'latin1')
  }

  /** Neighbours often have one time. */
  #timeMember(timestampMs: number): string {
    if (timestampMs !== this.#timeMs) {
      this.#timeMs = timestampMs
      const date = new Date(timestampMs)
      // -1 stands for no time; beyond what a Date holds it is none that anybody could read.
      const isTime = timestampMs !== -1 && !Number.isNaN(date.getTime())
      this.#time = isTime ? `,"_time":"${date.toISOString()}"` : ',"_time":null'
    }
    return this.#time
  }
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

// The headers of a change that the sink looks at, found in their encoded form without an object per header.

import { VarintReader } from '../../../core/bytes/varint.js'
import { invariant } from '../../../core/errors/invariant.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import { isName } from './json-members.js'

/** Positions of a value; -1 when there is no such header. */
export interface HeaderValue {
  start: number
  end: number
}

/** Their lengths tell them apart, so that a header is held against one name at most. */
const names = ['pg.op', 'pg.schema', 'pg.table', 'pg.lsn', 'pg.last', 'pg.columns', 'pg.unchanged']
const encodedNames = names.map((name) => Buffer.from(name))
const placeByLength = new Int8Array(Math.max(...encodedNames.map(({ length }) => length)) + 1).fill(-1)
for (const [place, { length }] of encodedNames.entries()) placeByLength[length] = place

/** Longer values are not kept: they are not what one record after the other has. */
const mostKeptBytes = 64

export class EventHeaders {
  bytes: Buffer = Buffer.alloc(0)
  readonly op: HeaderValue = { start: -1, end: -1 }
  readonly schema: HeaderValue = { start: -1, end: -1 }
  readonly table: HeaderValue = { start: -1, end: -1 }
  readonly lsn: HeaderValue = { start: -1, end: -1 }
  readonly last: HeaderValue = { start: -1, end: -1 }
  readonly columns: HeaderValue = { start: -1, end: -1 }
  readonly unchanged: HeaderValue = { start: -1, end: -1 }
  private readonly values: readonly HeaderValue[]
  /** The text that each had last: from record to record it is mostly the same. */
  private readonly texts = new Map<HeaderValue, KeptText>()
  private readonly varints = new VarintReader()

  constructor() {
    const { op, schema, table, lsn, last, columns, unchanged } = this
    this.values = [op, schema, table, lsn, last, columns, unchanged]
  }

  /** Reads those of the record under the cursor; the positions are in `bytes`, valid as long as the cursor's. */
  read(cursor: RecordCursor): void {
    const { bytes, headerCount, headersEnd } = cursor
    const { varints, values } = this
    this.bytes = bytes
    for (let index = 0; index < values.length; index++) values[index]!.start = -1
    varints.at = cursor.headersStart
    for (let left = headerCount; left > 0; left--) {
      const nameBytes = varints.read(bytes, headersEnd)
      const nameStart = varints.at
      invariant(nameBytes >= 0 && nameStart + nameBytes <= headersEnd, 'a header of a record in the log fits into it')
      varints.at += nameBytes
      const valueBytes = varints.read(bytes, headersEnd)
      if (valueBytes < 0) continue
      const valueStart = varints.at
      varints.at += valueBytes
      this.note(nameStart, nameBytes, valueStart)
    }
  }

  /** The single letter of `pg.op`, or '' when there is none (or it is a word). */
  operation(): string {
    const { start, end } = this.op
    return start >= 0 && end === start + 1 ? String.fromCharCode(this.bytes[start]!) : ''
  }

  text(value: HeaderValue): string | undefined {
    const { start, end } = value
    if (start < 0) return undefined
    const kept = this.texts.get(value)
    if (kept !== undefined && isName(this.bytes, start, end, kept.bytes)) return kept.text
    const text = this.bytes.toString('utf8', start, end)
    if (end - start <= mostKeptBytes)
      this.texts.set(value, { bytes: Buffer.from(this.bytes.subarray(start, end)), text })
    return text
  }

  private note(nameStart: number, nameBytes: number, valueStart: number): void {
    const place = nameBytes < placeByLength.length ? placeByLength[nameBytes]! : -1
    if (place < 0 || !isName(this.bytes, nameStart, nameStart + nameBytes, encodedNames[place]!)) return
    const value = this.values[place]!
    value.start = valueStart
    value.end = this.varints.at
  }
}

interface KeptText {
  readonly bytes: Buffer
  readonly text: string
}

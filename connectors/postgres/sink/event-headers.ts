// The headers of a change that the sink looks at, found in their encoded form without an object per header.

import { VarintReader } from '../../../core/bytes/varint.js'
import { invariant } from '../../../core/errors/invariant.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'

/** Positions of a value; -1 when there is no such header. */
export interface HeaderValue {
  start: number
  end: number
}

const names = ['pg.op', 'pg.schema', 'pg.table', 'pg.lsn', 'pg.last', 'pg.columns', 'pg.unchanged']
const encodedNames = names.map((name) => Buffer.from(name))

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
      if (isPrefixed(bytes, nameStart, nameBytes)) this.note(nameStart, nameBytes, valueStart)
    }
  }

  /** The single letter of `pg.op`, or '' when there is none (or it is a word). */
  operation(): string {
    const { start, end } = this.op
    return start >= 0 && end === start + 1 ? String.fromCharCode(this.bytes[start]!) : ''
  }

  text({ start, end }: HeaderValue): string | undefined {
    return start < 0 ? undefined : this.bytes.toString('utf8', start, end)
  }

  private note(nameStart: number, nameBytes: number, valueStart: number): void {
    for (let index = 0; index < encodedNames.length; index++) {
      const name = encodedNames[index]!
      if (name.length !== nameBytes) continue
      if (name.compare(this.bytes, nameStart, nameStart + nameBytes) !== 0) continue
      const value = this.values[index]!
      value.start = valueStart
      value.end = this.varints.at
      return
    }
  }
}

function isPrefixed(bytes: Buffer, start: number, length: number): boolean {
  return length > 3 && bytes[start] === 0x70 && bytes[start + 1] === 0x67 && bytes[start + 2] === 0x2e
}

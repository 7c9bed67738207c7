// The few messages of the server that we read ourselves, beside those of the change stream.
// Formats: PostgreSQL manual, "Message Formats".

import { readInt16, readInt32 } from '../../../core/bytes/big-endian.js'
import { postgresErrors } from '../errors.js'
import type { ServerErrorFields } from './sql-errors.js'

/** Types of frames, as character codes. */
export const frameType = {
  commandComplete: 0x43,
  copyBothResponse: 0x57,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  dataRow: 0x44,
  emptyQuery: 0x49,
  error: 0x45,
  notice: 0x4e,
  notification: 0x41,
  parameterStatus: 0x53,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const

/** Codes of the fields of an ErrorResponse. */
const fieldNames: Readonly<Record<string, keyof ServerErrorFields>> = {
  C: 'code',
  D: 'detail',
  H: 'hint',
  M: 'message',
  R: 'routine',
  V: 'severity',
  W: 'where',
  c: 'column',
  d: 'dataType',
  n: 'constraint',
  s: 'schema',
  t: 'table',
}

/** The fields of an ErrorResponse or NoticeResponse; unknown ones are passed over. */
export function readErrorFields(bytes: Buffer, start: number, end: number): ServerErrorFields {
  const fields: Partial<Record<keyof ServerErrorFields, string>> = {}
  let at = start
  while (at < end && bytes[at] !== 0) {
    const zero = bytes.indexOf(0, at + 1)
    const to = zero === -1 || zero > end ? end : zero
    const name = fieldNames[String.fromCharCode(bytes[at]!)]
    if (name !== undefined) fields[name] = bytes.toString('utf8', at + 1, to)
    at = to + 1
  }
  const { code, severity, detail, hint, where, schema, table, column, dataType, constraint, routine } = fields
  const message = fields.message ?? 'the server gives no reason'
  return { message, code, severity, detail, hint, where, schema, table, column, dataType, constraint, routine }
}

/** The values of a DataRow in text form. Errors: postgres_protocol_violation. */
export function readDataRow(bytes: Buffer, start: number, end: number): readonly (string | null)[] {
  const values: (string | null)[] = []
  let at = start + 2
  const count = at <= end ? readInt16(bytes, start) : -1
  for (let column = 0; column < count; column++) {
    const length = at + 4 <= end ? readInt32(bytes, at) : end
    at += 4
    if (length < -1 || length > end - at) break
    values.push(length === -1 ? null : bytes.toString('utf8', at, at + length))
    at += Math.max(0, length)
  }
  if (values.length === count && at === end) return values
  throw postgresErrors.make(
    'postgres_protocol_violation',
    `a row of ${count} values does not fill its ${end - start} bytes`,
  )
}

/** A simple Query. Errors: postgres_statement_refused for a NUL, which would end the text. */
export function queryFrame(text: string): Buffer {
  if (text.includes('\0')) throw postgresErrors.make('postgres_statement_refused', 'a statement holds a NUL')
  const byteCount = Buffer.byteLength(text)
  const frame = Buffer.alloc(byteCount + 6)
  frame[0] = 0x51
  frame.writeInt32BE(byteCount + 5, 1)
  frame.write(text, 5)
  return frame
}

export const copyDoneFrame = Buffer.from([frameType.copyDone, 0, 0, 0, 4])
export const terminateFrame = Buffer.from([0x58, 0, 0, 0, 4])

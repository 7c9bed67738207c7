// What all readings of a body share: a record that is used again for every one of a body, and what is wrong with a body.

import { isUtf8 } from 'node:buffer'
import { httpErrors } from '../errors.js'
import type { IncomingRecord, ProtocolRequest, RecordIntake } from '../protocol.js'

/** Puts the records of a body into the intake. Errors: http_body_invalid, and those of the intake. */
export type BodyReading = (request: ProtocolRequest, body: Buffer, intake: RecordIntake) => void

/** A record of the request without a value as yet. */
export function recordOf({ recordKey, recordHeaders, receivedMs }: ProtocolRequest, body: Buffer): IncomingRecord {
  return {
    key: recordKey,
    value: body,
    valueStart: 0,
    valueEnd: 0,
    timestampMs: receivedMs,
    headers: recordHeaders,
  }
}

/** The body is the one record, whatever it holds. */
export const readBytes: BodyReading = (request, body, intake) => {
  const record = recordOf(request, body)
  record.valueEnd = body.length
  intake.add(record)
}

/** Errors: http_body_invalid. */
export function checkUtf8(body: Buffer): void {
  if (!isUtf8(body)) throw httpErrors.make('http_body_invalid', 'the body is not UTF-8')
}

/** Behind the mark that some editors and tools put before UTF-8. */
export function textStart(body: Buffer): number {
  return body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0
}

/** The number of the line that a position lies in; the first is 1. */
export function lineAt(body: Buffer, position: number): number {
  let line = 1
  for (let at = body.indexOf(0x0a); at !== -1 && at < position; at = body.indexOf(0x0a, at + 1)) line++
  return line
}

export function badBody(line: number, reason: string): Error {
  return httpErrors.make('http_body_invalid', `line ${line} of the body: ${reason}`, { details: { line } })
}

// A body that is one JSON value; an array's elements are records when the settings say so. Values keep their bytes.

import { JsonScanner, skipSpace } from '../../../core/format/json-scanner.js'
import { invariant } from '../../../core/errors/invariant.js'
import type { RecordIntake, IncomingRecord } from '../protocol.js'
import { badBody, type BodyReading, checkUtf8, lineAt, recordOf, textStart } from './body-reading.js'

const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c

export function jsonReading(splitArrays: boolean): BodyReading {
  const scanner = new JsonScanner()
  return (request, body, intake) => {
    checkUtf8(body)
    const start = skipSpace(body, textStart(body), body.length)
    if (!scanner.isWhole(body, start, body.length)) throw badBody(lineAt(body, scanner.failedAt), scanner.reason)
    const record = recordOf(request, body)
    const add = (from: number, to: number): void => addRange(record, intake, from, to)
    if (splitArrays && body[start] === openBracket) forEachElement(scanner, body, start, add)
    else add(start, endOfText(body, start))
  }
}

/** The range of each element of the array that begins at `start` and is known to be whole. */
export function forEachElement(
  scanner: JsonScanner,
  body: Buffer,
  start: number,
  visit: (start: number, end: number) => void,
): void {
  let at = skipSpace(body, start + 1, body.length)
  while (body[at] !== closeBracket) {
    const end = scanner.value(body, at, body.length)
    invariant(end !== -1, `an array that is whole has no element at ${at}`)
    visit(at, end)
    at = skipSpace(body, end, body.length)
    if (body[at] === comma) at = skipSpace(body, at + 1, body.length)
  }
}

function addRange(record: IncomingRecord, intake: RecordIntake, start: number, end: number): void {
  record.valueStart = start
  record.valueEnd = end
  intake.add(record)
}

/** Without the white space at the end. */
function endOfText(body: Buffer, start: number): number {
  let end = body.length
  while (end > start && body[end - 1]! <= 0x20) end--
  return end
}

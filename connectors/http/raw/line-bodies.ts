// Bodies of lines: a JSON value in each (NDJSON), or any text. A line ends with a line feed, which may stand behind a
// carriage return; the last one may end with the body. Lines of JSON that are empty are passed over.
//
// All of a body is taken or nothing of it, unless the settings let bad lines go to the dead letters.

import { isUtf8 } from 'node:buffer'
import { JsonScanner, skipSpace } from '../../../core/format/json-scanner.js'
import type { IncomingRecord, RecordIntake } from '../protocol.js'
import type { HttpSettings } from '../settings.js'
import { badBody, type BodyReading, recordOf, textStart } from './body-reading.js'

type BadLines = HttpSettings['badLines']

const lineFeed = 0x0a
const carriageReturn = 0x0d

export function ndjsonReading(badLines: BadLines): BodyReading {
  const scanner = new JsonScanner()
  return (request, body, intake) => {
    const lines = new Lines(recordOf(request, body), body, intake, badLines)
    // Looked at once for all lines: when the body is no UTF-8, the lines are looked at one by one.
    const isText = isUtf8(body)
    while (lines.next()) {
      const start = skipSpace(body, lines.start, lines.end)
      if (start === lines.end) continue
      if (!isText && !isUtf8(body.subarray(start, lines.end))) lines.refuse('it is not UTF-8')
      else if (scanner.isWhole(body, start, lines.end)) lines.take()
      else lines.refuse(`column ${scanner.failedAt - lines.start + 1}: ${scanner.reason}`)
    }
  }
}

export function textReading(badLines: BadLines): BodyReading {
  return (request, body, intake) => {
    const lines = new Lines(recordOf(request, body), body, intake, badLines)
    const isText = isUtf8(body)
    while (lines.next()) {
      if (!isText && !isUtf8(body.subarray(lines.start, lines.end))) lines.refuse('it is not UTF-8')
      else lines.take()
    }
  }
}

/** Walks over the lines of a body; `start` and `end` are the present one's, without its end. */
class Lines {
  start: number
  end = 0
  readonly #record: IncomingRecord
  readonly #body: Buffer
  readonly #intake: RecordIntake
  readonly #badLines: BadLines
  #nextStart: number
  #number = 0

  constructor(record: IncomingRecord, body: Buffer, intake: RecordIntake, badLines: BadLines) {
    this.#record = record
    this.#body = body
    this.#intake = intake
    this.#badLines = badLines
    this.start = textStart(body)
    this.#nextStart = this.start
  }

  next(): boolean {
    const body = this.#body
    this.start = this.#nextStart
    if (this.start >= body.length) return false
    const feed = body.indexOf(lineFeed, this.start)
    this.end = feed === -1 ? body.length : feed
    this.#nextStart = this.end + 1
    if (this.end > this.start && body[this.end - 1] === carriageReturn) this.end--
    this.#number++
    return true
  }

  take(): void {
    this.#aim()
    this.#intake.add(this.#record)
  }

  /** Errors: http_body_invalid, unless bad lines go to the dead letters. */
  refuse(reason: string): void {
    if (this.#badLines === 'refuse') throw badBody(this.#number, reason)
    this.#aim()
    this.#intake.deadLetter(this.#record, 'http_body_invalid', `line ${this.#number} of the body: ${reason}`)
  }

  #aim(): void {
    this.#record.valueStart = this.start
    this.#record.valueEnd = this.end
  }
}

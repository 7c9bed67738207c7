// Where a protocol puts the records of one request: into the writer of its append, or, for a request that is only
// answered again, nowhere.

import type { PushWriter } from '../../core/connector/push-source.js'
import type { RecordParts } from '../../core/record/batch-builder.js'
import { httpErrors } from './errors.js'
import type { IncomingRecord, RecordIntake } from './protocol.js'

/** Counts what it is given, and keeps nothing of it. */
export class CountingIntake implements RecordIntake {
  recordCount = 0
  deadLetterCount = 0

  add(_record: IncomingRecord): void {
    this.recordCount++
  }

  deadLetter(_record: IncomingRecord, _code: string, _message: string): void {
    this.deadLetterCount++
  }
}

/** Puts the records into the append of a request. */
export class AppendIntake implements RecordIntake {
  recordCount = 0
  deadLetterCount = 0
  readonly #writer: PushWriter

  constructor(writer: PushWriter) {
    this.#writer = writer
  }

  get isEmpty(): boolean {
    return this.recordCount + this.deadLetterCount === 0
  }

  add(record: IncomingRecord): void {
    if (!this.#writer.append(record satisfies RecordParts)) throw this.#tooLarge()
    this.recordCount++
  }

  deadLetter(record: IncomingRecord, code: string, message: string): void {
    if (!this.#writer.deadLetter(record satisfies RecordParts, code, message)) throw this.#tooLarge()
    this.deadLetterCount++
  }

  #tooLarge(): Error {
    const taken = this.recordCount + this.deadLetterCount
    return httpErrors.make('request_too_large', `one append takes ${taken} records of the request and no more`, {
      details: { taken },
    })
  }
}

// A page on its way into the log: which of its records were taken before, and how far it is.

import type { RecordParts } from '../../core/record/batch-builder.js'
import type { HighMark } from './high-mark.js'
import { IdentityCounts, identityOf, splitIdentities } from './identity.js'
import type { PageRecords } from './page-records.js'
import type { Following } from './pagination.js'
import type { KnownAnswer } from './poll-point.js'

const toTake = 0
/** It is in the log, and was counted off among those that are remembered. */
const known = 1
/** It lies below what the round asks for: in the log, as the cursor says. */
const below = 2

export interface TakenPageOptions {
  readonly records: PageRecords
  readonly following: Following
  /** What the answer can be known by later; undefined when by nothing. */
  readonly answer: KnownAnswer | undefined
  readonly mark: HighMark | undefined
  /** Identities of records of this page that are in the log. */
  readonly taken: string
  /** Identities of the page before, which a record that moved on meanwhile may show up from. */
  readonly previous: string
  /** The time of records without one. */
  readonly receivedMs: number
}

export class TakenPage {
  readonly following: Following
  readonly answer: KnownAnswer | undefined
  /** The record that is due. */
  number = 0
  readonly #options: TakenPageOptions
  /** For each record whether it is to be taken, or why not. */
  readonly #treatments: Uint8Array
  /** Identities of records of the page that it did not show this time. */
  #missing = ''
  readonly #record: RecordParts

  /** Counts those that the mark knows off. */
  constructor(options: TakenPageOptions) {
    const { records, following, answer } = options
    this.following = following
    this.answer = answer
    this.#options = options
    this.#treatments = this.#treat()
    this.#record = { key: null, value: records.bytes, valueStart: 0, valueEnd: 0, timestampMs: 0, headers: null }
  }

  /** The record that is due, behind those that are passed over; undefined at the end. Used again for each. */
  due(): RecordParts | undefined {
    const { starts, ends, keys, timesMs } = this.#options.records
    while (this.#treatments[this.number]! > toTake) this.number++
    const { number } = this
    if (number >= starts.length) return undefined
    const record = this.#record
    record.key = keys[number]!
    record.valueStart = starts[number]!
    record.valueEnd = ends[number]!
    record.timestampMs = timesMs[number] ?? this.#options.receivedMs
    return record
  }

  /** Why the record that is due cannot be used; undefined when it can. */
  get fault(): string | undefined {
    return this.#options.records.faults.get(this.number)
  }

  /** The record that was due goes along. Errors: http_poll_cursor_crowded. */
  take(): void {
    const { number } = this
    const { mark, records } = this.#options
    const cursor = records.cursors[number]
    if (mark !== undefined && cursor !== undefined) mark.take(cursor.value, cursor.rank, this.#identity(number))
    this.number++
  }

  /**
   * For a page that is not over: identities of its records that are in the log, or went along. Those that the mark knew
   * are among them, as it has counted them off for the whole page.
   */
  takenSoFar(): string {
    let text = this.#missing
    for (const [number, treatment] of this.#treatments.entries()) {
      if (treatment === known || (treatment === toTake && number < this.number)) text += this.#identity(number)
    }
    return text
  }

  /** Identities of all its records: for a page that will be asked for again, and for the one behind it. */
  allIdentities(): string {
    let text = ''
    for (let number = 0; number < this.#options.records.starts.length; number++) text += this.#identity(number)
    return text
  }

  #treat(): Uint8Array {
    const { records, mark, taken, previous } = this.#options
    const treatments = new Uint8Array(records.starts.length)
    const ofPage = new IdentityCounts(splitIdentities(taken))
    const before = new Set(splitIdentities(previous))
    const isAnyKnown = !ofPage.isEmpty || before.size > 0 || mark?.knowsAny === true
    if (mark === undefined && !isAnyKnown) return treatments
    for (let number = 0; number < treatments.length; number++) {
      const cursor = records.cursors[number]
      const identity = isAnyKnown ? this.#identity(number) : ''
      if (isAnyKnown && (ofPage.take(identity) || before.has(identity))) treatments[number] = known
      else if (mark === undefined || cursor === undefined) continue
      else if (mark.isBelow(cursor.rank)) treatments[number] = below
      else if (isAnyKnown && mark.isKnown(identity)) treatments[number] = known
    }
    this.#missing = ofPage.joined()
    return treatments
  }

  #identity(number: number): string {
    const { bytes, starts, ends, keys, cursors } = this.#options.records
    const key = keys[number]
    if (key === null || key === undefined) return identityOf(bytes.subarray(starts[number], ends[number]))
    return identityOf(`${key.toString('utf8')}\0${cursors[number]?.value.text ?? ''}`)
  }
}

// An answer cut into records, each a range of its bytes, with the key, time and value of the cursor that stand in it.
// All of it is looked at before the first record is taken: a page is what it should be, or nothing of it is taken.

import { isUtf8 } from 'node:buffer'
import { JsonScanner, skipSpace } from '../../core/format/json-scanner.js'
import { parseTimestamp } from '../../core/format/timestamp.js'
import { type BodyPath, bodyPath, PathFinder, type Scalar, scalarOf } from './body-path.js'
import { httpPollErrors } from './errors.js'
import { numberOf, type Rank, rankOf } from './rank.js'
import type { HttpPollSettings } from './settings.js'

/** Each may have to be remembered while its page is not over. */
const mostRecords = 100_000

const lineFeed = 0x0a
const openBracket = 0x5b
const openBrace = 0x7b

export interface PageRecords {
  readonly bytes: Buffer
  /** One for each record, as in all lists below. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly keys: readonly (Buffer | null)[]
  /** Undefined where the record holds none. */
  readonly timesMs: readonly (number | undefined)[]
  /** Undefined without a cursor, and where the record is at fault. */
  readonly cursors: readonly ({ readonly value: Scalar; readonly rank: Rank } | undefined)[]
  /** Why a record cannot be used, by its number from 0. */
  readonly faults: ReadonlyMap<number, string>
}

/** Of an answer without a body. */
export const noRecords: PageRecords = {
  bytes: Buffer.alloc(0),
  starts: [],
  ends: [],
  keys: [],
  timesMs: [],
  cursors: [],
  faults: new Map(),
}

/** Cuts answers of one source. */
export class PageReader {
  readonly #settings: HttpPollSettings
  readonly #scanner = new JsonScanner()
  readonly #finder = new PathFinder()
  readonly #records: BodyPath
  readonly #id: BodyPath | undefined
  readonly #time: BodyPath | undefined
  readonly #cursor: BodyPath | undefined

  constructor(settings: HttpPollSettings) {
    const { records, id, time, cursor } = settings
    this.#settings = settings
    this.#records = records === undefined ? [] : bodyPath(records)
    this.#id = id === undefined ? undefined : bodyPath(id)
    this.#time = time === undefined ? undefined : bodyPath(time)
    this.#cursor = cursor === undefined ? undefined : bodyPath(cursor.path)
  }

  /** Errors: http_poll_body_invalid, http_poll_body_too_large, http_poll_record_invalid. */
  read(bytes: Buffer): PageRecords {
    const cut = new Cut(bytes)
    if (this.#settings.format === 'json') this.#cutJson(bytes, cut)
    else if (this.#settings.format === 'ndjson') this.#cutLines(bytes, cut)
    else if (bytes.length > 0) cut.add(0, bytes.length)
    const fields = this.#fieldsOf(cut)
    this.#judge(cut)
    return { bytes, starts: cut.starts, ends: cut.ends, faults: cut.faults, ...fields }
  }

  /** What stands at a path of an answer that was read; undefined when nothing does. */
  textAt(bytes: Buffer, path: BodyPath, start = textStart(bytes), end = bytes.length): Scalar | boolean | undefined {
    if (!this.#finder.find(bytes, start, end, path)) return undefined
    const { start: from, end: to } = this.#finder
    const text = bytes.toString('latin1', from, Math.min(to, from + 5))
    if (text === 'true' || text === 'false') return text === 'true'
    if (text === 'null') return undefined
    const scalar = scalarOf(bytes, from, to)
    if (scalar !== undefined) return scalar
    throw invalid(`at ${path.map(({ name }) => name).join('.')} stands neither a text nor a number`)
  }

  #cutJson(bytes: Buffer, cut: Cut): void {
    if (!isUtf8(bytes)) throw invalid('the answer is not UTF-8')
    const begin = skipSpace(bytes, textStart(bytes), bytes.length)
    if (!this.#scanner.isWhole(bytes, begin, bytes.length)) {
      throw invalid(`the answer is no JSON: at byte ${this.#scanner.failedAt} ${this.#scanner.reason}`)
    }
    const finder = this.#finder
    const { records, missingRecords } = this.#settings
    const isFound = finder.find(bytes, begin, bytes.length, this.#records)
    const { start, end } = finder
    if (!isFound || bytes.toString('latin1', start, end) === 'null') {
      if (records === undefined || missingRecords === 'empty') return
      throw invalid(`the answer has ${isFound ? 'null' : 'nothing'} at ${records}`)
    }
    if (bytes[start] === openBracket) {
      finder.forEachElement(bytes, start, end, (from, to) => {
        cut.add(from, to)
        return true
      })
    } else if (records === undefined || bytes[start] === openBrace) cut.add(start, end)
    else throw invalid(`at ${records} stands neither an array nor an object`)
  }

  #cutLines(bytes: Buffer, cut: Cut): void {
    const isText = isUtf8(bytes)
    for (let at = textStart(bytes); at < bytes.length; ) {
      const feed = bytes.indexOf(lineFeed, at)
      const lineEnd = feed === -1 ? bytes.length : feed
      const start = skipSpace(bytes, at, lineEnd)
      let end = lineEnd
      while (end > start && bytes[end - 1]! <= 0x20) end--
      at = lineEnd + 1
      if (start === end) continue
      if (!isText && !isUtf8(bytes.subarray(start, end))) cut.fault('it is not UTF-8')
      else if (!this.#scanner.isWhole(bytes, start, end)) {
        cut.fault(`at its byte ${this.#scanner.failedAt - start} ${this.#scanner.reason}`)
      }
      cut.add(start, end)
    }
  }

  #fieldsOf({ bytes, starts, ends, faults }: Cut): Pick<PageRecords, 'keys' | 'timesMs' | 'cursors'> {
    const keys: (Buffer | null)[] = []
    const timesMs: (number | undefined)[] = []
    const cursors: PageRecords['cursors'][number][] = []
    for (let number = 0; number < starts.length; number++) {
      const isFaulty = faults.has(number)
      const place = (path: BodyPath | undefined): Scalar | undefined =>
        path === undefined || isFaulty ? undefined : this.#scalarAt(bytes, starts[number]!, ends[number]!, path)
      const id = place(this.#id)
      const cursor = place(this.#cursor)
      // One look serves both where they are the same field, as is usual.
      const time = this.#settings.time === this.#settings.cursor?.path ? cursor : place(this.#time)
      const rank = cursor === undefined ? undefined : rankOf(cursor, this.#settings.cursor!.type)
      keys.push(id === undefined ? null : Buffer.from(id.text))
      timesMs.push(time === undefined ? undefined : timeOf(time))
      cursors.push(cursor === undefined || rank === undefined ? undefined : { value: cursor, rank })
      if (isFaulty) continue
      if (this.#id !== undefined && id === undefined)
        faults.set(number, `it has no text or number at ${this.#settings.id}`)
      else if (this.#cursor !== undefined && rank === undefined) faults.set(number, this.#cursorFault())
    }
    return { keys, timesMs, cursors }
  }

  #scalarAt(bytes: Buffer, start: number, end: number, path: BodyPath): Scalar | undefined {
    const finder = this.#finder
    return finder.find(bytes, start, end, path) ? scalarOf(bytes, finder.start, finder.end) : undefined
  }

  #cursorFault(): string {
    const { path, type } = this.#settings.cursor!
    return `it has no ${type === 'time' ? 'point in time' : type} at ${path}`
  }

  #judge({ starts, faults }: Cut): void {
    const [first] = faults
    if (first === undefined || this.#settings.badRecords === 'dead-letter') return
    const [number, reason] = first
    const message = `${faults.size} of ${starts.length} records cannot be used; the first is number ${number + 1}: ${reason}`
    throw httpPollErrors.make('http_poll_record_invalid', message)
  }
}

/** The ranges of an answer while it is cut. */
class Cut {
  readonly bytes: Buffer
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly faults = new Map<number, string>()

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  add(start: number, end: number): void {
    if (this.starts.length === mostRecords) {
      throw httpPollErrors.make('http_poll_body_too_large', `the answer has more than ${mostRecords} records`)
    }
    this.starts.push(start)
    this.ends.push(end)
  }

  /** The record that is added next cannot be used. */
  fault(reason: string): void {
    this.faults.set(this.starts.length, reason)
  }
}

/** Times before 1970 are none to Kafka's clients. */
function timeOf({ text, isNumber }: Scalar): number | undefined {
  const timeMs = parseTimestamp(isNumber ? numberOf(text) : text)
  return timeMs !== undefined && timeMs >= 0 ? timeMs : undefined
}

/** Behind the mark that some programs put before UTF-8. */
function textStart(bytes: Buffer): number {
  return bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

function invalid(message: string): Error {
  return httpPollErrors.make('http_poll_body_invalid', message)
}

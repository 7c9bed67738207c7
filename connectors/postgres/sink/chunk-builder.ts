// Builds chunks from records. A record that cannot be one is given to `context.fail` at once; a table that is not ready
// for a record stops the building until it was looked at or changed.

import type { Assignment, SinkBatch, SinkContext } from '../../../core/connector/sink.js'
import { messageOf, TailraceError } from '../../../core/errors/tailrace-error.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { Change } from './change.js'
import type { Chunk } from './chunk.js'
import { EventHeaders } from './event-headers.js'
import { typeOfValue, type WantedColumn } from './evolution.js'
import { isNull, JsonMembers, readText } from './json-members.js'
import type { PartitionPlace } from './partition-place.js'
import type { SinkSettings } from './settings.js'
import { TableBook, type TableEntry } from './table-book.js'

/** A table that has to be looked at, or changed, before the next record. */
export interface TableNeed {
  readonly entry: TableEntry
  /** Columns that the record speaks for. */
  readonly wanted: readonly WantedColumn[]
}

/** Turns of the event loop in between let the chunk before get out: about a millisecond of building. */
const sliceRecords = 500

/** Records of a batch, and the cursor that walks them. */
export interface RecordRange {
  readonly batch: SinkBatch
  readonly cursor: RecordCursor
  readonly from: number
  readonly end: number
}

export class ChunkBuilder {
  private readonly settings: SinkSettings
  private readonly context: SinkContext
  private readonly onFailed: () => void
  private readonly book: TableBook
  private readonly headers = new EventHeaders()
  private readonly change: Change
  private readonly members = new JsonMembers()
  /** How many partitions of each topic are read. */
  private partitionCounts = new Map<string, number>()

  /** `onFailed` is called when a record was given to `context.fail`. */
  constructor(settings: SinkSettings, context: SinkContext, onFailed: () => void) {
    this.settings = settings
    this.context = context
    this.onFailed = onFailed
    this.book = new TableBook(settings)
    this.change = new Change(settings.mode)
  }

  assigned(partitions: readonly Assignment[]): void {
    this.partitionCounts = new Map()
    for (const { topic } of partitions) this.partitionCounts.set(topic, (this.partitionCounts.get(topic) ?? 0) + 1)
  }

  /**
   * The next records from where the partition stands, a slice of those below `end`; it moves as far as they were taken.
   * The cursor is one of the batch, and goes on where the slice before left it.
   */
  fill(
    chunk: Chunk,
    { place, batch, cursor, end }: { readonly place: PartitionPlace } & Omit<RecordRange, 'from'>,
  ): TableNeed | undefined {
    const from = place.readOffset
    const need = this.walk(chunk, { batch, cursor, from, end }, sliceRecords)
    if (chunk.stoppedAt > from) chunk.cover(place, from, chunk.stoppedAt)
    place.readOffset = chunk.stoppedAt
    return need
  }

  /** The records of the range; with a need, those before `chunk.stoppedAt`. */
  collect(chunk: Chunk, { batch, from, end }: Omit<RecordRange, 'cursor'>): TableNeed | undefined {
    return this.walk(chunk, { batch, cursor: batch.cursor(), from, end }, Infinity)
  }

  /** At most so many records; `chunk.stoppedAt` says which is the next. */
  private walk(chunk: Chunk, { batch, cursor, from, end }: RecordRange, mostRecords: number): TableNeed | undefined {
    let left = mostRecords
    for (let isThere = cursor.skipTo(from); isThere && cursor.offset < end; isThere = cursor.next()) {
      chunk.stoppedAt = cursor.offset
      if (left-- === 0) return undefined
      try {
        const need = this.add(chunk, batch, cursor)
        if (need !== undefined) return need
      } catch (error) {
        this.fail(batch, cursor, asRecordError(error))
      }
    }
    chunk.stoppedAt = end
    return undefined
  }

  /** Gives the record to the runtime as one that cannot be delivered. */
  fail(batch: SinkBatch, cursor: RecordCursor, error: TailraceError): void {
    this.context.fail(batch, cursor, error)
    this.onFailed()
  }

  /** Makes the table ready. Errors: those of `TableBook.open`. */
  async prepare(session: Session, { entry, wanted }: TableNeed): Promise<void> {
    await this.book.open(session, entry, wanted)
  }

  /** The session is another, or what it did was undone. */
  forgetTargets(): void {
    this.book.forgetTargets()
  }

  private add(chunk: Chunk, batch: SinkBatch, cursor: RecordCursor): TableNeed | undefined {
    const { headers, change, settings } = this
    headers.read(cursor)
    change.read(cursor, headers)
    const { operation } = change
    if (operation === 'pass' || (operation === 'delete' && settings.deletes === 'ignore')) return undefined
    if (operation === 'truncate' && !this.isTruncateDue(batch)) return undefined
    const entry = this.book.entryOf(change.schema, change.table, batch.topic)
    if (headers.columns.start >= 0) this.book.describe(entry, headers.text(headers.columns)!)
    if (entry.open === undefined) return { entry, wanted: this.columnsOf(undefined) }
    const missing = chunk.add(entry.open, change)
    if (missing !== undefined) return { entry, wanted: this.columnsOf(missing) }
    chunk.recordCount++
    chunk.lastOffset = cursor.offset
    return undefined
  }

  private isTruncateDue({ topic, partition }: SinkBatch): boolean {
    const { truncates } = this.settings
    if (truncates === 'ignore') return false
    if (truncates === 'fail') {
      throw postgresErrors.make('postgres_truncate_refused', `the table was truncated, and "truncates" is "fail"`)
    }
    const partitions = this.partitionCounts.get(topic) ?? 0
    if (partitions === 1) return true
    throw postgresErrors.make(
      'postgres_truncate_partitioned',
      `${topic}/${partition}: a truncate goes for all rows of the table, and ${partitions} partitions are each at a place of their own`,
      { details: { topic, partition, partitions } },
    )
  }

  /** The columns that the row under the cursor has, all of them or those named; the types are what the values say. */
  private columnsOf(names: readonly string[] | undefined): readonly WantedColumn[] {
    const { change, members } = this
    const { bytes, after } = change
    if (after.end === 0) return []
    members.walk(bytes, after.start, after.end)
    const wanted: WantedColumn[] = []
    for (let index = 0; index < members.count; index++) {
      const start = members.valueStarts[index]!
      if (isNull(bytes, start, members.valueEnds[index]!)) continue
      const name = readText(bytes, members.nameStarts[index]! - 1, members.nameEnds[index]! + 1)
      if (names?.includes(name) === false) continue
      wanted.push({ name, typeName: typeOfValue(bytes[start]!), isGuess: true })
    }
    return wanted
  }
}

/** Errors that are of one record; any other is thrown on. */
function asRecordError(error: unknown): TailraceError {
  if (error instanceof TailraceError) {
    if (error.retry === 'never' || postgresErrors.is(error, 'postgres_name_invalid')) return error
    throw error
  }
  if (!(error instanceof SyntaxError)) throw error
  return postgresErrors.make('postgres_record_unfit', `the value is no JSON: ${messageOf(error)}`, { cause: error })
}

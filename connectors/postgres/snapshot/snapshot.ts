// The rows of a database as of the slot's consistent point, read once, however often the reading is interrupted.
//
// Readings follow one another until nothing is left: the first in the slot's exported snapshot while that is alive,
// later ones in snapshots of their own, with a condition that takes what the slot's snapshot showed. Positions go into
// the same append as the rows before them, and the plan into the first.
//
// Two kinds of heaps need rows besides: changes to one with large values may have left those out, and in a cluster that
// has used up 2^32 transaction ids an old row may look like a new one (row-visibility.ts). When such a heap was not read
// in one go, rows that were written since are read as well, all in one snapshot; a run that dies here does it again.
// They come again, in their order, through the stream.

import type { ConnectorState, Json } from '../../../core/connector/context.js'
import type { RecordWriter } from '../../../core/connector/source.js'
import { present } from '../../../core/errors/invariant.js'
import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { Logger } from '../../../core/telemetry/logger.js'
import type { Labels, Recorder } from '../../../core/telemetry/recorder.js'
import type { ChangeWriter } from '../event/change-writer.js'
import type { Session } from '../wire/connect.js'
import type { Lsn } from '../wire/lsn.js'
import { sqlError } from '../wire/sql-errors.js'
import type { SnapshotTable } from './heaps.js'
import { type Findings, Ledger, snapshotPrefix, type StateChanges } from './ledger.js'
import type { Part } from './part.js'
import { RangeReader } from './range-reader.js'
import { openReading, type Reading } from './reading.js'
import { type RangeTask, Schedule } from './schedule.js'

export interface SnapshotOptions {
  /** Logs in; called once for each worker and reading. */
  readonly connect: (signal: AbortSignal) => Promise<Session>
  readonly tables: readonly SnapshotTable[]
  /** How many sessions read, from 1. */
  readonly workers: number
  /** How much of a heap is one range: bytes. */
  readonly rangeBytes: number
  /** The snapshot that the slot exported, as pg_current_snapshot() prints it. */
  readonly visibility: string
  /** Its name, when it was exported just now: the snapshot then begins anew, whatever the state says. */
  readonly exportedName: string | undefined
  /** Keys of the snapshot begin with `snapshot/`. */
  readonly state: ConnectorState
  /** The tables are described to it, and it has begun the snapshot. */
  readonly changes: ChangeWriter
  readonly logger: Logger
  readonly metrics: Recorder
  /** Of the metrics: pipeline and source. */
  readonly labels: Labels
}

export class Snapshot {
  private readonly options: SnapshotOptions
  private readonly ledger: Ledger
  private readonly closing = new AbortController()
  private readers: readonly RangeReader[] = []
  private schedule: Schedule | undefined
  /** What the next append remembers besides positions. */
  private planned: StateChanges = new Map()
  /** What the state holds of the snapshot, once the appends that are under way are in the log. */
  private readonly remembered: Map<string, Json>
  /** Parts of which the state has changed since the last append. */
  private readonly changed = new Set<Part>()
  /** Readers of which rows were taken since the last append. */
  private readonly moved = new Set<RangeReader>()
  /** The reader whose row waits for room in the writer. */
  private waiting: RangeReader | undefined
  private turn = 0
  /** The next reading, while it is being opened; never rejects. */
  private opening: Promise<void> | undefined
  private failure: TailraceError | undefined
  private isStirred = false
  private wakeUp: (() => void) | undefined

  private constructor(options: SnapshotOptions) {
    this.options = options
    const { visibility: originShown, rangeBytes, exportedName, state } = options
    const question = { originShown, rangeBytes }
    this.ledger = exportedName === undefined ? Ledger.restored(question, state) : new Ledger(question)
    this.remembered = new Map(state.entries(snapshotPrefix))
  }

  /**
   * Begins or goes on. When it resolves, all readers share the exported snapshot, so that its session is free. Errors:
   * those of `connect`, postgres_state_unknown.
   */
  static async open(options: SnapshotOptions, signal: AbortSignal): Promise<Snapshot> {
    const snapshot = new Snapshot(options)
    try {
      await snapshot.begin(options.exportedName, signal)
      return snapshot
    } catch (error) {
      await snapshot.close()
      throw error
    }
  }

  /**
   * The rows are a state of the database only together with the changes up to here, since some were read later than the
   * slot's consistent point; undefined: they are one by themselves.
   */
  get settledLsn(): Lsn | undefined {
    return this.ledger.settledLsn
  }

  /**
   * Puts rows that have arrived into the writer, and remembers up to where. 'idle': none have, see `wake`; 'done': all
   * are in the log once the append is. Errors: what broke a connection or a query; postgres_snapshot_table_altered.
   */
  read(into: RecordWriter): 'more' | 'idle' | 'done' {
    if (this.failure !== undefined) throw this.failure
    this.isStirred = false
    const isFull = !this.takeRows(into)
    const isMoved = this.remember(into)
    if (isFull || isMoved) return 'more'
    if (this.opening !== undefined || this.readers.some(({ task }) => task !== undefined)) return 'idle'
    if (!present(this.schedule, 'a schedule').isAnotherNeeded) return 'done'
    this.opening = this.beginAnother()
    return 'idle'
  }

  /** Resolves when `read` may find something; rejects when aborted. One caller at a time. */
  wake(signal: AbortSignal): Promise<void> {
    for (const reader of this.readers) reader.listen()
    if (this.isStirred) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.wakeUp = undefined
        reject(signal.reason as Error)
      }
      this.wakeUp = () => {
        this.wakeUp = undefined
        signal.removeEventListener('abort', abort)
        resolve()
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** Nothing of the snapshot is needed any more: what it remembered goes with the append. */
  forget(into: RecordWriter): void {
    for (const key of this.remembered.keys()) into.remember(key, undefined)
    this.remembered.clear()
  }

  /** Closes all sessions; twice is fine. */
  async close(): Promise<void> {
    this.closing.abort()
    await this.opening
    await this.closeReaders()
  }

  /** False when the writer is full. */
  private takeRows(into: RecordWriter): boolean {
    if (this.waiting !== undefined) {
      if (!this.options.changes.flush(into, false)) return false
      this.took(this.waiting)
      this.waiting = undefined
    }
    // A writer that is filled by one reader is another one's the next time.
    for (let count = 0; count < this.readers.length; count++) {
      const reader = present(this.readers[this.turn], 'the reader whose turn it is')
      this.turn = (this.turn + 1) % this.readers.length
      if (!this.takeRowsOf(reader, into)) return false
    }
    return true
  }

  private takeRowsOf(reader: RangeReader, into: RecordWriter): boolean {
    const { changes } = this.options
    for (;;) {
      const { task } = reader
      const step = reader.next()
      if (step === 'none') return true
      const current = present(task, 'the task of a reader that steps on')
      if (step === 'row') {
        changes.snapshotRow(current.table.oid, reader.row)
        if (!changes.flush(into, false)) {
          this.waiting = reader
          return false
        }
        this.took(reader)
      } else {
        this.moved.delete(reader)
        this.endRange(current, step)
        this.giveWork()
      }
    }
  }

  private took(reader: RangeReader): void {
    reader.take()
    this.moved.add(reader)
  }

  private endRange(task: RangeTask, step: 'end' | 'moved' | 'gone'): void {
    const schedule = present(this.schedule, 'a schedule')
    if (step === 'end') {
      schedule.finish(task)
      this.changed.add(task.heapPart)
    } else {
      schedule.abandon(task)
    }
  }

  /** The end of one range may bring further ones for readers that found none. */
  private giveWork(): void {
    for (const reader of this.readers) {
      if (reader.task !== undefined) continue
      const task = this.schedule?.take()
      if (task === undefined) return
      reader.begin(task)
    }
  }

  /** Puts what has changed since the last append into this one; false when nothing has. */
  private remember(into: RecordWriter): boolean {
    const isMoved = this.moved.size > 0 || this.changed.size > 0 || this.planned.size > 0
    for (const reader of this.moved) {
      const { part, heapPart, range } = present(reader.task, 'the task of a reader that moved')
      part.reach(range.range, reader.position)
      this.changed.add(heapPart)
    }
    for (const [key, value] of this.planned) this.put(into, key, value)
    for (const part of this.changed) this.put(into, ...this.ledger.entryOf(part))
    this.moved.clear()
    this.planned.clear()
    this.changed.clear()
    if (isMoved) this.report()
    return isMoved
  }

  private put(into: RecordWriter, key: string, value: Json | undefined): void {
    into.remember(key, value)
    if (value === undefined) this.remembered.delete(key)
    else this.remembered.set(key, value)
  }

  private async begin(exportedName: string | undefined, signal: AbortSignal): Promise<void> {
    const { connect, workers, tables, visibility } = this.options
    const question = { connect, sessionCount: workers, tables, originShown: visibility, exportedName }
    const reading = await openReading(question, signal)
    this.readers = reading.sessions.map((session) => new RangeReader(session, () => this.stir()))
    const oids = tables.map(({ oid }) => oid)
    this.reportFindings(reading, this.ledger.adopt(oids, reading))
    this.planned = this.ledger.changesSince(this.remembered)
    this.schedule = new Schedule(this.ledger, reading, tables)
    this.giveWork()
  }

  private async beginAnother(): Promise<void> {
    try {
      await this.closeReaders()
      await this.begin(undefined, this.closing.signal)
    } catch (error) {
      this.failure = sqlError(error, 'beginning another reading of the snapshot')
    } finally {
      this.opening = undefined
      this.stir()
    }
  }

  private async closeReaders(): Promise<void> {
    const { readers } = this
    this.readers = []
    await Promise.all(readers.map((reader) => reader.close()))
  }

  private stir(): void {
    this.isStirred = true
    this.wakeUp?.()
  }

  private reportFindings({ shown, heaps }: Reading, { startedOver, gone }: Findings): void {
    const { logger, metrics, labels, tables, exportedName } = this.options
    const names = new Map(tables.map(({ oid, schema, table }) => [oid, `${schema}.${table}`]))
    const event = exportedName === undefined ? 'the snapshot goes on' : 'the snapshot begins'
    logger.info(event, { tables: tables.length, heaps: heaps.length, shown })
    for (const { oid, tableOid } of startedOver) {
      logger.warn('a table was rewritten while its snapshot was read, and is read again from its first page', {
        table: names.get(tableOid),
        heap: oid,
      })
      metrics.count('tailrace_postgres_snapshot_restarts_total', labels)
    }
    for (const { oid, tableOid } of gone) {
      logger.warn('a table went away while its snapshot was read', { table: names.get(tableOid), heap: oid })
    }
  }

  private report(): void {
    const { metrics, labels } = this.options
    metrics.gauge('tailrace_postgres_snapshot_left_bytes', labels, this.schedule?.bytesLeft ?? 0)
  }
}

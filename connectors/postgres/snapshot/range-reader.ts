// A session of a reading that reads one range after the other.
//
// A heap is locked (ACCESS SHARE) for one range at a time: the savepoint around it lets go of the lock, so that an
// ALTER TABLE waits for a range and not for the whole snapshot. What happens in between is seen under the next lock: a
// heap with another file node was rewritten, and its places mean nothing any more.

import { invariant, present } from '../../../core/errors/invariant.js'
import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import { postgresErrors } from '../errors.js'
import { TupleView } from '../pgoutput/tuple-view.js'
import { readCopyRow } from '../values/copy-text.js'
import type { Session } from '../wire/connect.js'
import { CopyOut } from '../wire/copy-out.js'
import { sqlError } from '../wire/sql-errors.js'
import type { SnapshotTable } from './heaps.js'
import { rangeQuery, typesQuery } from './range-query.js'
import { RowPlace } from './row-place.js'
import type { RangeTask } from './schedule.js'

/**
 * `row`: the next row stands in `row`; `none`: nothing has arrived; `end`: the range is read; `moved` and `gone`: it
 * was not read, since the heap was rewritten or dropped.
 */
export type Step = 'row' | 'none' | 'end' | 'moved' | 'gone'

type Phase = 'free' | 'opening' | 'rows' | 'closing' | 'end' | 'moved' | 'gone'

export class RangeReader {
  /** The row that `next` came to: values in the order of the table's columns. Valid until the next call. */
  readonly row = new TupleView()
  private readonly copy: CopyOut
  private readonly stirred: () => void
  private readonly closing = new AbortController()
  private phase: Phase = 'free'
  /** Of the row that `next` came to, and of the last one that was taken. */
  private place = new RowPlace()
  private readonly taken = new RowPlace()
  private current: RangeTask | undefined
  private failure: TailraceError | undefined
  private isWaiting = false

  /** The session is the reader's from now on; `stirred` is called when `next` may find something else. */
  constructor(session: Session, stirred: () => void) {
    this.copy = CopyOut.take(session)
    this.stirred = stirred
  }

  /** What is being read; undefined when the reader is free. */
  get task(): RangeTask | undefined {
    return this.current
  }

  /** The row that `next` came to is in the writer. */
  take(): void {
    this.taken.set(this.place)
  }

  /** Where the last row stands that was taken from the range. */
  get position(): string {
    return this.taken.toString()
  }

  /** Begins a range; the reader is free, or has come to the end of one. */
  begin(task: RangeTask): void {
    invariant(this.current === undefined, 'a reader got a range while it reads another')
    this.current = task
    this.place = new RowPlace()
    this.inBackground('opening', () => this.openRange(task))
  }

  /** Steps on. Behind `end`, `moved` and `gone` the reader is free. Errors: what broke the connection or the query. */
  next(): Step {
    if (this.failure !== undefined) throw this.failure
    const { phase } = this
    if (phase === 'rows') return this.nextRow()
    if (phase !== 'end' && phase !== 'moved' && phase !== 'gone') return 'none'
    this.phase = 'free'
    this.current = undefined
    return phase
  }

  /** Lets `stirred` be called when more has arrived. */
  listen(): void {
    if (this.phase !== 'rows' || this.isWaiting) return
    this.isWaiting = true
    this.copy.wait(this.closing.signal).then(
      () => this.stir(),
      () => this.stir(),
    )
  }

  /** Ends the session and with it the transaction; a statement that is under way gets no answer. Twice is fine. */
  close(): Promise<void> {
    this.closing.abort()
    return this.copy.close()
  }

  private stir(): void {
    this.isWaiting = false
    this.stirred()
  }

  private nextRow(): Step {
    const { copy, row } = this
    const step = copy.next()
    if (step === 'none') return 'none'
    if (step === 'end') {
      this.inBackground('closing', () => this.closeRange('end'))
      return 'none'
    }
    readCopyRow(copy.bytes, copy.start, copy.end, row)
    const place = row.count - 1
    this.place.advance(row.bytes, row.starts[place]!, row.ends[place]!)
    row.count = place
    return 'row'
  }

  private async openRange({ part, table, range, condition }: RangeTask): Promise<void> {
    const { oid, fileNode } = part.plan
    await this.copy.simple('SAVEPOINT range')
    const found = await this.lock(oid)
    if (found === undefined) return this.closeRange('gone')
    if (found.fileNode !== fileNode) return this.closeRange('moved')
    await this.checkColumns(found.name, table)
    await this.copy.copy(rangeQuery(found.name, table, range, condition))
    this.phase = 'rows'
  }

  /** Values are written as the types that the table was described with; others would come out wrong. */
  private async checkColumns(name: string, table: SnapshotTable): Promise<void> {
    const { schema, table: tableName, columns } = table
    let cause: unknown
    try {
      const [types] = await this.copy.simple(typesQuery(name, table))
      if (columns.every(({ typeOid }, place) => types?.[place] === String(typeOid))) return
    } catch (error) {
      if (!postgresErrors.is(error, 'postgres_column_missing')) throw error
      cause = error
    }
    throw postgresErrors.make(
      'postgres_snapshot_table_altered',
      `the columns of ${schema}.${tableName} are others than when its snapshot was begun`,
      { cause, details: { schema, table: tableName } },
    )
  }

  /** The heap under its name of now, locked; undefined when it was dropped. Once more for each new name meanwhile. */
  private async lock(oid: number): Promise<{ readonly name: string; readonly fileNode: number } | undefined> {
    const fileNodeNow = `SELECT pg_relation_filenode(${oid})`
    for (;;) {
      const [found] = await this.copy.simple(`SELECT ${oid}::regclass::text, (${fileNodeNow})::text`)
      const [name, current] = present(found, `what the server says of relation ${oid}`)
      if (name === undefined || name === null || current === null) return undefined
      try {
        const [locked] = await this.copy.simple(`LOCK TABLE ONLY ${name} IN ACCESS SHARE MODE; ${fileNodeNow}`)
        return { name, fileNode: Number(locked?.[0]) }
      } catch (error) {
        if (!postgresErrors.is(error, 'postgres_table_missing')) throw error
        await this.copy.simple('ROLLBACK TO SAVEPOINT range')
      }
    }
  }

  private async closeRange(phase: 'end' | 'moved' | 'gone'): Promise<void> {
    await this.copy.simple('ROLLBACK TO SAVEPOINT range; RELEASE SAVEPOINT range')
    this.phase = phase
  }

  private inBackground(phase: Phase, work: () => Promise<void>): void {
    this.phase = phase
    work()
      .catch((error: unknown) => {
        this.failure = sqlError(error, 'reading the snapshot')
      })
      .finally(() => this.stirred())
  }
}

// One connection to the target with what it knows: its staging tables, and whether a transaction is open in it.
//
// A transaction that failed takes its session along: what was staged, described and locked is gone with it, and a new
// one begins from what the target says.

import type { ConnectorContext } from '../../../core/connector/context.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { postgresErrors } from '../errors.js'
import { connect, type Session } from '../wire/connect.js'
import type { Bookkeeping } from './bookkeeping.js'
import type { Chunk, TableWork } from './chunk.js'
import { copyIn } from './copy-in.js'
import type { OutcomeGroup } from './fold.js'
import type { PartitionPlace } from './partition-place.js'
import type { SinkSettings } from './settings.js'
import { Staging } from './staging.js'
import { applyStatement, columnList, truncateStatement } from './statements.js'
import { parentsFirst, type TargetTable } from './target-table.js'

/** A lock that somebody holds longer is a reason to wait outside of a transaction. */
const lockTimeout = '30s'

/** A sink that hangs keeps its locks this long; one that lives says so twice a second. */
const idleTimeout = '60s'

/** Errors: those of `connect`. */
export function openSession(settings: SinkSettings, context: ConnectorContext): Promise<Session> {
  const { pipeline, connector, signal } = context
  const name = `tailrace ${pipeline}.${connector}`
  const sessionSettings = {
    synchronous_commit: 'on',
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: idleTimeout,
    statement_timeout: '0',
    default_transaction_isolation: 'read committed',
    jit: 'off',
  }
  return connect({ url: settings.url, name, settings: sessionSettings }, signal)
}

/** Can the error be one of the rows, so that finding the row helps? */
export function isRowError(error: unknown): error is TailraceError {
  return (
    postgresErrors.is(error, 'postgres_value_refused') ||
    postgresErrors.is(error, 'postgres_constraint_violated') ||
    (error instanceof TailraceError && rowStates.has(String(error.details['sqlState'])))
  )
}

/** cardinality_violation: a key in two spellings; feature_not_supported: a table that others refer to is truncated. */
const rowStates: ReadonlySet<string> = new Set(['21000', '0A000'])

export class TargetSession {
  readonly session: Session
  private readonly bookkeeping: Bookkeeping
  private readonly staging: Staging
  private open = false
  private savepoints = 0
  /** How far the open transaction brings each partition. */
  private readonly moved = new Map<PartitionPlace, number>()

  constructor(session: Session, bookkeeping: Bookkeeping) {
    this.session = session
    this.bookkeeping = bookkeeping
    this.staging = new Staging(session)
  }

  get isInTransaction(): boolean {
    return this.open
  }

  async begin(): Promise<void> {
    if (this.open) return
    await this.session.run('BEGIN; SET CONSTRAINTS ALL DEFERRED')
    this.open = true
  }

  /** Moves the partitions in the open transaction. Errors: postgres_sink_fenced. */
  async move(chunk: Chunk): Promise<void> {
    for (const [of, { from, next }] of chunk.moves) {
      await this.bookkeeping.move(this.session, { of, epoch: of.epoch, from, next })
      this.moved.set(of, next)
    }
  }

  /** Writes what the chunk says, in the open transaction. */
  async write(chunk: Chunk): Promise<void> {
    const works = await this.inOrder(chunk.works())
    await this.truncate(works)
    for (const work of works) await this.writeTable(work, (group) => group.outcome !== 'delete' || deletesFirst(work))
    for (const work of works.toReversed()) {
      if (!deletesFirst(work)) await this.writeTable(work, (group) => group.outcome === 'delete')
    }
  }

  /** How far each partition is committed now. */
  async commit(): Promise<readonly (readonly [PartitionPlace, number])[]> {
    await this.session.run('COMMIT')
    this.open = false
    const committed = [...this.moved]
    this.moved.clear()
    await this.staging.committed()
    return committed
  }

  /** Deferred constraints are looked at now. Errors: postgres_constraint_violated. */
  async checkConstraints(): Promise<void> {
    await this.session.run('SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED')
  }

  /** Does the work, or leaves no trace of it; what it threw when that was an error of rows. */
  async attempt(work: () => Promise<void>): Promise<TailraceError | undefined> {
    const name = `tailrace_${++this.savepoints}`
    const { mark } = this.staging
    await this.session.run(`SAVEPOINT ${name}`)
    try {
      await work()
      await this.session.run(`RELEASE SAVEPOINT ${name}`)
      return undefined
    } catch (error) {
      if (!isRowError(error) || this.session.failed.aborted) throw error
      await this.session.run(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`)
      this.staging.rolledBack(mark)
      return error
    }
  }

  /** What is open is undone by the server. */
  async close(): Promise<void> {
    this.open = false
    await this.session.close()
  }

  /** Parents before children, when there can be any. */
  private async inOrder(works: readonly TableWork[]): Promise<readonly TableWork[]> {
    if (works.length < 2 || works.every(({ open }) => !open.table.isReferenced)) return works
    const byTable = new Map<TargetTable, TableWork>(works.map((work) => [work.open.table, work]))
    const ordered = await parentsFirst(this.session, [...byTable.keys()])
    return ordered.map((table) => byTable.get(table)!)
  }

  private async truncate(works: readonly TableWork[]): Promise<void> {
    for (const restarts of [false, true]) {
      const kind = restarts ? 'restart-identity' : 'continue-identity'
      const tables = works.filter(({ truncation }) => truncation === kind).map(({ open }) => open.table)
      if (tables.length > 0) await this.session.run(truncateStatement(tables, restarts))
    }
  }

  private async writeTable({ open, groups, isAppended }: TableWork, isDue: (group: OutcomeGroup) => boolean) {
    const { table } = open
    const due = groups.filter(isDue)
    const ordered = [
      ...due.filter(({ outcome }) => outcome === 'delete'),
      ...due.filter(({ outcome }) => outcome !== 'delete'),
    ]
    for (const { outcome, set, block } of ordered) {
      if (isAppended || (table.key === undefined && outcome === 'put')) {
        await copyIn(this.session, `${table.qualified} (${columnList(table, set.columns)})`, block)
        continue
      }
      const staging = await this.staging.fill(table, set, block)
      const statement = applyStatement(table, { outcome, set, staging })
      if (statement !== undefined) await this.session.run(statement)
    }
  }
}

/**
 * Deletions first let a new row have the unique value of a deleted one. Where others refer to the table they come last,
 * behind the changes that let go of its rows.
 */
function deletesFirst({ open }: TableWork): boolean {
  return !open.table.isReferenced
}

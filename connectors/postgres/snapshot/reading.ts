// One reading: sessions whose transactions share a snapshot. It is the one that the slot exported, as long as that is
// alive, and otherwise one of now, which the first session exports to the others.

import { present } from '../../../core/errors/invariant.js'
import type { Session } from '../wire/connect.js'
import { quoteLiteral } from '../wire/identifiers.js'
import { type Lsn, parseLsn } from '../wire/lsn.js'
import { findHeaps, type Heap, type SnapshotTable } from './heaps.js'
import { rangeSettings } from './range-query.js'

export interface ReadingOptions {
  /** Logs in; each session is closed by the reading. */
  readonly connect: (signal: AbortSignal) => Promise<Session>
  readonly sessionCount: number
  readonly tables: readonly SnapshotTable[]
  /** The snapshot that the slot exported, as pg_current_snapshot() prints it. */
  readonly originShown: string
  /** Its name, while it can be imported. */
  readonly exportedName: string | undefined
}

export interface Reading {
  /** Each in a transaction with the snapshot. Owned by the caller. */
  readonly sessions: readonly Session[]
  /** The snapshot, as pg_current_snapshot() prints it. */
  readonly shown: string
  /** All that it shows was committed before; undefined for the slot's snapshot. */
  readonly settledLsn: Lsn | undefined
  readonly heaps: readonly Heap[]
}

/** Errors: those of `connect`; what was opened is closed. */
export async function openReading(options: ReadingOptions, signal: AbortSignal): Promise<Reading> {
  const sessions: Session[] = []
  try {
    for (let count = 0; count < options.sessionCount; count++) sessions.push(await options.connect(signal))
    return await share(options, sessions)
  } catch (error) {
    await Promise.all(sessions.map((session) => session.close()))
    throw error
  }
}

async function share(options: ReadingOptions, sessions: readonly Session[]): Promise<Reading> {
  const { tables, originShown, exportedName } = options
  const [first, ...others] = sessions
  const leader = present(first, 'the first session of a reading')
  await begin(leader, exportedName)
  const now = exportedName === undefined ? await exportNow(leader) : undefined
  const name = now?.name ?? present(exportedName, 'a snapshot to share')
  await Promise.all(others.map((session) => begin(session, name)))
  const shown = now?.shown ?? originShown
  const heaps = await findHeaps(leader, { tables, originShown, shown })
  return { sessions, shown, settledLsn: now?.settledLsn, heaps }
}

/** PostgreSQL 17 has a timeout for transactions as a whole. */
const transactionTimeoutSince = 170000

async function begin(session: Session, snapshotName: string | undefined): Promise<void> {
  const settings = Object.entries(rangeSettings)
  if (session.serverVersion >= transactionTimeoutSince) settings.push(['transaction_timeout', '0'])
  await session.run(settings.map(([name, value]) => `SET ${name} = ${quoteLiteral(value)}`).join(';'))
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  if (snapshotName !== undefined) await session.run(`SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshotName)}`)
}

interface ExportedRow {
  readonly shown: string
  readonly name: string
  readonly lsn: string
}

/** The snapshot is older than the position: whoever it shows has written its commit before. */
async function exportNow(session: Session): Promise<{ shown: string; name: string; settledLsn: Lsn }> {
  const [row] = await session.query<ExportedRow>(
    `SELECT pg_current_snapshot()::text AS shown, pg_export_snapshot() AS name,
            (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END)::text AS lsn`,
  )
  const { shown, name, lsn } = present(row, 'the snapshot of a reading')
  return { shown, name, settledLsn: parseLsn(lsn) }
}

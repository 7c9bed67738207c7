// The replication slot: what the server says of it, and what a start makes of that.

import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { formatLsn, parseLsn, type Lsn } from '../wire/lsn.js'
import type { Origin } from './origin.js'

export interface SlotStatus {
  readonly plugin: string | undefined
  readonly database: string | undefined
  readonly isActive: boolean
  readonly activePid: number | undefined
  readonly confirmedLsn: Lsn | undefined
  /** The server keeps WAL from here on; undefined when it kept none. */
  readonly restartLsn: Lsn | undefined
  /** `reserved`, `extended`, `unreserved` or `lost`. */
  readonly walStatus: string | undefined
  /** Why the slot is of no use any more; undefined while it is. */
  readonly invalidation: string | undefined
  /** Bytes of WAL that may still be written before the slot is lost; undefined when there is no limit. */
  readonly safeBytes: number | undefined
  readonly retainedBytes: number
  /** WAL that was written behind the confirmed position. */
  readonly unconfirmedBytes: number
}

interface SlotRow {
  readonly plugin: string | null
  readonly database: string | null
  readonly active: boolean
  readonly active_pid: number | null
  readonly confirmed: string | null
  readonly restart: string | null
  readonly wal_status: string | null
  readonly invalidation: string | null
  readonly safe: string | null
  readonly retained: string | null
  readonly unconfirmed: string | null
}

/** `invalidation_reason` exists since PostgreSQL 17, `conflicting` since 16: read as JSON, a missing column is null. */
const slotQuery = `
  SELECT plugin, database, active, active_pid, confirmed_flush_lsn::text AS confirmed, restart_lsn::text AS restart,
         wal_status, safe_wal_size::text AS safe,
         coalesce(to_jsonb(s) ->> 'invalidation_reason', CASE WHEN wal_status = 'lost' THEN 'wal_removed' END)
           AS invalidation,
         (w.lsn - restart_lsn)::text AS retained, (w.lsn - confirmed_flush_lsn)::text AS unconfirmed
    FROM pg_catalog.pg_replication_slots s,
         (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn) w
   WHERE slot_name = $1`

/** The slot as it is now; undefined when there is none of the name. */
export async function slotStatus(session: Session, slot: string): Promise<SlotStatus | undefined> {
  const [row] = await session.query<SlotRow>(slotQuery, [slot])
  if (row === undefined) return undefined
  return {
    plugin: row.plugin ?? undefined,
    database: row.database ?? undefined,
    isActive: row.active,
    activePid: row.active_pid ?? undefined,
    confirmedLsn: row.confirmed === null ? undefined : parseLsn(row.confirmed),
    restartLsn: row.restart === null ? undefined : parseLsn(row.restart),
    walStatus: row.wal_status ?? undefined,
    invalidation: row.invalidation ?? undefined,
    safeBytes: row.safe === null ? undefined : Number(row.safe),
    retainedBytes: Math.max(Number(row.retained ?? 0), 0),
    unconfirmedBytes: Math.max(Number(row.unconfirmed ?? 0), 0),
  }
}

export interface SlotQuestion {
  readonly slot: string
  readonly found: SlotStatus | undefined
  readonly origin: Origin | undefined
  /** Up to where the log holds the stream; undefined before the first record of it. */
  readonly reachedLsn: Lsn | undefined
  readonly database: string
  readonly isCreationWanted: boolean
  readonly isSnapshotWanted: boolean
}

/**
 * `create`: there is no slot, and one may be made; `recreate`: the one there is was left by a start that did not come
 * to use it; `adopt`: somebody made it for us, the stream begins where it stands; `continue`: it is ours.
 */
export type SlotDecision = 'create' | 'recreate' | 'adopt' | 'continue'

/**
 * Errors: postgres_slot_missing, postgres_slot_foreign, postgres_slot_invalidated, postgres_slot_in_use,
 * postgres_slot_ahead. In none of these cases anything was changed.
 */
export function decideSlot(question: SlotQuestion): SlotDecision {
  const { slot, found, isCreationWanted, isSnapshotWanted } = question
  // What was about to be made under another name says nothing of this slot.
  const isOther = question.origin?.phase === 'creating' && question.origin.slot !== slot
  const origin = isOther ? undefined : question.origin
  const isFresh = origin === undefined || origin.phase === 'creating'
  if (found === undefined) {
    if (!isFresh) throw slotIsGone(question)
    if (isCreationWanted) return 'create'
    throw postgresErrors.make('postgres_slot_missing', `the replication slot ${slot} does not exist`, {
      details: { slot },
      hint: `Set "create": true, or run SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput') and set the snapshot's mode to "never".`,
    })
  }
  checkUse(question, found)
  if (origin === undefined) {
    if (!isSnapshotWanted) return 'adopt'
    throw postgresErrors.make(
      'postgres_slot_foreign',
      `the replication slot ${slot} exists, and this hub has never read from it`,
      { details: { slot } },
    )
  }
  if (origin.phase === 'creating') return 'recreate'
  checkGap(question, found)
  return 'continue'
}

function checkUse({ slot, database }: SlotQuestion, found: SlotStatus): void {
  if (found.plugin !== 'pgoutput' || found.database !== database) {
    const what = found.plugin === undefined ? 'a physical slot' : `a slot for ${found.plugin} in ${found.database}`
    throw postgresErrors.make('postgres_slot_foreign', `${slot} is ${what}, not one for pgoutput in ${database}`, {
      details: { slot, plugin: found.plugin, database: found.database },
    })
  }
  if (found.invalidation !== undefined) throw slotInvalidated(slot, found)
  if (found.isActive) {
    throw postgresErrors.make(
      'postgres_slot_in_use',
      `the replication slot ${slot} is read by another process (server process ${found.activePid ?? 'unknown'})`,
      { details: { slot, pid: found.activePid } },
    )
  }
}

/** The server threw away WAL that the slot needed. */
export function slotInvalidated(slot: string, found: SlotStatus): Error {
  const at = found.confirmedLsn === undefined ? '' : `; it was confirmed up to ${formatLsn(found.confirmedLsn)}`
  return postgresErrors.make(
    'postgres_slot_invalidated',
    `the server has invalidated the replication slot ${slot}: ${found.invalidation}${at}`,
    { details: { slot, reason: found.invalidation, walStatus: found.walStatus } },
  )
}

/** Changes between what the log holds and what the slot still gives are lost: said with both ends, never passed over. */
function checkGap({ slot, reachedLsn, origin }: SlotQuestion, found: SlotStatus): void {
  const reached = reachedLsn ?? origin?.lsn ?? 0
  const { confirmedLsn } = found
  if (confirmedLsn === undefined || confirmedLsn <= reached) return
  throw postgresErrors.make(
    'postgres_slot_ahead',
    `the replication slot ${slot} stands at ${formatLsn(confirmedLsn)}, but the log holds changes up to ${formatLsn(reached)} only: ` +
      `${confirmedLsn - reached} bytes of WAL between them will not be sent again`,
    {
      details: {
        slot,
        confirmed: formatLsn(confirmedLsn),
        reached: formatLsn(reached),
        gapBytes: confirmedLsn - reached,
      },
    },
  )
}

function slotIsGone({ slot, reachedLsn, origin }: SlotQuestion): Error {
  const reached = formatLsn(reachedLsn ?? origin?.lsn ?? 0)
  return postgresErrors.make(
    'postgres_slot_missing',
    `the replication slot ${slot} was dropped; the log holds changes up to ${reached}, and what came behind it is lost`,
    { details: { slot, reached } },
  )
}

export interface CreatedSlot {
  readonly consistentPoint: Lsn
  /** Lives as long as the session that made it runs nothing else. */
  readonly exportedSnapshot: string | undefined
}

/**
 * Makes the slot on a replication session. Waits until every transaction that runs now is over, which the server needs
 * to find a consistent point.
 */
export async function createSlot(replication: Session, slot: string, isExported: boolean): Promise<CreatedSlot> {
  const [row] = await replication.query<{ readonly consistent_point: string; readonly snapshot_name: string | null }>(
    `CREATE_REPLICATION_SLOT "${slot}" LOGICAL pgoutput ${isExported ? 'EXPORT_SNAPSHOT' : 'NOEXPORT_SNAPSHOT'}`,
  )
  if (row === undefined) {
    throw postgresErrors.make('postgres_protocol_violation', `the server made the slot ${slot} and said nothing of it`)
  }
  return { consistentPoint: parseLsn(row.consistent_point), exportedSnapshot: row.snapshot_name ?? undefined }
}

/** The SQL that makes the slot, for who wants to do it by hand or see it before. */
export function createSlotSql(slot: string): string {
  return `CREATE_REPLICATION_SLOT "${slot}" LOGICAL pgoutput EXPORT_SNAPSHOT`
}

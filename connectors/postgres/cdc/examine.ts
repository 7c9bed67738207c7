// What `validate --connect` and `doctor` see of a source of changes, without changing anything: server, rights, tables,
// publication, slot, and why the slot makes the server keep WAL.

import type { ConnectorContext } from '../../../core/connector/context.js'
import type { Finding } from '../../../core/connector/declaration.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { Session } from '../wire/connect.js'
import { formatLsn } from '../wire/lsn.js'
import { readableBytes } from '../wire/readable-bytes.js'
import { openSession } from './sessions.js'
import type { CapturedTable } from './database.js'
import { findPublication, publicationChanges } from './publication.js'
import { publicationRequest } from './publication-setup.js'
import type { CdcSettings } from './settings.js'
import { slotInvalidated, type SlotStatus, slotStatus } from './slot.js'
import { ownerOf } from './start.js'
import { tableText } from './table-names.js'

/** The oldest server that the source is made for. */
export const leastServerVersion = 140000

export async function examineCdc(settings: CdcSettings, context: ConnectorContext): Promise<readonly Finding[]> {
  let session: Session
  try {
    session = await openSession(settings, context, 'examine')
  } catch (error) {
    return [problemOf(error)]
  }
  try {
    return [
      versionFinding(session),
      ...(await settingFindings(session)),
      ...(await attempt(() => roleFindings(session))),
      ...(await attempt(() => tableFindings(session, settings, context))),
      ...(await attempt(() => slotFindings(session, settings))),
      ...(await attempt(() => leftOverFindings(session, settings))),
    ]
  } finally {
    await session.close()
  }
}

async function attempt(look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [problemOf(error)]
  }
}

function problemOf(error: unknown): Finding {
  if (!(error instanceof TailraceError)) throw error
  return { level: 'problem', message: error.message, hint: error.hint }
}

function versionFinding({ serverVersion }: Session): Finding {
  const major = Math.floor(serverVersion / 10_000)
  if (serverVersion >= leastServerVersion) return { level: 'good', message: `the server is PostgreSQL ${major}` }
  return {
    level: 'problem',
    message: `the server is PostgreSQL ${major}; the source needs 14 or later`,
    hint: 'Upgrade the server.',
  }
}

interface ServerSettings {
  readonly wal_level: string
  readonly keep: string
  readonly slots_free: number
  readonly senders_free: number
}

async function settingFindings(session: Session): Promise<readonly Finding[]> {
  const [row] = await session.query<ServerSettings>(`
    SELECT current_setting('wal_level') AS wal_level, current_setting('max_slot_wal_keep_size') AS keep,
           current_setting('max_replication_slots')::int4
             - (SELECT count(*) FROM pg_catalog.pg_replication_slots)::int4 AS slots_free,
           current_setting('max_wal_senders')::int4
             - (SELECT count(*) FROM pg_catalog.pg_stat_replication)::int4 AS senders_free`)
  if (row === undefined) return []
  const findings: Finding[] = []
  if (row.wal_level === 'logical') findings.push({ level: 'good', message: 'wal_level is logical' })
  else {
    findings.push({
      level: 'problem',
      message: `wal_level is ${row.wal_level}`,
      hint: 'Set wal_level = logical and restart the server (managed databases have a switch of their own for it).',
    })
  }
  if (row.senders_free <= 0) {
    findings.push({ level: 'problem', message: 'no WAL sender is free', hint: 'Raise max_wal_senders.' })
  }
  if (row.slots_free <= 0) {
    findings.push({
      level: 'warning',
      message: 'no replication slot is free',
      hint: 'Raise max_replication_slots, or drop slots that nobody reads.',
    })
  }
  if (row.keep === '-1') {
    findings.push({
      level: 'warning',
      message: 'max_slot_wal_keep_size has no limit: while this hub is away, WAL piles up until the disk is full',
      hint: 'Set it to what the disk can spare; the source is stopped with a clear error when it is used up.',
    })
  }
  return findings
}

interface Role {
  readonly name: string
  readonly superuser: boolean
  readonly replication: boolean
  readonly creates: boolean
  readonly bypasses: boolean
}

async function roleFindings(session: Session): Promise<readonly Finding[]> {
  const [role] = await session.query<Role>(`
    SELECT rolname AS name, rolsuper AS superuser, rolreplication AS replication,
           rolcreaterole OR rolcreatedb AS creates, rolbypassrls AS bypasses
      FROM pg_catalog.pg_roles WHERE rolname = current_user`)
  if (role === undefined) return []
  const findings: Finding[] = []
  // Managed databases give the right by membership in a role of their own.
  const [member] = await session.query<{ readonly yes: boolean }>(`
    SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname IN ('rds_replication', 'cloudsqlsuperuser', 'azure_pg_admin')
                      AND pg_has_role(current_user, oid, 'member')) AS yes`)
  if (role.replication || role.superuser || member?.yes === true) {
    findings.push({ level: 'good', message: `the role ${role.name} may replicate` })
  } else {
    findings.push({
      level: 'problem',
      message: `the role ${role.name} may not replicate`,
      hint: `Run ALTER ROLE "${role.name}" REPLICATION (on RDS: GRANT rds_replication TO "${role.name}").`,
    })
  }
  if (role.superuser || role.creates) {
    const what = role.superuser ? 'is a superuser' : 'may make roles or databases'
    findings.push({
      level: 'warning',
      message: `the role ${role.name} ${what}, which the source does not need`,
      hint: 'Make a role with LOGIN, REPLICATION and SELECT on the tables; docs/postgres.md has the SQL.',
    })
  }
  return findings
}

async function tableFindings(
  session: Session,
  settings: CdcSettings,
  context: ConnectorContext,
): Promise<readonly Finding[]> {
  const request = await publicationRequest(session, settings, ownerOf(context))
  const findings: Finding[] = [{ level: 'good', message: `${request.tables.length} tables are there` }]
  for (const table of request.tables) findings.push(...identityFindings(table))
  if (settings.snapshot.mode === 'initial') findings.push(...(await unreadable(session, request.tables)))
  const found = await findPublication(session, settings.publication)
  const statements = publicationChanges(request, found)
  findings.push({
    level: 'good',
    message:
      statements.length === 0
        ? `the publication ${settings.publication} sends them`
        : `the publication ${settings.publication} is ${found === undefined ? 'made' : 'altered'} at the next start`,
  })
  if (found !== undefined && found.leftOut.length > 0) {
    findings.push({
      level: 'warning',
      message: `the publication ${settings.publication} leaves out ${found.leftOut.join(', ')}`,
      hint: `Run ALTER PUBLICATION … SET (publish = 'insert, update, delete, truncate') if the log should see them.`,
    })
  }
  return findings
}

function identityFindings(table: CapturedTable): readonly Finding[] {
  if (table.columns.some(({ isKey }) => isKey)) return []
  const why = table.identity === 'nothing' ? 'is set to nothing' : 'is its primary key, which it does not have'
  return [
    {
      level: 'warning',
      message: `the replica identity of ${tableText(table)} ${why}: published, it takes inserts only, as the server refuses its updates and deletes`,
      hint: `Add a primary key, or run ALTER TABLE ${tableText(table)} REPLICA IDENTITY FULL.`,
    },
  ]
}

async function unreadable(session: Session, tables: readonly CapturedTable[]): Promise<readonly Finding[]> {
  const rows = await session.query<{ readonly oid: string }>(
    `SELECT o::text AS oid FROM unnest($1::oid[]) o
      WHERE NOT has_table_privilege(o, 'SELECT') AND NOT has_any_column_privilege(o, 'SELECT')`,
    [tables.map(({ oid }) => oid)],
  )
  return rows.map(({ oid }) => {
    const table = tables.find((one) => String(one.oid) === oid)
    const name = table === undefined ? oid : tableText(table)
    return {
      level: 'problem',
      message: `the role may not read ${name}`,
      hint: `Run GRANT SELECT ON ${name} TO the role.`,
    }
  })
}

async function slotFindings(session: Session, settings: CdcSettings): Promise<readonly Finding[]> {
  const { slot, create, limits } = settings
  const status = await slotStatus(session, slot)
  if (status === undefined) {
    if (create) return [{ level: 'good', message: `the slot ${slot} is made at the first start` }]
    return [
      { level: 'problem', message: `the slot ${slot} does not exist`, hint: 'Set "create": true, or make it by hand.' },
    ]
  }
  if (status.invalidation !== undefined) return [problemOf(slotInvalidated(slot, status))]
  const held = `the slot ${slot} makes the server keep ${readableBytes(status.retainedBytes)} of WAL`
  const reason = await holdingReason(session, status)
  if (status.retainedBytes <= limits.retainedWal)
    return [{ level: 'good', message: `${held}${reason === undefined ? '' : `: ${reason}`}` }]
  return [
    {
      level: 'warning',
      message: held,
      hint: reason ?? 'The stream is behind: is the hub running, and is there room in its log?',
    },
  ]
}

interface OldestTransaction {
  readonly pid: number | null
  readonly age: string
  readonly what: string
}

/** Why the slot stands where it stands; undefined when nothing special does. */
async function holdingReason(session: Session, status: SlotStatus): Promise<string | undefined> {
  const { confirmedLsn, restartLsn, isActive, unconfirmedBytes, retainedBytes } = status
  if (!isActive) return 'nobody reads it at the moment'
  if (confirmedLsn === undefined || restartLsn === undefined) return undefined
  if (unconfirmedBytes > retainedBytes / 2) {
    return `it is confirmed up to ${formatLsn(confirmedLsn)} only: the log has not taken what came behind it`
  }
  const [oldest] = await session.query<OldestTransaction>(`
    SELECT pid, (now() - began)::text AS age, what
      FROM (SELECT pid, xact_start AS began, left(coalesce(query, ''), 80) AS what
              FROM pg_catalog.pg_stat_activity WHERE backend_xid IS NOT NULL
             UNION ALL
            SELECT NULL, prepared, 'prepared transaction ' || gid FROM pg_catalog.pg_prepared_xacts) running
     WHERE began < now() - interval '1 minute' ORDER BY began LIMIT 1`)
  if (oldest === undefined) return undefined
  const who = oldest.pid === null ? oldest.what : `process ${oldest.pid} (${oldest.what})`
  return `a transaction has been running for ${oldest.age}: ${who}`
}

/** Slots that look like ours and that nobody reads hold WAL for nothing. */
async function leftOverFindings(session: Session, settings: CdcSettings): Promise<readonly Finding[]> {
  const rows = await session.query<{ readonly name: string; readonly retained: string | null }>(
    `SELECT slot_name AS name, (pg_current_wal_lsn() - restart_lsn)::text AS retained
       FROM pg_catalog.pg_replication_slots
      WHERE NOT active AND plugin = 'pgoutput' AND slot_name LIKE 'tailrace%' AND slot_name <> $1
        AND database = current_database() AND NOT pg_is_in_recovery()`,
    [settings.slot],
  )
  return rows.map(({ name, retained }) => ({
    level: 'warning',
    message: `the slot ${name} is read by nobody and makes the server keep ${readableBytes(Number(retained ?? 0))} of WAL`,
    hint: `If no source uses it any more: SELECT pg_drop_replication_slot('${name}').`,
  }))
}

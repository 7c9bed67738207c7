// What must hold of the target before records go there, and what `validate --connect` and `doctor` say about it.

import type { ConnectorContext } from '../../../core/connector/context.js'
import type { Finding, PreviewStep } from '../../../core/connector/declaration.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { qualifiedName, quoteIdentifier } from '../wire/identifiers.js'
import { Bookkeeping } from './bookkeeping.js'
import type { SinkSettings } from './settings.js'
import { readTableTemplate, type TableName } from './table-template.js'
import { describeTable } from './target-table.js'
import { openSession } from './target-session.js'

interface Rights {
  readonly role: string
  readonly is_superuser: boolean
  readonly may_create: boolean
  readonly may_use_temporary: boolean
  readonly is_standby: boolean
}

/** Errors: postgres_read_only, postgres_permission_denied, postgres_target_unfit, postgres_table_missing. */
export async function checkTarget(session: Session, settings: SinkSettings): Promise<void> {
  const rights = await readRights(session)
  if (rights.is_standby) throw postgresErrors.make('postgres_read_only', 'the target is a standby and takes no writes')
  if (!rights.may_use_temporary && settings.mode !== 'append') {
    throw postgresErrors.make('postgres_permission_denied', `the role ${rights.role} may not make temporary tables`, {
      hint: `Run: GRANT TEMPORARY ON DATABASE … TO ${rights.role}`,
    })
  }
  const name = fixedTable(settings)
  if (name !== undefined) await checkTable(session, settings, name)
}

/** What `doctor` and `validate --connect` say; nothing is changed. */
export async function examineTarget(settings: SinkSettings, context: ConnectorContext): Promise<readonly Finding[]> {
  let session: Session
  try {
    session = await openSession(settings, context)
  } catch (error) {
    return [problem(error)]
  }
  try {
    const rights = await readRights(session)
    const findings: Finding[] = [
      { level: 'good', message: `the target is PostgreSQL ${Math.floor(session.serverVersion / 10_000)}` },
    ]
    if (rights.is_superuser) {
      findings.push({
        level: 'warning',
        message: `the role ${rights.role} is a superuser, which the sink does not need`,
        hint: 'Give it a role that may write the tables, use the bookkeeping schema and make temporary tables.',
      })
    }
    findings.push(await bookkeepingFinding(session, settings, { context, rights }))
    findings.push(await attempt(() => checkTarget(session, settings), 'tables and rights are as the sink needs them'))
    if (settings.apply === 'transactions') findings.push(...(await strictReferences(session)))
    return findings
  } finally {
    await session.close()
  }
}

/** What the first start would run: the table that holds how far the sink is. */
export async function previewTarget(
  settings: SinkSettings,
  context: ConnectorContext,
): Promise<readonly PreviewStep[]> {
  const session = await openSession(settings, context)
  try {
    const bookkeeping = bookkeepingOf(settings, context)
    if (await bookkeeping.exists(session)) return []
    return bookkeeping.statements().map((text) => ({ what: 'sql', text, where: 'the target database' }))
  } finally {
    await session.close()
  }
}

export function bookkeepingOf(settings: SinkSettings, { hubId, pipeline, connector }: ConnectorContext): Bookkeeping {
  return new Bookkeeping({ schema: settings.bookkeeping, hubId, sink: `${pipeline}.${connector}` })
}

async function checkTable(session: Session, settings: SinkSettings, name: TableName): Promise<void> {
  const { mode, evolve, key } = settings
  const qualified = qualifiedName(name.schema, name.table)
  const table = await describeTable(session, name, mode === 'append' ? undefined : key)
  if (table === undefined) {
    if (evolve !== 'none') return
    throw postgresErrors.make('postgres_table_missing', `the target has no table ${qualified}`, {
      details: { table: qualified },
      hint: 'Create it, or set "evolve": "add".',
    })
  }
  if (mode === 'upsert' && table.key === undefined) {
    throw postgresErrors.make('postgres_target_unfit', `${qualified} has no primary key, which mode "upsert" needs`, {
      details: { table: qualified },
      hint: 'Add a primary key, or name the columns of a unique index in `key`.',
    })
  }
  const needed = mode === 'append' ? ['INSERT'] : ['INSERT', 'SELECT', 'UPDATE', 'DELETE']
  const lacking: string[] = []
  for (const right of needed) {
    const [row] = await session.query<{ readonly has: boolean }>('SELECT has_table_privilege($1::oid, $2) AS has', [
      table.oid,
      right,
    ])
    if (row?.has !== true) lacking.push(right)
  }
  if (lacking.length === 0) return
  throw postgresErrors.make('postgres_permission_denied', `the role may not ${lacking.join(', ')} on ${qualified}`, {
    details: { table: qualified, lacking },
    hint: `Run: GRANT ${lacking.join(', ')} ON ${qualified} TO the role of the url`,
  })
}

/** The table when the setting names exactly one. */
function fixedTable({ table }: SinkSettings): TableName | undefined {
  const template = readTableTemplate(table)
  if (template.uses.size > 0) return undefined
  return template.resolve({ schema: undefined, table: undefined, topic: undefined })
}

async function readRights(session: Session): Promise<Rights> {
  const [rights] = await session.query<Rights>(
    `SELECT current_user AS role, rolsuper AS is_superuser,
  has_database_privilege(current_database(), 'CREATE') AS may_create,
  has_database_privilege(current_database(), 'TEMPORARY') AS may_use_temporary,
  pg_is_in_recovery() AS is_standby
FROM pg_roles WHERE rolname = current_user`,
  )
  return rights!
}

async function bookkeepingFinding(
  session: Session,
  settings: SinkSettings,
  { context, rights }: { readonly context: ConnectorContext; readonly rights: Rights },
): Promise<Finding> {
  const bookkeeping = bookkeepingOf(settings, context)
  const table = qualifiedName(settings.bookkeeping, 'offsets')
  if (await bookkeeping.exists(session)) return { level: 'good', message: `${table} holds how far the sink is` }
  if (rights.may_create) return { level: 'good', message: `${table} does not exist yet and is made at the first start` }
  return {
    level: 'problem',
    message: `${table} does not exist, and the role ${rights.role} may not make it`,
    hint: `Run as the owner of the database: ${bookkeeping.statements().join('; ')}`,
  }
}

/** A large transaction is written in parts, in which a row may come before the one that it refers to. */
async function strictReferences(session: Session): Promise<readonly Finding[]> {
  const found = await session.query<{ readonly place: string; readonly name: string }>(
    `SELECT conrelid::regclass::text AS place, conname::text AS name FROM pg_constraint
WHERE contype = 'f' AND NOT condeferrable AND conparentid = 0 ORDER BY 1, 2`,
  )
  const [first] = found
  if (first === undefined) return []
  return [
    {
      level: 'warning',
      message: `${found.length} foreign keys of the target cannot be deferred, ${first.name} of ${first.place} among them: rows of a transaction larger than memory, the snapshot's too, may come before those that they refer to`,
      hint: `Run for each: ALTER TABLE ${first.place} ALTER CONSTRAINT ${quoteIdentifier(first.name)} DEFERRABLE`,
    },
  ]
}

async function attempt(work: () => Promise<void>, message: string): Promise<Finding> {
  try {
    await work()
    return { level: 'good', message }
  } catch (error) {
    return problem(error)
  }
}

function problem(error: unknown): Finding {
  if (!(error instanceof TailraceError)) throw error
  return { level: 'problem', message: error.message, hint: error.hint }
}

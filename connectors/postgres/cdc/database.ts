// What the catalogs of the database say of itself and of tables. Read only.

import { postgresErrors } from '../errors.js'
import type { Relation, RelationColumn } from '../pgoutput/relation.js'
import type { Session } from '../wire/connect.js'
import type { TableName, TablePattern } from './table-names.js'
import { tableText } from './table-names.js'

export interface DatabaseIdentity {
  /** system_identifier of the cluster, as text: the same for its standbys, another for a cluster that was made anew. */
  readonly system: string
  readonly database: string
  readonly walLevel: string
}

/** Needs a replication session for the identity and an ordinary one for the rest. */
export async function identify(replication: Session, session: Session): Promise<DatabaseIdentity> {
  const [system] = await replication.query<{ readonly systemid: string; readonly dbname: string }>('IDENTIFY_SYSTEM')
  const [level] = await session.query<{ readonly level: string }>(`SELECT current_setting('wal_level') AS level`)
  if (system === undefined || level === undefined) {
    throw postgresErrors.make('postgres_protocol_violation', 'the server does not say who it is')
  }
  return { system: system.systemid, database: system.dbname, walLevel: level.level }
}

/** A table as the source reads it. A partitioned one stands for all of its partitions. */
export interface CapturedTable extends TableName {
  readonly oid: number
  readonly isPartitioned: boolean
  readonly identity: Relation['identity']
  /** Undefined when the table has none. */
  readonly primaryKey: readonly string[] | undefined
  /** Those that the stream carries, in their order. */
  readonly columns: readonly RelationColumn[]
  /** The row filter of the publication; undefined for all rows. */
  readonly where: string | undefined
}

interface TableRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly identity: string
  readonly columns: string
  readonly key: string | null
}

const identities: Readonly<Record<string, Relation['identity']>> = {
  d: 'default',
  n: 'nothing',
  f: 'full',
  i: 'index',
}

interface ColumnRow {
  readonly name: string
  readonly type: number
  readonly typmod: number
  readonly isKey: boolean
  readonly generated: string
}

/** A partition is left out where its root is there: the root stands for it. */
const tablesQuery = `
  SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
         c.relreplident::text AS identity,
         (SELECT coalesce(json_agg(json_build_object(
                   'name', a.attname, 'type', a.atttypid::int8, 'typmod', a.atttypmod, 'generated', a.attgenerated::text,
                   'isKey', c.relreplident = 'f' OR coalesce(a.attnum = ANY (i.indkey), false)) ORDER BY a.attnum), '[]')
            FROM pg_catalog.pg_attribute a
            LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
                 AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
         (SELECT json_agg(a.attname ORDER BY k.place)
            FROM pg_catalog.pg_index i, unnest(i.indkey) WITH ORDINALITY k (attnum, place)
            JOIN pg_catalog.pg_attribute a ON a.attnum = k.attnum
           WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid)::text AS key
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'`

const ofPatterns = `
     AND EXISTS (SELECT FROM json_to_recordset($1::json) AS p (schema text, "table" text)
                  WHERE p.schema = n.nspname AND (p."table" = c.relname OR (p."table" IS NULL AND NOT c.relispartition)))
   ORDER BY 2, 3`

/**
 * The tables that the patterns name, with all of their columns and without row filters. Errors: postgres_table_missing,
 * when a table that is named without `*` does not exist.
 */
export async function findTables(
  session: Session,
  patterns: readonly TablePattern[],
): Promise<readonly CapturedTable[]> {
  const rows = await session.query<TableRow>(`${tablesQuery}${ofPatterns}`, [JSON.stringify(patterns)])
  const found = rows.map((row) => captured(row, session.serverVersion))
  for (const { schema, table } of patterns) {
    if (table === undefined || found.some((one) => one.schema === schema && one.table === table)) continue
    throw postgresErrors.make('postgres_table_missing', `there is no table ${tableText({ schema, table })}`, {
      details: { schema, table },
      hint: 'Only ordinary and partitioned tables can be read: no views, no foreign, unlogged or temporary tables. Names are taken as they are written.',
    })
  }
  return found
}

/** The primary key of a table as it is now; undefined when it has none, or is gone. */
export async function primaryKeyOf(session: Session, oid: number): Promise<readonly string[] | undefined> {
  const [row] = await session.query<TableRow>(`${tablesQuery} AND c.oid = $1::oid`, [String(oid)])
  return row === undefined || row.key === null ? undefined : (JSON.parse(row.key) as string[])
}

/** Stored generated columns are sent since version 18 only, and virtual ones never. */
function captured(row: TableRow, serverVersion: number): CapturedTable {
  const sent = serverVersion >= 180000 ? ['', 's'] : ['']
  const columns = (JSON.parse(row.columns) as ColumnRow[]).filter(({ generated }) => sent.includes(generated))
  return {
    oid: Number(row.oid),
    schema: row.schema,
    table: row.name,
    isPartitioned: row.kind === 'p',
    identity: identities[row.identity] ?? 'default',
    primaryKey: row.key === null ? undefined : (JSON.parse(row.key) as string[]),
    columns: columns.map(({ name, type, typmod, isKey }) => ({ name, typeOid: type, typmod, isKey })),
    where: undefined,
  }
}

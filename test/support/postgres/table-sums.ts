// Whether two databases hold the same rows: count and checksum of each table over all its columns, whatever the order
// of rows and columns.

import type pg from 'pg'
import { quoteIdentifier } from '../../../connectors/postgres/wire/identifiers.js'

export interface TableSum {
  readonly table: string
  readonly rows: number
  /** MD5 of the rows' text forms, sorted byte by byte. */
  readonly checksum: string
}

/** The names of the tables of a schema, sorted. */
export async function tablesOf(client: pg.Client, schema = 'public'): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1 ORDER BY tablename COLLATE "C"',
    [schema],
  )
  return rows.map(({ name }) => name)
}

/** One sum for each table, all in one snapshot. */
export async function tableSums(
  client: pg.Client,
  tables: readonly string[],
  schema = 'public',
): Promise<readonly TableSum[]> {
  const sums: TableSum[] = []
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  for (const table of tables) sums.push(await sumOf(client, schema, table))
  await client.query('COMMIT')
  return sums
}

async function sumOf(client: pg.Client, schema: string, table: string): Promise<TableSum> {
  const columns = await client.query<{ name: string }>(
    `SELECT column_name::text AS name FROM information_schema.columns
      WHERE table_schema = $1 AND table_name = $2 ORDER BY column_name COLLATE "C"`,
    [schema, table],
  )
  const row = `ROW(${columns.rows.map(({ name }) => quoteIdentifier(name)).join(', ')})::text`
  const { rows } = await client.query<{ rows: number; checksum: string }>(
    `SELECT count(*)::int AS rows, md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), '')) AS checksum
       FROM (SELECT ${row} AS line FROM ${quoteIdentifier(schema)}.${quoteIdentifier(table)}) AS lines`,
  )
  return { table, ...rows[0]! }
}

// The SQL that reads a range of pages: rows in the order of `ctid`, which comes last, behind the values.
//
// A scan of a range of TIDs (since PostgreSQL 14) touches these pages alone. The settings leave the planner no other
// plan; the reader checks the order, since a position means nothing without it.

import { quoteIdentifier } from '../wire/identifiers.js'
import type { SnapshotTable } from './heaps.js'
import type { PageRange } from './part.js'

/** Of a session that reads ranges. Row security would leave out rows silently; like this it is an error. */
export const rangeSettings: Readonly<Record<string, string>> = {
  enable_seqscan: 'off',
  enable_indexscan: 'off',
  enable_indexonlyscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  max_parallel_workers_per_gather: '0',
  synchronize_seqscans: 'off',
  jit: 'off',
  row_security: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
}

/** `name` is the heap's, quoted; `condition` holds for the rows that are wanted, undefined for all. */
export function rangeQuery(
  name: string,
  { columns, where }: SnapshotTable,
  { firstPage, endPage, after }: PageRange,
  condition: string | undefined,
): string {
  const values = [...columns.map((column) => quoteIdentifier(column.name)), 'ctid'].join(', ')
  const from = after === undefined ? `ctid >= '(${firstPage},0)'` : `ctid > '${after}'`
  const conditions = [from, `ctid < '(${endPage},0)'`]
  if (where !== undefined) conditions.push(`(${where})`)
  if (condition !== undefined) conditions.push(`(${condition})`)
  return `COPY (SELECT ${values} FROM ONLY ${name} WHERE ${conditions.join(' AND ')}) TO STDOUT`
}

/** The types of the columns as they are now, whatever the transaction's snapshot shows: one row of OIDs. */
export function typesQuery(name: string, { columns }: SnapshotTable): string {
  const types = columns.map((column) => `pg_typeof(heap.${quoteIdentifier(column.name)})::oid::text`)
  return `SELECT ${types.join(', ')} FROM (VALUES (1)) AS one LEFT JOIN ONLY ${name} AS heap ON false`
}

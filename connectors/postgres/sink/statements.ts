// The statements that bring staged rows into a target: one for each outcome and set of columns.

import { quoteIdentifier } from '../wire/identifiers.js'
import type { ColumnSet } from './column-set.js'
import type { Outcome } from './fold.js'
import type { TargetTable } from './target-table.js'

/** The columns of a set, quoted, in its order. */
export function columnList(table: TargetTable, columns: readonly number[], prefix = ''): string {
  return columns.map((column) => prefix + quotedColumn(table, column)).join(', ')
}

/** What makes `staging` into `outcome` in the target; undefined when there is nothing to do. */
export function applyStatement(
  table: TargetTable,
  { outcome, set, staging }: { readonly outcome: Outcome; readonly set: ColumnSet; readonly staging: string },
): string | undefined {
  if (table.key === undefined) {
    return outcome === 'delete' ? deleteFromBag(table, set, staging) : insertRows(table, set, staging)
  }
  if (outcome === 'delete') return deleteByKey(table, table.key, staging)
  if (outcome === 'patch') return patchRows(table, table.key, { set, staging })
  return `${insertRows(table, set, staging)}\n${onConflict(table, table.key, { set, isReplaced: outcome === 'replace' })}`
}

/** One statement for all of them, as tables that refer to each other are truncated together or not at all. */
export function truncateStatement(tables: readonly TargetTable[], restartsIdentity: boolean): string {
  const names = tables.map(({ qualified }) => qualified).join(', ')
  return `TRUNCATE ${names}${restartsIdentity ? ' RESTART IDENTITY' : ''}`
}

function insertRows(table: TargetTable, set: ColumnSet, staging: string): string {
  const columns = columnList(table, set.columns)
  const overriding = table.hasAlwaysIdentity ? ' OVERRIDING SYSTEM VALUE' : ''
  return `INSERT INTO ${table.qualified} (${columns})${overriding} SELECT ${columns} FROM ${staging}`
}

function onConflict(
  table: TargetTable,
  key: readonly number[],
  { set, isReplaced }: { readonly set: ColumnSet; readonly isReplaced: boolean },
): string {
  const assignments = valueColumns(set, key).map((column) => {
    const name = quotedColumn(table, column)
    return `${name} = excluded.${name}`
  })
  if (isReplaced) {
    table.columns.forEach(({ isGenerated }, column) => {
      if (isGenerated || set.columns.includes(column)) return
      assignments.push(`${quotedColumn(table, column)} = DEFAULT`)
    })
  }
  const conflict = `ON CONFLICT (${columnList(table, key)})`
  return assignments.length === 0 ? `${conflict} DO NOTHING` : `${conflict} DO UPDATE SET ${assignments.join(', ')}`
}

function patchRows(
  table: TargetTable,
  key: readonly number[],
  { set, staging }: { readonly set: ColumnSet; readonly staging: string },
): string | undefined {
  const columns = valueColumns(set, key)
  if (columns.length === 0) return undefined
  const assignments = columns.map((column) => `${quotedColumn(table, column)} = staged.${quotedColumn(table, column)}`)
  return `UPDATE ${table.qualified} AS target SET ${assignments.join(', ')} FROM ${staging} AS staged WHERE ${sameKey(table, key)}`
}

function deleteByKey(table: TargetTable, key: readonly number[], staging: string): string {
  return `DELETE FROM ${table.qualified} AS target USING ${staging} AS staged WHERE ${sameKey(table, key)}`
}

/**
 * Takes as many rows away as are staged of each kind. Rows are compared by their text, which every type has; the text
 * of a row tells a null from an empty value.
 */
function deleteFromBag(table: TargetTable, set: ColumnSet, staging: string): string {
  const targetText = `ROW(${columnList(table, set.columns, 'target.')})::text`
  const stagedText = `ROW(${columnList(table, set.columns, 'staged.')})::text`
  return `DELETE FROM ${table.qualified} AS doomed USING (
  SELECT target.tableoid AS place, target.ctid AS at, wanted.count, row_number() OVER (PARTITION BY wanted.row) AS number
  FROM ${table.qualified} AS target
  JOIN (SELECT ${stagedText} AS row, count(*) AS count FROM ${staging} AS staged GROUP BY 1) AS wanted ON wanted.row = ${targetText}
) AS matched
WHERE doomed.tableoid = matched.place AND doomed.ctid = matched.at AND matched.number <= matched.count`
}

function sameKey(table: TargetTable, key: readonly number[]): string {
  return key
    .map((column) => `target.${quotedColumn(table, column)} = staged.${quotedColumn(table, column)}`)
    .join(' AND ')
}

function valueColumns(set: ColumnSet, key: readonly number[]): readonly number[] {
  return set.columns.filter((column) => !key.includes(column))
}

function quotedColumn(table: TargetTable, column: number): string {
  return quoteIdentifier(table.columns[column]!.name)
}

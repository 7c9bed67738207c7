// What `evolve` does to the target: tables created, columns added, types widened. Never dropped, never narrowed.
//
// Types come from the source's own words, the header pg.columns, where there is one. Values of a plain topic tell less:
// text, boolean, numeric and jsonb; a time stamp is never guessed.

import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { qualifiedName, quoteIdentifier } from '../wire/identifiers.js'
import type { TableName } from './table-template.js'
import type { TargetTable } from './target-table.js'
import { fitOf } from './type-fit.js'

/** A column that a table is to have. */
export interface WantedColumn {
  readonly name: string
  readonly typeName: string
  /** The type is read from a value, which travels as text whatever it is: no reason to doubt a column that exists. */
  readonly isGuess: boolean
}

/** A relation of the source, as the header pg.columns tells it. */
export interface SourceRelation {
  readonly key: readonly string[]
  readonly columns: readonly WantedColumn[]
}

/** Errors: postgres_record_unfit when the text is not what the source writes. */
export function readSourceRelation(text: string): SourceRelation {
  const read = JSON.parse(text) as {
    readonly key: readonly string[]
    readonly columns: readonly (readonly [string, string])[]
  }
  if (!Array.isArray(read.key) || !Array.isArray(read.columns)) {
    throw postgresErrors.make('postgres_record_unfit', `the header pg.columns is not what a source writes: ${text}`)
  }
  return { key: read.key, columns: read.columns.map(([name, typeName]) => ({ name, typeName, isGuess: false })) }
}

/** The type that a JSON value alone speaks for, by its first byte. */
export function typeOfValue(firstByte: number): string {
  switch (String.fromCharCode(firstByte)) {
    case '"':
      return 'text'
    case '{':
    case '[':
      return 'jsonb'
    case 't':
    case 'f':
      return 'boolean'
    default:
      return 'numeric'
  }
}

/** The statements that make the table; only its key is NOT NULL, as columns may disappear from the source. */
export function creation(name: TableName, columns: readonly WantedColumn[], key: readonly string[]): readonly string[] {
  const lines = columns.map(({ name: column, typeName }) => `${quoteIdentifier(column)} ${typeName}`)
  if (key.length > 0) lines.push(`PRIMARY KEY (${key.map(quoteIdentifier).join(', ')})`)
  return [`CREATE TABLE IF NOT EXISTS ${qualifiedName(name.schema, name.table)} (${lines.join(', ')})`]
}

/** What the table lacks of the wanted columns. */
export function additions(table: TargetTable, wanted: readonly WantedColumn[]): readonly string[] {
  return wanted
    .filter(({ name }) => !table.byName.has(name))
    .map(
      ({ name, typeName }) =>
        `ALTER TABLE ${table.qualified} ADD COLUMN IF NOT EXISTS ${quoteIdentifier(name)} ${typeName}`,
    )
}

/**
 * What columns need that are too narrow for the wanted types. Errors: postgres_target_unfit for a column whose type
 * cannot take the values at all.
 */
export function widenings(table: TargetTable, wanted: readonly WantedColumn[]): readonly string[] {
  return wanted.flatMap(({ name, typeName, isGuess }) => {
    const column = table.columns[table.byName.get(name) ?? -1]
    if (column === undefined || column.isGenerated || isGuess) return []
    const fit = fitOf(typeName, column.typeName)
    if (fit.fit === 'unfit') {
      throw postgresErrors.make(
        'postgres_target_unfit',
        `the column ${name} of ${table.qualified} is ${column.typeName}, and the source's is ${typeName}`,
        { details: { table: table.qualified, column: name, target: column.typeName, source: typeName } },
      )
    }
    if (fit.fit !== 'narrow') return []
    return [`ALTER TABLE ${table.qualified} ALTER COLUMN ${quoteIdentifier(name)} TYPE ${fit.widened}`]
  })
}

/** Types that the target does not have become text. */
export async function knownTypes(session: Session, wanted: readonly WantedColumn[]): Promise<readonly WantedColumn[]> {
  if (wanted.length === 0) return wanted
  const rows = await session.query<{ readonly known: boolean }>(
    `SELECT to_regtype(regexp_replace(name, '\\([^)]*\\)', '')) IS NOT NULL AS known
FROM unnest($1::text[]) WITH ORDINALITY AS given (name, number) ORDER BY number`,
    [wanted.map(({ typeName }) => typeName)],
  )
  return wanted.map((column, index) => (rows[index]!.known ? column : { ...column, typeName: 'text' }))
}

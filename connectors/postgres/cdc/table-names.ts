// The tables that settings name: `schema.table`, or `schema.*` for all of a schema.

import { postgresErrors } from '../errors.js'
import { parseTableName } from '../wire/identifiers.js'

export interface TableName {
  readonly schema: string
  readonly table: string
}

/** `table` is undefined for all tables of the schema. */
export interface TablePattern {
  readonly schema: string
  readonly table: string | undefined
}

/** Errors: postgres_name_invalid. */
export function parseTablePattern(text: string): TablePattern {
  const isWhole = text.endsWith('.*')
  const { schema, table } = parseTableName(isWhole ? text.slice(0, -2) : text)
  if (isWhole && schema === undefined) return { schema: table, table: undefined }
  if (!isWhole && schema !== undefined) return { schema, table }
  throw postgresErrors.make('postgres_name_invalid', `${text} is neither schema.table nor schema.*`, {
    details: { name: text },
  })
}

export function matches(patterns: readonly TablePattern[], { schema, table }: TableName): boolean {
  return patterns.some((pattern) => pattern.schema === schema && (pattern.table ?? table) === table)
}

/** As people write it; for messages and as the key of maps. */
export function tableText({ schema, table }: TableName): string {
  return `${partText(schema)}.${partText(table)}`
}

function partText(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

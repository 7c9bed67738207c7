// The columns of a Postgres table, as the header `pg.columns` of its change events tells them
// (`{"key": [name…], "columns": [[name, type]…]}`, types as format_type prints them), and what each type is in a table.

import type { Column, ColumnType, ScalarType } from '../table/column-type.js'

const plainTypes: Readonly<Record<string, ScalarType>> = {
  boolean: { kind: 'boolean' },
  smallint: { kind: 'int32' },
  integer: { kind: 'int32' },
  bigint: { kind: 'int64' },
  oid: { kind: 'int64' },
  real: { kind: 'float' },
  'double precision': { kind: 'double' },
  uuid: { kind: 'uuid' },
  bytea: { kind: 'binary' },
  date: { kind: 'date' },
  json: { kind: 'json' },
  jsonb: { kind: 'json' },
  hstore: { kind: 'json' },
}
const numericPattern = /^numeric\((\d+),(\d+)\)$/
const timePattern = /^time(?:\(\d\))? without time zone$/
const timestampPattern = /^timestamp(?:\(\d\))? (with|without) time zone$/
const mostDecimalDigits = 38

export interface PostgresColumns {
  readonly columns: readonly Column[]
  readonly key: readonly string[]
}

/** Undefined when the text is not what a source writes. */
export function readPostgresColumns(text: string): PostgresColumns | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { columns, key } = (value ?? {}) as { readonly columns?: unknown; readonly key?: unknown }
  if (!Array.isArray(columns) || !columns.every(isPair) || !Array.isArray(key) || !key.every(isText)) return undefined
  return { columns: columns.map(([name, type]) => ({ name, type: typeOfPostgres(type) })), key }
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** Types without a counterpart are Postgres' text. */
export function typeOfPostgres(name: string): ColumnType {
  if (name.endsWith('[]')) return { kind: 'list', element: typeOfPostgres(name.slice(0, -2)) }
  const plain = plainTypes[name]
  if (plain !== undefined) return plain
  const numeric = numericPattern.exec(name)
  if (numeric !== null) {
    const [precision, scale] = [Number(numeric[1]), Number(numeric[2])]
    return precision <= mostDecimalDigits && scale <= precision
      ? { kind: 'decimal', precision, scale }
      : { kind: 'string' }
  }
  if (timePattern.test(name)) return { kind: 'time' }
  const timestamp = timestampPattern.exec(name)
  return timestamp === null ? { kind: 'string' } : { kind: 'timestamp', isUtc: timestamp[1] === 'with' }
}

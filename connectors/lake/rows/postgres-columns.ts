// The columns of a Postgres table, as the header `pg.columns` of its change events tells them
// (`{"key": [name…], "columns": [[name, type]…]}`, types as format_type prints them), and what each type is in a table.

import type { Column, ColumnType } from '../table/column-type.js'
import { isColumnName } from './type-widening.js'

const plainTypes: Readonly<Record<string, ColumnType>> = {
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
  hstore: { kind: 'map', value: { kind: 'string' } },
}
const numericPattern = /^numeric\((\d+),(\d+)\)$/
const timePattern = /^time(?:\(\d\))? without time zone$/
const timestampPattern = /^timestamp(?:\(\d\))? (with|without) time zone$/
const mostDecimalDigits = 38

/** Types that come as text. */
const textPattern =
  /^(?:text|numeric|money|interval|inet|cidr|macaddr8?|xml|citext|name|character(?: varying)?(?:\(\d+\))?|bit(?: varying)?(?:\(\d+\))?|time(?:\(\d\))? with time zone)$/

/**
 * Without columns whose values tell more than the name of their type does: enums are text, composite types are structs,
 * domains are what lies below them. Undefined when the text is not what a source writes.
 */
export function readPostgresColumns(text: string): readonly Column[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { columns } = (value ?? {}) as { readonly columns?: unknown }
  if (!Array.isArray(columns) || !columns.every(isPair)) return undefined
  const named = new Map(columns)
  if (named.size !== columns.length || columns.some(([name]) => !isColumnName(name))) return undefined
  return columns.flatMap(([name, typeName]) => {
    const type = typeOfPostgres(typeName)
    return type === undefined ? [] : [{ name, type }]
  })
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** By the name that format_type prints; undefined when values have to tell. Arrays have one dimension. */
export function typeOfPostgres(name: string): ColumnType | undefined {
  if (!name.endsWith('[]')) return elementType(name)
  const element = elementType(name.slice(0, -2))
  return element === undefined ? undefined : { kind: 'list', element }
}

function elementType(name: string): ColumnType | undefined {
  if (Object.hasOwn(plainTypes, name)) return plainTypes[name]
  const numeric = numericPattern.exec(name)
  if (numeric !== null) {
    const [precision, scale] = [Number(numeric[1]), Number(numeric[2])]
    const isDecimal = precision >= 1 && precision <= mostDecimalDigits && scale <= precision
    return isDecimal ? { kind: 'decimal', precision, scale } : { kind: 'string' }
  }
  if (timePattern.test(name)) return { kind: 'time' }
  const timestamp = timestampPattern.exec(name)
  if (timestamp !== null) return { kind: 'timestamp', isUtc: timestamp[1] === 'with' }
  return textPattern.test(name) ? { kind: 'string' } : undefined
}

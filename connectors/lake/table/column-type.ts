// The types of a table's columns: what a file's schema is made of, and the form in which it is remembered.
//
// Every column may be null. Names are the source's own; a struct's fields keep the order in which they were found.

/** A column's values as one of Parquet's logical types; none has parts. */
export type ScalarType =
  | { readonly kind: 'boolean' | 'int32' | 'int64' | 'float' | 'double' }
  /** Text in UTF-8; `json` is the text of any JSON value. */
  | { readonly kind: 'string' | 'json' | 'binary' | 'uuid' }
  /** Days since 1970-01-01; microseconds since midnight. */
  | { readonly kind: 'date' | 'time' }
  /** Microseconds since 1970-01-01T00:00: of UTC, or of a clock on a wall whose zone nobody knows. */
  | { readonly kind: 'timestamp'; readonly isUtc: boolean }
  /** 1 to 38 digits, `scale` of them behind the point. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }

export type ColumnType = ScalarType | NestedType

export type NestedType =
  | { readonly kind: 'struct'; readonly fields: readonly Column[] }
  | { readonly kind: 'list'; readonly element: ColumnType }
  /** Keys are strings. */
  | { readonly kind: 'map'; readonly value: ColumnType }

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

/** The columns of a file, in the order in which they stand in it. */
export interface TableSchema {
  readonly columns: readonly Column[]
}

const sizes = new WeakMap<TableSchema, number>()

/** Of the schema as it is remembered. */
export function schemaBytes(schema: TableSchema): number {
  const known = sizes.get(schema)
  if (known !== undefined) return known
  const bytes = Buffer.byteLength(JSON.stringify(schema))
  sizes.set(schema, bytes)
  return bytes
}

export function isNested(type: ColumnType): type is NestedType {
  return type.kind === 'struct' || type.kind === 'list' || type.kind === 'map'
}

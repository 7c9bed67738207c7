// Rows as plain values: how tests put them into a batch, what they look like when they are read back, and how
// fast-check makes them up.
//
// A value is held as readers give it: integers of 64 bits and decimals (unscaled) as bigint, text and JSON as string,
// binary and UUIDs as Buffer, structs as objects, lists as arrays, maps as Map. Undefined is a column that is not put.

import fc from 'fast-check'
import type { Column, ColumnType, ScalarType, TableSchema } from '../../../../connectors/lake/table/column-type.js'
import type { LeafColumn } from '../../../../connectors/lake/table/leaf-column.js'
import { RowBatch } from '../../../../connectors/lake/table/row-batch.js'

export type Row = Readonly<Record<string, unknown>>

/** Puts a row; of a row that is to be rolled back only the first columns. */
export function putRow(batch: RowBatch, row: Row, columnCount = Infinity): void {
  let leaf = 0
  for (const [index, { name, type }] of batch.schema.columns.entries()) {
    const value = row[name]
    if (value === undefined || index >= columnCount) leaf += leafCount(type)
    else leaf = putValue(batch.leaves, leaf, type, { value, definition: 0, repetition: 0, depth: 0 })
  }
}

export function batchOf(schema: TableSchema, rows: readonly Row[]): RowBatch {
  const batch = new RowBatch(schema)
  for (const row of rows) {
    putRow(batch, row)
    batch.endRow()
  }
  return batch
}

interface Placed {
  readonly value: unknown
  readonly definition: number
  readonly repetition: number
  /** Lists and maps around it. */
  readonly depth: number
}

/** Returns the leaf behind those of the type. */
function putValue(leaves: readonly LeafColumn[], leaf: number, type: ColumnType, placed: Placed): number {
  const { value, definition, repetition, depth } = placed
  if (value === null || value === undefined) return putNulls(leaves, leaf, leafCount(type), placed)
  if (type.kind === 'struct') {
    let at = leaf
    for (const field of type.fields) {
      const inside = (value as Row)[field.name]
      at = putValue(leaves, at, field.type, { value: inside, definition: definition + 1, repetition, depth })
    }
    return at
  }
  if (type.kind !== 'list' && type.kind !== 'map') {
    putScalar(leaves[leaf]!, type, value, repetition)
    return leaf + 1
  }
  const entries = [...(value as Iterable<unknown>)]
  if (entries.length === 0) return putNulls(leaves, leaf, leafCount(type), { ...placed, definition: definition + 1 })
  for (const [index, entry] of entries.entries()) {
    const at = { definition: definition + 2, repetition: index === 0 ? repetition : depth + 1, depth: depth + 1 }
    if (type.kind === 'list') {
      putValue(leaves, leaf, type.element, { ...at, value: entry })
    } else {
      const [key, inside] = entry as [string, unknown]
      putScalar(leaves[leaf]!, { kind: 'string' }, key, at.repetition)
      putValue(leaves, leaf + 1, type.value, { ...at, value: inside })
    }
  }
  return leaf + leafCount(type)
}

function putNulls(leaves: readonly LeafColumn[], leaf: number, count: number, placed: Placed): number {
  for (let at = leaf; at < leaf + count; at++) leaves[at]!.putNull(placed.definition, placed.repetition)
  return leaf + count
}

function putScalar(leaf: LeafColumn, type: ScalarType, value: unknown, repetition: number): void {
  switch (type.kind) {
    case 'boolean':
      leaf.putBoolean(value as boolean, repetition)
      return
    case 'int32':
    case 'date':
      leaf.putInt32(value as number, repetition)
      return
    case 'float':
    case 'double':
      leaf.putDouble(value as number, repetition)
      return
    case 'int64':
    case 'time':
    case 'timestamp':
    case 'decimal': {
      const isSafe = Number.isSafeInteger(Number(value))
      if (isSafe) leaf.putInteger(Number(value), repetition)
      else leaf.putBigInt(value as bigint, repetition)
      return
    }
    case 'string':
    case 'json':
    case 'binary':
    case 'uuid': {
      // Not at the start of its memory, as in a record.
      const bytes = Buffer.concat([Buffer.from('<<'), asBytes(value as string | Buffer), Buffer.from('>')])
      leaf.putBytes(bytes, 2, bytes.length - 1, repetition)
    }
  }
}

function asBytes(value: string | Buffer): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value
}

function leafCount(type: ColumnType): number {
  if (type.kind === 'struct') return type.fields.reduce((sum, field) => sum + leafCount(field.type), 0)
  if (type.kind === 'list') return leafCount(type.element)
  if (type.kind === 'map') return 1 + leafCount(type.value)
  return 1
}

/** What can be compared: the row with every column, and every value as text that says all of it. */
export function comparable(schema: TableSchema, row: Row): Row {
  return comparableFields(schema.columns, row)
}

function comparableFields(fields: readonly Column[], row: Row): Row {
  return Object.fromEntries(fields.map(({ name, type }) => [name, comparableValue(type, row[name])]))
}

function comparableValue(type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'struct':
      return comparableFields(type.fields, value as Row)
    case 'list':
      return (value as readonly unknown[]).map((element) => comparableValue(type.element, element))
    case 'map':
      return [...(value as Map<string, unknown>)].map(([key, inside]) => [key, comparableValue(type.value, inside)])
    case 'float':
      return textOfNumber(Math.fround(Number(value)))
    case 'double':
      return textOfNumber(Number(value))
    case 'binary':
    case 'uuid':
      return (value as Buffer).toString('hex')
    case 'boolean':
    case 'string':
    case 'json':
      return value
    case 'int32':
    case 'int64':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'decimal':
      return String(value as number | bigint)
  }
}

/** Keeps the sign of a zero. */
export function textOfNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

const names = ['id', 'b c', 'list', 'element', 'ünï.x', 'key', 'key_value', 'g"h'] as const

const scalarType: fc.Arbitrary<ScalarType> = fc.oneof(
  fc.constantFrom<ScalarType>(
    { kind: 'boolean' },
    { kind: 'int32' },
    { kind: 'int64' },
    { kind: 'float' },
    { kind: 'double' },
    { kind: 'string' },
    { kind: 'json' },
    { kind: 'binary' },
    { kind: 'uuid' },
    { kind: 'date' },
    { kind: 'time' },
    { kind: 'timestamp', isUtc: true },
    { kind: 'timestamp', isUtc: false },
  ),
  fc
    .integer({ min: 1, max: 38 })
    .chain((precision) =>
      fc.integer({ min: 0, max: precision }).map((scale): ScalarType => ({ kind: 'decimal', precision, scale })),
    ),
)

function columnType(depth: number): fc.Arbitrary<ColumnType> {
  if (depth === 0) return scalarType
  return fc.oneof(
    { weight: 3, arbitrary: scalarType },
    { weight: 1, arbitrary: columnsOf(depth - 1, 3).map((fields): ColumnType => ({ kind: 'struct', fields })) },
    { weight: 1, arbitrary: columnType(depth - 1).map((element): ColumnType => ({ kind: 'list', element })) },
    { weight: 1, arbitrary: columnType(depth - 1).map((value): ColumnType => ({ kind: 'map', value })) },
  )
}

function columnsOf(depth: number, most: number): fc.Arbitrary<readonly Column[]> {
  return fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: most })
    .chain((chosen) => fc.tuple(...chosen.map((name) => columnType(depth).map((type): Column => ({ name, type })))))
}

/** Up to five columns, up to three levels deep. */
export const anySchema: fc.Arbitrary<TableSchema> = columnsOf(3, 5).map((columns) => ({ columns }))

export function anyRow({ columns }: TableSchema): fc.Arbitrary<Row> {
  return fc.record(Object.fromEntries(columns.map(({ name, type }) => [name, anyValue(type)])), { requiredKeys: [] })
}

const text = fc.oneof(
  fc.constantFrom('', 'GET', 'ä', '🙂', 'z'.repeat(80)),
  // hyparquet makes maps objects.
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => value !== '__proto__'),
)

function anyValue(type: ColumnType): fc.Arbitrary<unknown> {
  return fc.option(valueOf(type), { nil: null, freq: 4 })
}

function valueOf(type: ColumnType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int32':
      return fc.integer()
    case 'date':
      return fc.integer({ min: -719_162, max: 2_932_896 })
    case 'int64':
      return fc.oneof(fc.integer().map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    case 'float':
    case 'double':
      return fc.oneof(fc.constantFrom(0, -0, NaN, Infinity, -Infinity), fc.double())
    case 'string':
      return text
    case 'json':
      return fc.json({ maxDepth: 1 })
    case 'binary':
      return fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes))
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes))
    case 'time':
      return fc.bigInt({ min: 0n, max: 86_399_999_999n })
    case 'timestamp':
      return fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
    case 'decimal': {
      const end = 10n ** BigInt(type.precision)
      return fc.bigInt({ min: 1n - end, max: end - 1n })
    }
    case 'struct':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, anyValue(field.type)])))
    case 'list':
      return fc.array(anyValue(type.element), { maxLength: 4 })
    case 'map':
      return fc
        .uniqueArray(fc.tuple(text, anyValue(type.value)), { maxLength: 3, selector: ([key]) => key })
        .map((entries) => new Map(entries))
  }
}

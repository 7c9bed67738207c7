import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Column, ColumnType, TableSchema } from '../../../../connectors/lake/table/column-type.js'
import { RowBatch } from '../../../../connectors/lake/table/row-batch.js'
import { parquetFile } from '../parquet/parquet-file.js'
import { DuckReader } from '../parquet/parquet-readers.js'
import { anyRow, anySchema, batchOf, comparable, putRow } from '../parquet/table-values.js'
import type { Row } from '../parquet/table-values.js'

const directory = mkdtempSync(join(tmpdir(), 'row-batch-'))
const duck = new DuckReader(directory)

afterAll(() => rmSync(directory, { recursive: true }))

function column(type: ColumnType): TableSchema {
  return { columns: [{ name: 'v', type }] }
}

/** What a schema was before it grew: each bit takes something out or makes it narrower. */
function earlier(schema: TableSchema, bits: readonly boolean[]): TableSchema {
  let used = 0
  const chance = () => bits[used++ % bits.length]!
  const fieldsOf = (fields: readonly Column[]): readonly Column[] => {
    const kept = fields.filter(() => chance())
    return (kept.length === 0 ? fields.slice(0, 1) : kept).map(({ name, type }) => ({ name, type: typeOf(type) }))
  }
  const typeOf = (type: ColumnType): ColumnType => {
    if (type.kind === 'struct') return { kind: 'struct', fields: fieldsOf(type.fields) }
    if (type.kind === 'list') return { kind: 'list', element: typeOf(type.element) }
    if (type.kind === 'map') return { kind: 'map', value: typeOf(type.value) }
    if (type.kind === 'double') return { kind: chance() ? 'int32' : 'double' }
    return type.kind === 'int64' && chance() ? { kind: 'int32' } : type
  }
  return { columns: fieldsOf(schema.columns) }
}

const anyGrowth = fc
  .record({ later: anySchema, bits: fc.array(fc.boolean(), { minLength: 7, maxLength: 31 }) })
  .map(({ later, bits }) => ({ later, first: earlier(later, bits) }))
  .chain(({ later, first }) =>
    fc.record({
      later: fc.constant(later),
      first: fc.constant(first),
      firstRows: fc.array(anyRow(first), { maxLength: 12 }),
      laterRows: fc.array(anyRow(later), { maxLength: 12 }),
    }),
  )

describe('rows in memory', () => {
  it('take on a schema that has grown, as if it had been there from the start', async () => {
    await fc.assert(
      fc.asyncProperty(anyGrowth, async ({ first, later, firstRows, laterRows }) => {
        const grown = batchOf(first, firstRows)
        expect(grown.canEvolve(later)).toBe(true)
        grown.evolve(later)
        for (const row of laterRows) {
          putRow(grown, row)
          grown.endRow()
        }
        const rows = [...firstRows, ...laterRows]
        const fromTheStart = batchOf(later, rows)
        expect(grown.sizeBytes).toBe(fromTheStart.sizeBytes)
        if (rows.length === 0) return
        const file = await parquetFile(later, [grown])
        expect(await duck.rows(file, later)).toEqual(rows.map((row) => comparable(later, row)))
        expect(file.equals(await parquetFile(later, [fromTheStart]))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('forget a row that is rolled back, wherever it had come to', async () => {
    const anyAttempts = anySchema.chain((schema) =>
      fc.record({
        schema: fc.constant(schema),
        attempts: fc.array(fc.record({ row: anyRow(schema), isKept: fc.boolean(), columnCount: fc.nat(5) }), {
          minLength: 1,
          maxLength: 25,
        }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(anyAttempts, async ({ schema, attempts }) => {
        const batch = new RowBatch(schema)
        for (const { row, isKept, columnCount } of attempts) {
          putRow(batch, row, isKept ? Infinity : columnCount)
          if (isKept) batch.endRow()
          else batch.rollback()
        }
        const kept = batchOf(
          schema,
          attempts.filter(({ isKept }) => isKept).map(({ row }) => row),
        )
        expect(batch.sizeBytes).toBe(kept.sizeBytes)
        expect(batch.rowCount).toBe(kept.rowCount)
        if (kept.rowCount > 0) {
          expect((await parquetFile(schema, [batch])).equals(await parquetFile(schema, [kept]))).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('forget a row that filled the dictionary', async () => {
    const schema = column({ kind: 'list', element: { kind: 'string' } })
    const many = Array.from({ length: 70_000 }, (_, index) => `v${index}`)
    const rows: readonly Row[] = [{ v: ['a', 'v7'] }, { v: ['b'] }]
    const batch = batchOf(schema, rows)
    const sizeBytes = batch.sizeBytes
    putRow(batch, { v: many })
    expect(batch.sizeBytes).toBeGreaterThan(sizeBytes)
    batch.rollback()
    expect(batch.sizeBytes).toBe(sizeBytes)
    putRow(batch, rows[0]!)
    batch.endRow()
    const without = await parquetFile(schema, [batchOf(schema, [...rows, rows[0]!])])
    expect((await parquetFile(schema, [batch])).equals(without)).toBe(true)
  })

  it('begin anew after they were cleared', async () => {
    const schema = column({ kind: 'string' })
    const batch = batchOf(schema, [{ v: 'a' }, { v: null }, { v: 'b' }])
    batch.clear()
    expect([batch.rowCount, batch.sizeBytes]).toEqual([0, 0])
    putRow(batch, { v: 'c' })
    batch.endRow()
    const fresh = await parquetFile(schema, [batchOf(schema, [{ v: 'c' }])])
    expect((await parquetFile(schema, [batch])).equals(fresh)).toBe(true)
  })

  it('say how much memory they take, of what repeats too', () => {
    const schema = column({ kind: 'string' })
    const value = 'x'.repeat(1000)
    const repeated = batchOf(
      schema,
      Array.from({ length: 5000 }, () => ({ v: value })),
    )
    expect(repeated.sizeBytes).toBeGreaterThan(5000 * 3)
    expect(repeated.sizeBytes).toBeLessThan(5000 * 4)
    const different = batchOf(
      schema,
      Array.from({ length: 5000 }, (_, index) => ({ v: value + index })),
    )
    expect(different.sizeBytes).toBeGreaterThan(5000 * 1000)
    expect(different.sizeBytes).toBeLessThan(5000 * 1040)
  })

  it('do not round: an int64 that is no double stops them from growing', () => {
    const schema = column({ kind: 'list', element: { kind: 'int64' } })
    const later = column({ kind: 'list', element: { kind: 'double' } })
    expect(batchOf(schema, [{ v: [2n ** 53n, -(2n ** 53n), 2n ** 60n] }]).canEvolve(later)).toBe(true)
    expect(batchOf(schema, [{ v: [1n, 2n ** 53n + 1n] }]).canEvolve(later)).toBe(false)
  })
})

describe('what a caller must see to', () => {
  const day = 86_400_000_000
  const wrongs: readonly (readonly [string, ColumnType, (batch: RowBatch) => void])[] = [
    ['a fraction in an int32', { kind: 'int32' }, ({ leaves }) => leaves[0]!.putInt32(1.5, 0)],
    ['an int32 beyond its 32 bits', { kind: 'int32' }, ({ leaves }) => leaves[0]!.putInt32(2 ** 31, 0)],
    ['an unsafe integer as a number', { kind: 'int64' }, ({ leaves }) => leaves[0]!.putInteger(2 ** 53, 0)],
    ['an int64 beyond its 64 bits', { kind: 'int64' }, ({ leaves }) => leaves[0]!.putBigInt(2n ** 63n, 0)],
    ['a time that is the end of a day', { kind: 'time' }, ({ leaves }) => leaves[0]!.putInteger(day, 0)],
    ['too many digits', { kind: 'decimal', precision: 3, scale: 1 }, ({ leaves }) => leaves[0]!.putInteger(1000, 0)],
    [
      'far too many digits',
      { kind: 'decimal', precision: 38, scale: 1 },
      ({ leaves }) => leaves[0]!.putBigInt(10n ** 38n, 0),
    ],
    ['a UUID of 15 bytes', { kind: 'uuid' }, ({ leaves }) => leaves[0]!.putBytes(Buffer.alloc(15), 0, 15, 0)],
    ['bytes behind the end', { kind: 'string' }, ({ leaves }) => leaves[0]!.putBytes(Buffer.alloc(3), 2, 4, 0)],
    ['text in a number', { kind: 'double' }, ({ leaves }) => leaves[0]!.putBytes(Buffer.alloc(8), 0, 8, 0)],
    ['a number in text', { kind: 'string' }, ({ leaves }) => leaves[0]!.putDouble(1, 0)],
    ['a boolean in text', { kind: 'string' }, ({ leaves }) => leaves[0]!.putBoolean(true, 0)],
    ['a null at the definition of a value', { kind: 'string' }, ({ leaves }) => leaves[0]!.putNull(1, 0)],
    ['a repetition where there is no list', { kind: 'double' }, ({ leaves }) => leaves[0]!.putDouble(1, 1)],
    [
      'two values in a row',
      { kind: 'double' },
      ({ leaves }) => {
        leaves[0]!.putDouble(1, 0)
        leaves[0]!.putDouble(2, 0)
      },
    ],
    [
      'a second element without a first one',
      { kind: 'list', element: { kind: 'double' } },
      ({ leaves }) => leaves[0]!.putDouble(1, 1),
    ],
    ['a struct without fields', { kind: 'int32' }, (batch) => batch.evolve(column({ kind: 'struct', fields: [] }))],
    ['a column that goes', { kind: 'int32' }, (batch) => batch.evolve({ columns: [] })],
    ['a number that becomes text', { kind: 'int32' }, (batch) => batch.evolve(column({ kind: 'string' }))],
    [
      'a schema that grows within a row',
      { kind: 'int32' },
      (batch) => {
        batch.leaves[0]!.putInt32(1, 0)
        batch.evolve(column({ kind: 'int64' }))
      },
    ],
  ]

  it.each(wrongs)('is an invariant: %s', (_, type, wrong) => {
    expect(() => wrong(new RowBatch(column(type)))).toThrow(expect.objectContaining({ name: 'InvariantError' }))
  })

  it('is an invariant: a decimal of 39 digits', () => {
    expect(() => new RowBatch(column({ kind: 'decimal', precision: 39, scale: 0 }))).toThrow(/39 digits/)
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareZstd } from '../../../../core/record/zstd.js'
import type { Column, ColumnType } from '../../../../connectors/lake/table/column-type.js'
import { parquetFile } from './parquet-file.js'
import { DuckReader, hyparquetRows } from './parquet-readers.js'
import { anyRow, anySchema, batchOf, comparable, textOfNumber } from './table-values.js'
import type { Row } from './table-values.js'

const directory = mkdtempSync(join(tmpdir(), 'parquet-'))
const duck = new DuckReader(directory)

beforeAll(prepareZstd)
afterAll(() => rmSync(directory, { recursive: true }))

/** A schema and the rows of up to three row groups. */
const anyTable = anySchema.chain((schema) =>
  fc.record({
    schema: fc.constant(schema),
    groups: fc.array(fc.array(anyRow(schema), { minLength: 1, maxLength: 20 }), { maxLength: 3 }),
    compression: fc.constantFrom('none' as const, 'snappy' as const, 'gzip' as const, 'zstd' as const),
  }),
)

/** As hyparquet gives them: decimals as doubles, entries of maps as those of an object. */
function loosened(type: ColumnType, value: unknown): unknown {
  if (value === null) return null
  if (type.kind === 'decimal') return textOfNumber(Number(value) * 10 ** -type.scale)
  if (type.kind === 'struct') return loosenedFields(type.fields, value as Row)
  if (type.kind === 'list') return (value as unknown[]).map((element) => loosened(type.element, element))
  if (type.kind !== 'map') return value
  const entries = (value as [string, unknown][]).map(([key, inside]) => [key, loosened(type.value, inside)])
  return Object.entries(Object.fromEntries(entries) as Row)
}

function loosenedFields(fields: readonly Column[], row: Row): Row {
  return Object.fromEntries(fields.map(({ name, type }) => [name, loosened(type, row[name])]))
}

describe('a Parquet file', () => {
  it('gives DuckDB and hyparquet the rows that were put', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async ({ schema, groups, compression }) => {
        const batches = groups.map((rows) => batchOf(schema, rows))
        const file = await parquetFile(schema, batches, { compression })
        const rows = groups.flat().map((row) => comparable(schema, row))
        expect(await duck.rows(file, schema)).toEqual(rows)
        expect(await hyparquetRows(file, schema)).toEqual(rows.map((row) => loosenedFields(schema.columns, row)))
      }),
      { numRuns: 100 },
    )
  })

  it('has the same bytes for the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async ({ schema, groups, compression }) => {
        const made = () =>
          parquetFile(
            schema,
            groups.map((rows) => batchOf(schema, rows)),
            { compression },
          )
        expect((await made()).equals(await made())).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

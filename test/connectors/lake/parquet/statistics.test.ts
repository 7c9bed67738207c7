import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { afterAll, describe, expect, it } from 'vitest'
import type { ScalarType, TableSchema } from '../../../../connectors/lake/table/column-type.js'
import { parquetFile } from './parquet-file.js'
import { DuckReader } from './parquet-readers.js'
import { anyRow, batchOf } from './table-values.js'

const directory = mkdtempSync(join(tmpdir(), 'parquet-'))
const duck = new DuckReader(directory)

afterAll(() => rmSync(directory, { recursive: true }))

const types: readonly ScalarType[] = [
  { kind: 'boolean' },
  { kind: 'int32' },
  { kind: 'int64' },
  { kind: 'float' },
  { kind: 'double' },
  { kind: 'string' },
  { kind: 'binary' },
  { kind: 'uuid' },
  { kind: 'date' },
  { kind: 'time' },
  { kind: 'timestamp', isUtc: true },
  { kind: 'timestamp', isUtc: false },
  { kind: 'decimal', precision: 5, scale: 2 },
  { kind: 'decimal', precision: 15, scale: 2 },
  { kind: 'decimal', precision: 38, scale: 2 },
]

function column(type: ScalarType): TableSchema {
  return { columns: [{ name: 'v', type }] }
}

interface Statistics {
  readonly least: unknown
  readonly most: unknown
  readonly nullCount: number | undefined
  readonly isLeastExact: boolean | undefined
  readonly isMostExact: boolean | undefined
}

/** What the footer says about one row group of one column. */
async function statisticsOf(type: ScalarType, values: readonly unknown[]): Promise<Statistics> {
  const file = await parquetFile(column(type), [
    batchOf(
      column(type),
      values.map((v) => ({ v })),
    ),
  ])
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer
  const found = parquetMetadata(bytes).row_groups[0]?.columns[0]?.meta_data?.statistics
  return {
    least: found?.min_value,
    most: found?.max_value,
    nullCount: found?.null_count === undefined ? undefined : Number(found.null_count),
    isLeastExact: found?.is_min_value_exact,
    isMostExact: found?.is_max_value_exact,
  }
}

describe('statistics', () => {
  it.each(types)('never hide a row from a filter: $kind', async (type) => {
    const schema = column(type)
    const anyGroups = fc.array(fc.array(anyRow(schema), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(anyGroups, async (groups) => {
        const file = await parquetFile(
          schema,
          groups.map((rows) => batchOf(schema, rows)),
        )
        const name = duck.keep(file)
        await duck.query(`create or replace table whole as select * from read_parquet(${name})`)
        const [described] = await duck.query('select typeof(v) as type from whole limit 1')
        const texts = await duck.query(
          `select distinct replace(v::varchar, '''', '''''') as text from whole where v is not null`,
        )
        const conditions = ['v is null', 'v is not null']
        for (const { text } of texts) {
          for (const operator of ['=', '<>', '<', '<=', '>', '>=']) {
            conditions.push(`v ${operator} '${String(text as string)}'::${String(described!['type'] as string)}`)
          }
        }
        const same = conditions.map(
          (condition, index) =>
            `(select count(*) from read_parquet(${name}) where ${condition}) = (select count(*) from whole where ${condition}) as c${index}`,
        )
        const [answers] = await duck.query(`select ${same.join(', ')}`)
        expect(Object.values(answers!).every((isSame) => isSame === true)).toBe(true)
      }),
      { numRuns: 4 },
    )
  })

  it('say the least and the most of what is there', async () => {
    expect(await statisticsOf({ kind: 'int32' }, [5, null, -7, 3])).toMatchObject({ least: -7, most: 5, nullCount: 1 })
    expect(await statisticsOf({ kind: 'int64' }, [1n, -(2n ** 63n), 2n ** 40n])).toMatchObject({
      least: -(2n ** 63n),
      most: 2n ** 40n,
      nullCount: 0,
    })
    expect(await statisticsOf({ kind: 'boolean' }, [true, true])).toMatchObject({ least: true, most: true })
    expect(await statisticsOf({ kind: 'string' }, ['b', 'ba', '', 'é'])).toMatchObject({ least: '', most: 'é' })
  })

  it('order decimals of sixteen bytes by their sign', async () => {
    const type: ScalarType = { kind: 'decimal', precision: 30, scale: 0 }
    expect(await statisticsOf(type, [1n, -5n, 10n ** 20n])).toMatchObject({ least: -5, most: 1e20 })
  })

  it('say nothing about a column without values but how many are missing', async () => {
    expect(await statisticsOf({ kind: 'double' }, [null, null])).toEqual({
      least: undefined,
      most: undefined,
      nullCount: 2,
      isLeastExact: undefined,
      isMostExact: undefined,
    })
  })

  it('have no bounds where there is a NaN, which some readers hold for the greatest number', async () => {
    expect(await statisticsOf({ kind: 'double' }, [NaN, 1, 2])).toMatchObject({ least: undefined, most: undefined })
    expect(await statisticsOf({ kind: 'double' }, [NaN])).toMatchObject({ least: undefined, most: undefined })
  })

  it('admit both zeros where one of them is a bound', async () => {
    expect(await statisticsOf({ kind: 'double' }, [0, 3])).toMatchObject({ least: -0, most: 3 })
    expect(await statisticsOf({ kind: 'float' }, [-3, -0])).toMatchObject({ least: -3, most: 0 })
  })

  it('shorten long text to whole characters, and say that they did', async () => {
    const found = await statisticsOf({ kind: 'string' }, ['é'.repeat(50), 'ü'.repeat(50)])
    expect(found).toMatchObject({ least: 'é'.repeat(32), isLeastExact: false, isMostExact: false })
    expect(found.most).toBe(`${'ü'.repeat(31)}ý`)
  })

  it('have a short bound above the last character there is, or none', async () => {
    const last = '\u{10ffff}'
    expect((await statisticsOf({ kind: 'string' }, [`ab${last.repeat(30)}`])).most).toBe('ac')
    expect((await statisticsOf({ kind: 'string' }, [last.repeat(30)])).most).toBeUndefined()
    // The next one of the last character in front of the surrogates is behind them.
    expect((await statisticsOf({ kind: 'string' }, [`${'x'.repeat(61)}\ud7ffyz`])).most).toBe(`${'x'.repeat(61)}\ue000`)
  })

  it('say nothing about JSON that would have to be shortened', async () => {
    const long = JSON.stringify('x'.repeat(100))
    expect(await statisticsOf({ kind: 'json' }, [long])).toMatchObject({ least: undefined, most: undefined })
  })
})

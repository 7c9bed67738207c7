import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Column, ColumnType, TableSchema } from '../../../../connectors/lake/table/column-type.js'
import { RowBatch } from '../../../../connectors/lake/table/row-batch.js'
import { parquetFile } from './parquet-file.js'
import { DuckReader, hyparquetRows } from './parquet-readers.js'
import { batchOf, comparable, putRow } from './table-values.js'
import type { Row } from './table-values.js'

const directory = mkdtempSync(join(tmpdir(), 'parquet-'))
const duck = new DuckReader(directory)

afterAll(() => rmSync(directory, { recursive: true }))

async function readBack(schema: TableSchema, rows: readonly Row[]): Promise<void> {
  const file = await parquetFile(schema, [batchOf(schema, rows)], { compression: 'snappy' })
  const expected = rows.map((row) => comparable(schema, row))
  expectSame(await duck.rows(file, schema), expected)
  expectSame(await hyparquetRows(file, schema), expected)
}

/** As text: a deep comparison of many rows takes seconds. */
function expectSame(rows: readonly Row[], expected: readonly Row[]): void {
  expect(rows.length).toBe(expected.length)
  const differing = rows.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(expected[index]))
  if (differing >= 0) expect(rows[differing]).toEqual(expected[differing])
}

function column(name: string, type: ColumnType): TableSchema {
  return { columns: [{ name, type }] }
}

describe('the extremes of every type', () => {
  const extremes: readonly (readonly [ColumnType, readonly unknown[], string])[] = [
    [{ kind: 'boolean' }, [true, false], 'BOOLEAN'],
    [{ kind: 'int32' }, [-(2 ** 31), -1, 0, 2 ** 31 - 1], 'INTEGER'],
    [{ kind: 'int64' }, [-(2n ** 63n), -(2n ** 53n), -1n, 2n ** 53n, 2n ** 63n - 1n], 'BIGINT'],
    [{ kind: 'float' }, [-0, 2 ** -149, Infinity, NaN, 0.1], 'FLOAT'],
    [{ kind: 'double' }, [-0, 5e-324, Number.MAX_VALUE, -Infinity, NaN], 'DOUBLE'],
    [{ kind: 'string' }, ['', '\0', '🙂'.repeat(1000), '\u{10ffff}', 'x'.repeat(2 ** 20)], 'VARCHAR'],
    [{ kind: 'json' }, ['null', '{"a":[1,2.50]}'], 'JSON'],
    [{ kind: 'binary' }, [Buffer.alloc(0), Buffer.alloc(2 ** 20, 0xff)], 'BLOB'],
    [{ kind: 'uuid' }, [Buffer.alloc(16), Buffer.alloc(16, 0xff)], 'UUID'],
    // The years 1 and 9999.
    [{ kind: 'date' }, [-719_162, -1, 0, 2_932_896], 'DATE'],
    [{ kind: 'time' }, [0n, 86_399_999_999n], 'TIME'],
    [
      { kind: 'timestamp', isUtc: true },
      [-62_135_596_800_000_000n, -1n, 253_402_300_799_999_999n],
      'TIMESTAMP WITH TIME ZONE',
    ],
    [{ kind: 'timestamp', isUtc: false }, [-62_135_596_800_000_000n, -1n, 253_402_300_799_999_999n], 'TIMESTAMP'],
    [{ kind: 'decimal', precision: 9, scale: 9 }, [-999_999_999n, 0n, 999_999_999n], 'DECIMAL(9,9)'],
    [{ kind: 'decimal', precision: 18, scale: 0 }, [1n - 10n ** 18n, -1n, 10n ** 18n - 1n], 'DECIMAL(18,0)'],
    [{ kind: 'decimal', precision: 38, scale: 10 }, [1n - 10n ** 38n, -1n, 0n, 1n, 10n ** 38n - 1n], 'DECIMAL(38,10)'],
  ]

  it.each(extremes)('come back: $kind', async (type, values, duckType) => {
    const schema = column('v', type)
    const rows = [...values, null, values[0]].map((v) => ({ v }))
    const file = await parquetFile(schema, [batchOf(schema, rows)])
    expect(await duck.rows(file, schema)).toEqual(rows.map((row) => comparable(schema, row)))
    if (type.kind !== 'decimal') await readBack(schema, rows)
    const [described] = await duck.query(`describe select * from read_parquet(${duck.keep(file)})`)
    expect(described).toMatchObject({ column_name: 'v', column_type: duckType })
  })
})

describe('the shape of a file', () => {
  it('may have no rows, and has its columns all the same', async () => {
    const schema = column('v', { kind: 'list', element: { kind: 'int64' } })
    const file = await parquetFile(schema, [])
    expect(await duck.rows(file, schema)).toEqual([])
    expect(await hyparquetRows(file, schema)).toEqual([])
    expect(await duck.query(`describe select * from read_parquet(${duck.keep(file)})`)).toMatchObject([
      { column_name: 'v', column_type: 'BIGINT[]' },
    ])
  })

  it('may have two thousand columns, of which a row has a few', async () => {
    const columns = Array.from({ length: 2000 }, (_, index): Column => ({ name: `c${index}`, type: { kind: 'int64' } }))
    const rows = Array.from({ length: 50 }, (_, index) => ({ [`c${index * 7}`]: BigInt(index), c1999: 1n }))
    await readBack({ columns }, rows)
  })

  it('may be two hundred structs deep', async () => {
    let type: ColumnType = { kind: 'int64' }
    let value: unknown = 7n
    for (let depth = 0; depth < 200; depth++) {
      type = { kind: 'struct', fields: [{ name: 's', type }] }
      value = { s: value }
    }
    await readBack(column('v', type), [{ v: value }, { v: { s: { s: null } } }, { v: null }])
  })

  it('may be twelve lists deep', async () => {
    let type: ColumnType = { kind: 'list', element: { kind: 'string' } }
    let value: unknown = ['a', null]
    for (let depth = 1; depth < 12; depth++) {
      type = { kind: 'list', element: type }
      value = [null, value, []].slice(depth % 2)
    }
    await readBack(column('v', type), [{ v: value }, { v: [] }, { v: [[null, []]] }])
  })

  it('may have many row groups', async () => {
    const schema = column('v', { kind: 'int64' })
    const rows = Array.from({ length: 300 }, (_, index) => ({ v: BigInt(index) }))
    const file = await parquetFile(
      schema,
      rows.map((row) => batchOf(schema, [row])),
    )
    expect(await duck.rows(file, schema)).toEqual(rows.map((row) => comparable(schema, row)))
    expect(await hyparquetRows(file, schema)).toEqual(rows.map((row) => comparable(schema, row)))
    expect(await duck.count(`select count(distinct row_group_id) from parquet_metadata(${duck.keep(file)})`)).toBe(300)
  })

  it('keeps what it is told in the footer, and says who wrote it', async () => {
    const metadata = new Map([
      ['hub', 'h-1'],
      ['range', '0-99'],
    ])
    const file = await parquetFile(column('v', { kind: 'int64' }), [], { metadata })
    const kept = await duck.query(
      `select decode(key) as key, decode(value) as value from parquet_kv_metadata(${duck.keep(file)})`,
    )
    expect(kept).toEqual([
      { key: 'hub', value: 'h-1' },
      { key: 'range', value: '0-99' },
    ])
    expect(await duck.query(`select created_by from parquet_file_metadata(${duck.keep(file)})`)).toEqual([
      { created_by: 'tailrace version 1.0.0 (build 1)' },
    ])
  })
})

describe('pages', () => {
  it('are cut at about a MiB, and at rows', async () => {
    const schema: TableSchema = {
      columns: [
        { name: 'n', type: { kind: 'double' } },
        { name: 's', type: { kind: 'string' } },
        { name: 'l', type: { kind: 'list', element: { kind: 'int64' } } },
      ],
    }
    const rows = Array.from({ length: 15_000 }, (_, index) => ({
      n: index % 5 === 0 ? null : index / 7,
      s: index % 11 === 0 ? null : `${index}`.padEnd(200, '.'),
      l: index % 3 === 0 ? null : Array.from({ length: index % 29 }, (__, entry) => BigInt(index * 1000 + entry)),
    }))
    rows.push({
      n: 1,
      s: 'x'.repeat(3_000_000),
      l: Array.from({ length: 150_000 }, (_, entry) => BigInt(entry) << 20n),
    })
    await readBack(schema, rows)
  })

  it('change from numbers to plain values when the dictionary has no room', async () => {
    const schema: TableSchema = {
      columns: [
        { name: 's', type: { kind: 'string' } },
        { name: 'l', type: { kind: 'list', element: { kind: 'string' } } },
      ],
    }
    // At first few values, then ever more.
    const rows = Array.from({ length: 15_000 }, (_, index) => {
      const different = index < 8192 ? 500 : 40_000
      const texts = Array.from({ length: index % 4 }, (__, entry) => `${(index + entry) % different}`.padEnd(200, '.'))
      return { s: `${index % different}`.padEnd(200, '.'), l: texts }
    })
    await readBack(schema, rows)
    const file = await parquetFile(schema, [batchOf(schema, rows)])
    const encodings = await duck.query(`select encodings from parquet_metadata(${duck.keep(file)})`)
    expect(encodings).toEqual([
      { encodings: 'PLAIN, RLE, RLE_DICTIONARY' },
      { encodings: 'PLAIN, RLE, RLE_DICTIONARY' },
    ])
    // A dictionary of a MiB, its numbers, and plain values: less than without.
    const plainBytes = rows.reduce((sum, row) => sum + row.s.length + row.l.join('').length, 0)
    expect(file.length).toBeLessThan(plainBytes * 0.7)
  })

  it('hold a row with more different values than a dictionary has room for', async () => {
    const schema = column('l', { kind: 'list', element: { kind: 'string' } })
    const many = Array.from({ length: 70_000 }, (_, index) => `v${index}`)
    await readBack(schema, [{ l: ['a', 'b'] }, { l: many }, { l: ['a'] }, { l: many }])
  })

  it('use a dictionary where values repeat', async () => {
    const schema: TableSchema = {
      columns: [
        { name: 's', type: { kind: 'string' } },
        { name: 'i', type: { kind: 'int64' } },
        { name: 'd', type: { kind: 'double' } },
        { name: 'f', type: { kind: 'float' } },
      ],
    }
    const rows = Array.from({ length: 6000 }, (_, index) => ({
      s: ['GET', 'PUT', 'POST'][(index * index) % 3],
      i: BigInt((index * index) % 7) - 3n,
      d: [0, -0, NaN, 1.5][(index * index) % 4],
      f: index > 3000 ? 2.5 : 0.25,
    }))
    await readBack(schema, rows)
    const file = await parquetFile(schema, [batchOf(schema, rows)])
    expect(file.length).toBeLessThan(12_000)
  })
})

describe('an encoder', () => {
  it('changes nothing until a row group is written', async () => {
    const schema = column('v', { kind: 'string' })
    const batch = new RowBatch(schema)
    putRow(batch, { v: 'a' })
    batch.endRow()
    const once = await parquetFile(schema, [batch])
    expect((await parquetFile(schema, [batch])).equals(once)).toBe(true)
  })

  it('gives others a turn behind each page', async () => {
    const columns = Array.from({ length: 5 }, (_, index): Column => ({ name: `c${index}`, type: { kind: 'int64' } }))
    let turns = 0
    const turn = () => Promise.resolve(void turns++)
    await parquetFile({ columns }, [batchOf({ columns }, [{ c0: 1n }])], { turn })
    expect(turns).toBe(5)
  })

  it('refuses a row group without rows, and one of another schema', async () => {
    const schema = column('v', { kind: 'string' })
    await expect(parquetFile(schema, [new RowBatch(schema)])).rejects.toThrow(/no rows/)
    const wider: TableSchema = { columns: [...schema.columns, { name: 'w', type: { kind: 'int64' } }] }
    await expect(parquetFile(wider, [batchOf(schema, [{ v: 'a' }])])).rejects.toThrow(/1 leaves for a schema of 2/)
  })
})

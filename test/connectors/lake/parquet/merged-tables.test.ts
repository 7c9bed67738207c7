// Files whose row groups became one file, read by those who did not write it: the rows of one behind those of the other.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { afterAll, describe, expect, it } from 'vitest'
import { magic } from '../../../../connectors/lake/parquet/file-footer.js'
import { MergedTables, readTablePart } from '../../../../connectors/lake/parquet/merged-tables.js'
import { ThriftMistake } from '../../../../connectors/lake/parquet/thrift-reader.js'
import type { TableSchema } from '../../../../connectors/lake/table/column-type.js'
import { parquetFile } from './parquet-file.js'
import { DuckReader, hyparquetRows } from './parquet-readers.js'
import { anyRow, anySchema, batchOf, type Row } from './table-values.js'

const directory = mkdtempSync(join(tmpdir(), 'parquet-merged-'))
const duck = new DuckReader(directory)

afterAll(() => rmSync(directory, { recursive: true }))

function mergedFile(files: readonly Buffer[]): Buffer {
  const merged = new MergedTables()
  const pieces: Buffer[] = [magic]
  for (const file of files) {
    const part = readTablePart(file)
    expect(merged.fits(part)).toBe(true)
    merged.add(part)
    pieces.push(part.body)
  }
  return Buffer.concat([...pieces, merged.footer()])
}

function fileOf(
  schema: TableSchema,
  groups: readonly (readonly Row[])[],
  compression: 'none' | 'snappy',
): Promise<Buffer> {
  return parquetFile(
    schema,
    groups.filter((rows) => rows.length > 0).map((rows) => batchOf(schema, rows)),
    { compression, metadata: new Map([['tailrace.topic', 'orders']]) },
  )
}

const numbers: TableSchema = {
  columns: [
    { name: 'id', type: { kind: 'int64' } },
    { name: 'text', type: { kind: 'string' } },
    { name: 'list', type: { kind: 'list', element: { kind: 'double' } } },
  ],
}
const rowsFrom = (first: number, count: number): readonly Row[] =>
  Array.from({ length: count }, (_, index) => {
    const id = first + index
    return { id: BigInt(id), text: `text ${id % 7}`, list: id % 3 === 0 ? null : [id / 2, id] }
  })

describe('tables that become one', () => {
  it('hold the rows of all, in order, whatever their columns are', { timeout: 120_000 }, async () => {
    const files = anySchema.chain((schema) =>
      fc.record({
        schema: fc.constant(schema),
        files: fc.array(
          fc.array(fc.array(anyRow(schema), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
          {
            minLength: 2,
            maxLength: 4,
          },
        ),
        compression: fc.constantFrom('none' as const, 'snappy' as const),
      }),
    )
    await fc.assert(
      fc.asyncProperty(files, async ({ schema, files: groups, compression }) => {
        const parts = await Promise.all(groups.map((one) => fileOf(schema, one, compression)))
        const merged = mergedFile(parts)
        const each = await Promise.all(parts.map((part) => duck.rows(part, schema)))
        expect(await duck.rows(merged, schema)).toEqual(each.flat())
        const eachAgain = await Promise.all(parts.map((part) => hyparquetRows(part, schema)))
        expect(await hyparquetRows(merged, schema)).toEqual(eachAgain.flat())
      }),
      { numRuns: 60 },
    )
  })

  it('keep what readers skip row groups by', async () => {
    const parts = await Promise.all([
      fileOf(numbers, [rowsFrom(0, 500), rowsFrom(500, 500)], 'snappy'),
      fileOf(numbers, [rowsFrom(1000, 500)], 'snappy'),
      fileOf(numbers, [rowsFrom(1500, 10)], 'snappy'),
    ])
    const name = duck.keep(mergedFile(parts))
    const all = `from read_parquet(${name})`
    for (const where of ['id = 1003', 'id between 480 and 1505', "text = 'text 3' and id >= 1500", 'id > 5000']) {
      const filtered = await duck.count(`select count(*) ${all} where ${where}`)
      expect(filtered).toBe(await duck.count(`select count(*) from (select * ${all} offset 0) where ${where}`))
    }
    expect(await duck.count(`select sum(id) ${all}`)).toBe((1509 * 1510) / 2)
    const bytes = mergedFile(parts)
    const metadata = parquetMetadata(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    )
    expect(Number(metadata.num_rows)).toBe(1510)
    expect(metadata.row_groups.map(({ num_rows: rows }) => Number(rows))).toEqual([500, 500, 500, 10])
    expect(metadata.key_value_metadata).toEqual([{ key: 'tailrace.topic', value: 'orders' }])
    expect(metadata.row_groups[2]?.columns[0]?.meta_data?.statistics).toMatchObject({
      min_value: 1000n,
      max_value: 1499n,
    })
  })

  it('are merged again like any other', async () => {
    const [one, two, three] = await Promise.all(
      [0, 5, 10].map((first) => fileOf(numbers, [rowsFrom(first, 5)], 'none')),
    )
    const once = mergedFile([one!, two!, three!])
    expect(mergedFile([mergedFile([one!, two!]), three!])).toEqual(once)
    expect(await duck.rows(once, numbers)).toHaveLength(15)
  })

  it('have one schema', async () => {
    const other: TableSchema = { columns: [...numbers.columns, { name: 'more', type: { kind: 'boolean' } }] }
    const merged = new MergedTables()
    merged.add(readTablePart(await fileOf(numbers, [rowsFrom(0, 5)], 'none')))
    expect(merged.fits(readTablePart(await fileOf(numbers, [rowsFrom(9, 1)], 'snappy')))).toBe(true)
    expect(merged.fits(readTablePart(await fileOf(other, [rowsFrom(9, 1)], 'none')))).toBe(false)
  })

  it('are refused when a byte of their frame or footer is gone, and never crash the reader', async () => {
    const file = await fileOf(numbers, [rowsFrom(0, 3)], 'none')
    for (let length = 0; length < file.length; length++) {
      expect(() => readTablePart(file.subarray(0, length)), `${length} bytes`).toThrow(ThriftMistake)
    }
    const footerStart = file.length - 8 - file.readUInt32LE(file.length - 8)
    fc.assert(
      fc.property(fc.integer({ min: footerStart, max: file.length - 1 }), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(file)
        changed[at] = byte
        try {
          new MergedTables().add(readTablePart(changed))
        } catch (error) {
          expect(error).toBeInstanceOf(ThriftMistake)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

// Rows from bytes are the rows of the parsed record, whatever the bytes are; what fits no table says so.

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { ParquetEncoder } from '../../../../connectors/lake/parquet/parquet-encoder.js'
import { columnTree } from '../../../../connectors/lake/rows/column-node.js'
import { RecordRows } from '../../../../connectors/lake/rows/record-rows.js'
import { columnsBesides } from '../../../../connectors/lake/rows/record-object.js'
import { SchemaBook } from '../../../../connectors/lake/rows/schema-book.js'
import { Unfit, widenSchema } from '../../../../connectors/lake/rows/type-widening.js'
import { shredRecord } from '../../../../connectors/lake/rows/value-shredder.js'
import type { Column } from '../../../../connectors/lake/formats/columns.js'
import type { ChangeForm } from '../../../../connectors/lake/formats/file-format.js'
import type { ColumnType, TableSchema } from '../../../../connectors/lake/table/column-type.js'
import { RowBatch } from '../../../../connectors/lake/table/row-batch.js'
import { parseJsonObject } from '../../../../core/format/json-object.js'
import { ParseFailure } from '../../../../core/format/parsed.js'
import { encodeBatch, type PlainRecord } from '../../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../../core/record/record-cursor.js'
import { prepareZstd } from '../../../../core/record/zstd.js'

const origin = { topic: 'events', partition: 2 }
const encoding = { compression: 'none', metadata: new Map(), turn: () => Promise.resolve() } as const

interface Taken {
  readonly batch: RowBatch
  readonly schema: TableSchema
  /** By the number of the record. */
  readonly refused: ReadonlyMap<number, string>
}

function take(
  records: readonly PlainRecord[],
  { columns = [], changes = 'keep' }: { readonly columns?: readonly Column[]; readonly changes?: ChangeForm } = {},
  given?: TableSchema,
): Taken {
  const book = new SchemaBook('events', given ?? { columns: [] }, { isFixed: given !== undefined })
  const rows = new RecordRows(book, { columns, changes }, origin)
  const batch = new RowBatch(book.schema)
  const refused = new Map<number, string>()
  const cursor = new RecordCursor()
  cursor.reset(encodeBatch(records))
  while (cursor.next()) {
    let outcome = rows.take(cursor, batch)
    if (outcome === 'grown') {
      batch.evolve(rows.schema)
      outcome = rows.take(cursor, batch)
      expect(outcome).toBe('taken')
    }
    if (outcome === 'unfit') refused.set(cursor.offset, rows.unfit!.message)
  }
  return { batch, schema: book.schema, refused }
}

function record(value: string | Buffer | null, more: Partial<PlainRecord> = {}): PlainRecord {
  return { key: null, value: typeof value === 'string' ? Buffer.from(value) : value, timestampMs: 0, ...more }
}

async function bytesOf(batch: RowBatch): Promise<Buffer> {
  const encoder = new ParquetEncoder(batch.schema, encoding)
  const { pieces } = await encoder.rowGroup(batch, 4)
  return Buffer.concat(pieces)
}

/** The same rows by way of parsed records alone. */
function shredParsed(texts: readonly string[]): RowBatch {
  let schema: TableSchema = { columns: [] }
  const batch = new RowBatch(schema)
  for (const text of texts) {
    const value = parseJsonObject(text)
    const object = value instanceof ParseFailure ? { message: text } : value
    try {
      const next = widenSchema(schema, object)
      schema = next.columns.length === 0 ? { columns: [{ name: 'message', type: { kind: 'string' } }] } : next
    } catch (unfit) {
      if (unfit instanceof Unfit) continue
      throw unfit
    }
    if (schema !== batch.schema) batch.evolve(schema)
    shredRecord(columnTree(batch), object)
    batch.endRow()
  }
  return batch
}

const names = fc.constantFrom('a', 'b', 'long name', 'é', 'x"y')
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3 }),
  ),
})).value
const objects = fc.dictionary(names, json, { maxKeys: 4 })
const spaces = fc.constantFrom(undefined, 1, '\t')

/** What programs write, and what is nearly that. */
const texts = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(objects, spaces).map(([value, space]) => JSON.stringify(value, null, space)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(objects, fc.nat(), fc.constantFrom('"', '{', '}', ',', '1', '.', 'e', '-', '\\', ' ', '0'))
      .map(([value, place, character]) => {
        const text = JSON.stringify(value)
        const at = place % text.length
        return text.slice(0, at) + character + text.slice(at + 1)
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{"a":1,"a":2}',
      '{"a":-0}',
      '{"a":1.0}',
      '{"a":1e3}',
      '{"a":12345678901234567}',
      '{"a":0.1234567890123456}',
      '{"a":01}',
      '{"a":1.}',
      '{"a":"\\u00e9\\n"}',
      '{"a":1}x',
      '{"a":[],"b":{}}',
      '{"a":[[1],[],null]}',
      '[1]',
      'plain',
    ),
  },
)

describe('rows of records', () => {
  beforeAll(() => prepareZstd())

  it('are those of the parsed record, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 8 }), async (all) => {
        const { batch } = take(all.map((text) => record(text)))
        const parsed = shredParsed(all)
        expect(batch.rowCount).toBe(parsed.rowCount)
        expect(batch.schema).toEqual(parsed.schema)
        if (batch.rowCount > 0) expect((await bytesOf(batch)).equals(await bytesOf(parsed))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('have a column for what is no object, and one for what has nothing', () => {
    const { schema, batch } = take([record(null), record('plain'), record(Buffer.from([0xff]))])
    expect(schema.columns.map(({ name }) => name)).toEqual(['message', 'messageBase64'])
    expect(batch.rowCount).toBe(3)
  })

  it('have the columns of the record itself, with their types', () => {
    const columns = ['key', 'headers', 'topic', 'partition', 'offset', 'time'] as const
    // Columns stand before values: a table knows them before its first record.
    const headers = [{ key: 'h', value: Buffer.from('v') }]
    const { schema, refused } = take(
      [record('{"a":1}', { key: Buffer.from('k'), headers, timestampMs: 1_763_877_600_123 })],
      { columns },
      {
        columns: [
          { name: '_key', type: { kind: 'string' } },
          {
            name: '_headers',
            type: {
              kind: 'list',
              element: {
                kind: 'struct',
                fields: [
                  { name: 'key', type: { kind: 'string' } },
                  { name: 'value', type: { kind: 'string' } },
                ],
              },
            },
          },
          { name: '_topic', type: { kind: 'string' } },
          { name: '_partition', type: { kind: 'int32' } },
          { name: '_offset', type: { kind: 'int64' } },
          { name: '_time', type: { kind: 'timestamp', isUtc: true } },
          { name: 'a', type: { kind: 'int64' } },
        ],
      },
    )
    expect([...refused.values()]).toEqual([])
    expect(schema.columns).toHaveLength(7)
  })

  it('refuse what fits no column, with its place, and leave nothing of it', async () => {
    const good = ['{"a":{"b":1},"c":"x"}', '{"a":{"b":2},"c":"y"}']
    const { batch, refused } = take([record(good[0]!), record('{"c":"z","a":{"b":"two"}}'), record(good[1]!)])
    expect([...refused]).toEqual([[1, 'events-2 at offset 1: column a.b: "two" is no int64']])
    expect((await bytesOf(batch)).equals(await bytesOf(shredParsed(good)))).toBe(true)
  })

  it('refuse a member that a given schema does not have', () => {
    const given: TableSchema = {
      columns: [{ name: 'a', type: { kind: 'struct', fields: [{ name: 'b', type: { kind: 'int64' } }] } }],
    }
    const { refused, batch } = take([record('{"a":{"b":1}}'), record('{"z":1}'), record('{"a":{"c":1}}')], {}, given)
    expect([...refused.values()]).toEqual([
      'events-2 at offset 1: column z: it is not in the schema',
      'events-2 at offset 2: column a: it has a part that the schema does not have',
    ])
    expect(batch.rowCount).toBe(1)
  })

  it('have the types that the database tells, though the first record has no value for them', () => {
    const tells = (text: string) => [{ key: 'pg.columns', value: Buffer.from(text) }]
    const { schema, refused } = take([
      record('{"id":1}', { headers: tells('{"key":["id"],"columns":[["id","integer"]]}') }),
      record('{"id":2,"at":null}', {
        headers: tells('{"key":["id"],"columns":[["id","bigint"],["at","timestamp with time zone"]]}'),
      }),
      record('{"id":3000000000,"at":"9999-12-31T23:59:59Z"}'),
    ])
    expect([...refused.values()]).toEqual([])
    expect(schema.columns).toEqual([
      { name: 'id', type: { kind: 'int64' } },
      { name: 'at', type: { kind: 'timestamp', isUtc: true } },
    ])
  })

  it('are in the table or not by their values alone, when the database changed a type to another', () => {
    const headers = [{ key: 'pg.columns', value: Buffer.from('{"key":["id"],"columns":[["id","text"]]}') }]
    const { refused } = take([record('{"id":1}'), record('{"id":2}', { headers }), record('{"id":"x"}', { headers })])
    expect([...refused]).toEqual([[2, 'events-2 at offset 2: column id: "x" is no int64']])
  })

  it('have the types of the database before and after a change', () => {
    const headers = [{ key: 'pg.columns', value: Buffer.from('{"key":["id"],"columns":[["id","uuid"]]}') }]
    const id = '0b1c2d3e-0000-4000-8000-000000000001'
    const value = `{"op":"c","schema":"s","table":"t","before":null,"after":{"id":"${id}"}}`
    const { schema } = take([record(value, { headers }), record(null, { headers })])
    const row: ColumnType = { kind: 'struct', fields: [{ name: 'id', type: { kind: 'uuid' } }] }
    expect(schema.columns.filter(({ name }) => name === 'before' || name === 'after')).toEqual([
      { name: 'before', type: row },
      { name: 'after', type: row },
    ])
    expect(schema.columns.some(({ name }) => name === 'id')).toBe(false)
  })

  it('are null where a flattened change left a value alone, whatever stands in its place', () => {
    const headers = [
      { key: 'pg.op', value: Buffer.from('u') },
      { key: 'pg.unchanged', value: Buffer.from('["tags"]') },
      { key: 'pg.columns', value: Buffer.from('{"key":["id"],"columns":[["id","integer"],["tags","text[]"]]}') },
    ]
    const value = '{"before":null,"after":{"id":1,"tags":"__debezium_unavailable_value"},"op":"u"}'
    const { refused, batch } = take([record(value, { headers })], { changes: 'flatten' })
    expect([...refused.values()]).toEqual([])
    expect(batch.rowCount).toBe(1)
  })

  it('are taken at any time of the record', () => {
    const timestampMs = 253_402_300_799_999
    const besides = { columns: columnsBesides(['time'], 'keep') }
    const given: TableSchema = { columns: [...besides.columns, { name: 'a', type: { kind: 'int64' } }] }
    const { batch, refused } = take([record('{"a":1}', { timestampMs })], { columns: ['time'] }, given)
    expect([...refused.values()]).toEqual([])
    expect(batch.rowCount).toBe(1)
  })

  it('have the columns of what is no UTF-8 by name, not by what its bytes resemble', () => {
    const name = Buffer.concat([Buffer.from('{"'), Buffer.from([0xff]), Buffer.from('"  :1}')])
    const { schema } = take([record('{"\ufffd":1}'), record(name)])
    expect(schema.columns.map((column) => column.name)).toEqual(['\ufffd', 'messageBase64'])
  })
})

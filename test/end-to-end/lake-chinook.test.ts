// A shop's database by change events into Parquet on S3, while rows change: the latest state of each key, read by DuckDB
// and by hyparquet, equals Postgres for every table.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Hub, startHub } from '../../hub/start-hub.js'
import {
  changeChinook,
  chinookRows,
  chinookScript,
  chinookTables,
  loadChinook,
} from '../connectors/postgres/loads/chinook.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import { parquetBelow, queryDuckdb } from '../support/duckdb.js'
import { availableVersions } from '../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../support/postgres/postgres-server.js'
import { S3Server } from '../support/s3/s3-server.js'
import { patienceMs } from './kit.js'

const script = chinookScript()
if (script === undefined) console.warn('skipped: TAILRACE_SAMPLES names no folder with chinook.sql')

const bucket = 'lake'

interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly types: readonly string[]
  readonly key: readonly string[]
}

/** A row as texts, in the order of the table's columns. */
type Row = readonly (string | null)[]

interface Sum {
  readonly table: string
  readonly rows: number
  readonly checksum: string
}

function sumOf(table: string, rows: readonly Row[]): Sum {
  const lines = rows.map((row) => JSON.stringify(row)).sort()
  return { table, rows: rows.length, checksum: createHash('md5').update(lines.join('\n')).digest('hex') }
}

async function describeTable(client: pg.Client, name: string): Promise<Table> {
  const columns = await client.query<{ name: string; type: string }>(
    `SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
      WHERE a.attrelid = $1::regclass AND a.attnum > 0 ORDER BY a.attnum`,
    [name],
  )
  const key = await client.query<{ name: string }>(
    `SELECT a.attname::text AS name FROM pg_index i JOIN pg_attribute a
         ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
      WHERE i.indrelid = $1::regclass AND i.indisprimary`,
    [name],
  )
  return {
    name,
    columns: columns.rows.map((row) => row.name),
    types: columns.rows.map((row) => row.type),
    key: key.rows.map((row) => row.name),
  }
}

async function postgresSums(client: pg.Client, tables: readonly Table[]): Promise<readonly Sum[]> {
  const sums: Sum[] = []
  for (const { name, columns } of tables) {
    const texts = columns.map((column) => `${column}::text`).join(', ')
    const { rows } = await client.query<string[]>({ text: `SELECT ${texts} FROM ${name}`, rowMode: 'array' })
    sums.push(sumOf(name, rows))
  }
  return sums
}

/** The newest event of each key, unless it is a deletion. */
async function duckdbSums(folder: string, tables: readonly Table[]): Promise<readonly Sum[]> {
  const sums: Sum[] = []
  for (const { name, columns, key } of tables) {
    const rows = await queryDuckdb(
      `SELECT ${columns.map((column) => `${column}::varchar AS ${column}`).join(', ')}
         FROM (SELECT *, row_number() OVER (PARTITION BY ${key.join(', ')} ORDER BY _offset DESC) AS age
                 FROM ${parquetBelow(join(folder, `shop.${name}`))})
        WHERE age = 1 AND _op <> 'd'`,
    )
    sums.push(
      sumOf(
        name,
        rows.map((row) => columns.map((column) => row[column] as string | null)),
      ),
    )
  }
  return sums
}

async function hyparquetSums(folder: string, tables: readonly Table[]): Promise<readonly Sum[]> {
  const sums: Sum[] = []
  for (const { name, columns, types, key } of tables) {
    const newest = new Map<string, Readonly<Record<string, unknown>>>()
    for (const file of fs.readdirSync(join(folder, `shop.${name}`))) {
      const path = join(folder, `shop.${name}`, file)
      const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors })
      for (const row of rows) {
        const id = key.map((column) => String(row[column])).join(' ')
        const before = newest.get(id)
        if (before === undefined || (row['_offset'] as bigint) > (before['_offset'] as bigint)) newest.set(id, row)
      }
    }
    const living = [...newest.values()].filter((row) => row['_op'] !== 'd')
    sums.push(
      sumOf(
        name,
        living.map((row) => columns.map((column, index) => textOf(row[column], types[index]!))),
      ),
    )
  }
  return sums
}

/** As Postgres prints it. */
function textOf(value: unknown, type: string): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString().replace('T', ' ').replace('.000Z', '')
  const scale = /^numeric\(\d+,(\d+)\)$/.exec(type)?.[1]
  if (scale !== undefined) return (value as number).toFixed(Number(scale))
  return typeof value === 'string' ? value : String(value as number | bigint | boolean)
}

/** The objects of the bucket as files. */
function download(server: S3Server, folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true })
  for (const [key, { bytes }] of server.buckets.get(bucket)!.objects) {
    if (key.includes('.tailrace/')) continue
    const path = join(folder, key)
    fs.mkdirSync(dirname(path), { recursive: true })
    fs.writeFileSync(path, bytes)
  }
}

function pipeline(folder: string, source: { readonly url: string; readonly slot: string }, store: S3Server): string {
  Object.assign(process.env, {
    TAILRACE_LAKE_PG: source.url,
    TAILRACE_LAKE_KEY: 'tailrace',
    TAILRACE_LAKE_SECRET: 'a secret',
  })
  const file = join(folder, 'chinook.json')
  const db = {
    type: 'postgres-cdc',
    url: { $env: 'TAILRACE_LAKE_PG' },
    slot: source.slot,
    publication: 'chinook',
    tables: chinookTables.map((table) => `public.${table}`),
    create: true,
    format: 'flat',
    to: 'shop.{table}',
  }
  const lake = {
    type: 's3',
    from: chinookTables.map((table) => `shop.${table}`),
    bucket,
    endpoint: store.url,
    credentials: { accessKey: { $env: 'TAILRACE_LAKE_KEY' }, secretKey: { $env: 'TAILRACE_LAKE_SECRET' } },
    format: { type: 'parquet', changes: 'flatten' },
    columns: ['offset'],
    rotate: { age: '1s' },
  }
  const defaults = { topic: { partitions: 3 } }
  fs.writeFileSync(file, JSON.stringify({ version: 1, name: 'chinook', defaults, sources: { db }, sinks: { lake } }))
  return file
}

describe.skipIf(script === undefined)('chinook into Parquet on S3', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ version: availableVersions()[0]! })
  })
  afterAll(() => server.close())

  it('has the latest state of every table, for two readers', { timeout: 4 * patienceMs }, async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'tailrace-lake-chinook-'))
    const objects = join(folder, 'objects')
    const source = await server.connect(await server.createDatabase())
    const store = await S3Server.open()
    store.addBucket(bucket)
    let hub: Hub | undefined
    try {
      await loadChinook(source, script!)
      const tables: Table[] = []
      for (const name of chinookTables) tables.push(await describeTable(source, name))
      expect((await postgresSums(source, tables)).reduce((sum, { rows }) => sum + rows, 0)).toBe(chinookRows)
      const slot = `lake_${source.database}`
      hub = await startHub({ files: [pipeline(folder, { url: server.url(source.database), slot }, store)] })
      // Rows change while the snapshot is read, and after it.
      const random = new SeededRandom(1)
      for (let change = 0; change < 200; change++) await changeChinook(source, random)
      await source.query('DELETE FROM invoice_line WHERE invoice_line_id % 2 = 0')
      await source.query("ALTER TABLE genre ADD COLUMN note text; UPDATE genre SET note = 'neu' WHERE genre_id < 4")
      const grown: Table[] = []
      for (const { name } of tables) grown.push(await describeTable(source, name))
      const expected = await postgresSums(source, grown)
      await vi.waitFor(
        async () => {
          const problems = hub!.edges().map(({ error }) => error?.message)
          download(store, objects)
          expect(await duckdbSums(objects, grown), String(problems)).toEqual(expected)
        },
        { timeout: patienceMs, interval: 1000 },
      )
      expect(await hyparquetSums(objects, grown)).toEqual(expected)
    } finally {
      await hub?.close()
      await source.query(
        'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()',
      )
      await source.end()
      await store.close()
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })
})

// Parquet files read by those who did not write them: DuckDB and hyparquet, as rows that can be compared.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimeValue,
  DuckDBTimestampValue,
  DuckDBUUIDValue,
  DuckDBValue,
} from '@duckdb/node-api'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Column, ColumnType, TableSchema } from '../../../../connectors/lake/table/column-type.js'
import { textOfNumber } from './table-values.js'
import type { Row } from './table-values.js'

/** One DuckDB for a file of tests; `directory` is where it finds the files. */
export class DuckReader {
  readonly #directory: string
  #connection: Awaited<ReturnType<DuckDBInstance['connect']>> | undefined
  #fileCount = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Writes the bytes where a query finds them; returns the name to query, quoted. */
  keep(bytes: Buffer): string {
    const path = join(this.#directory, `${this.#fileCount++}.parquet`)
    writeFileSync(path, bytes)
    return `'${path}'`
  }

  async query(sql: string): Promise<readonly Record<string, DuckDBValue>[]> {
    this.#connection ??= await (await DuckDBInstance.create(':memory:')).connect()
    return (await this.#connection.runAndReadAll(sql)).getRowObjects()
  }

  /** One row with one number. */
  async count(sql: string): Promise<number> {
    const [row] = await this.query(sql)
    return Number(Object.values(row ?? {})[0])
  }

  async rows(bytes: Buffer, schema: TableSchema): Promise<readonly Row[]> {
    const rows = await this.query(`select * from read_parquet(${this.keep(bytes)})`)
    return rows.map((row) => duckFields(schema.columns, row))
  }
}

function duckFields(fields: readonly Column[], row: Readonly<Record<string, DuckDBValue>>): Row {
  return Object.fromEntries(fields.map(({ name, type }) => [name, duckValue(type, row[name])]))
}

function duckValue(type: ColumnType, value: DuckDBValue | undefined): unknown {
  if (value === undefined) throw new Error('DuckDB gives no such column')
  if (value === null) return null
  switch (type.kind) {
    case 'struct':
      return duckFields(type.fields, (value as DuckDBStructValue).entries)
    case 'list':
      return (value as DuckDBListValue).items.map((item) => duckValue(type.element, item))
    case 'map':
      return (value as DuckDBMapValue).entries.map((entry) => [entry.key, duckValue(type.value, entry.value)])
    case 'float':
    case 'double':
      return textOfNumber(value as number)
    case 'binary':
      return Buffer.from((value as DuckDBBlobValue).bytes).toString('hex')
    case 'uuid':
      return (value as DuckDBUUIDValue).toUint128().toString(16).padStart(32, '0')
    case 'decimal':
      return String((value as DuckDBDecimalValue).value)
    case 'date':
      return String((value as DuckDBDateValue).days)
    case 'time':
    case 'timestamp':
      return String((value as DuckDBTimeValue | DuckDBTimestampValue).micros)
    case 'boolean':
    case 'string':
    case 'json':
      return value
    case 'int32':
    case 'int64':
      return String(value as number | bigint)
  }
}

/** Decimals come as doubles, maps with those keys first that are integers. */
export async function hyparquetRows(bytes: Buffer, schema: TableSchema): Promise<readonly Row[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const decoded = (raw: Uint8Array | undefined) => (raw === undefined ? undefined : decoder.decode(raw))
  const rows = await parquetReadObjects({
    file,
    compressors,
    utf8: false,
    parsers: {
      timestampFromMicroseconds: (micros: bigint) => micros,
      dateFromDays: (days: number) => days,
      stringFromBytes: decoded,
      jsonFromBytes: decoded,
      uuidFromBytes: (raw: Uint8Array | undefined) => raw,
    } as never,
  })
  return rows.map((row) => hyFields(schema.columns, row))
}

function hyFields(fields: readonly Column[], row: Record<string, unknown>): Row {
  return Object.fromEntries(fields.map(({ name, type }) => [name, hyValue(type, row[name])]))
}

function hyValue(type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'struct':
      return hyFields(type.fields, value as Record<string, unknown>)
    case 'list':
      return (value as unknown[]).map((item) => hyValue(type.element, item))
    case 'map':
      return Object.entries(value).map(([key, inside]) => [key, hyValue(type.value, inside)])
    case 'float':
    case 'double':
    case 'decimal':
      return textOfNumber(value as number)
    case 'binary':
    case 'uuid':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'boolean':
    case 'string':
    case 'json':
      return value
    case 'int32':
    case 'int64':
    case 'date':
    case 'time':
    case 'timestamp':
      return String(value as number | bigint)
  }
}

// DuckDB in process: the reader of lakes that nobody here wrote.

import { DuckDBInstance } from '@duckdb/node-api'

let opened: Promise<DuckDBInstance> | undefined

/** The rows of a query; integers of 64 bits, decimals, dates and times as DuckDB's text. */
export async function queryDuckdb(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  opened ??= DuckDBInstance.create(':memory:')
  const connection = await (await opened).connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
  }
}

/** All Parquet files below a directory as one table: columns by name, folders like `dt=2026-11-22` as columns. */
export function parquetBelow(directory: string): string {
  return `read_parquet('${directory}/**/*.parquet', union_by_name = true, hive_partitioning = true)`
}

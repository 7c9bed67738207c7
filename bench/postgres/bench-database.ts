// The server that is measured, Debian's with its own programs, and the rows of ten columns that go through it.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programsOf } from '../../test/support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../test/support/postgres/postgres-server.js'
import type { Run } from '../measure/pairs.js'

export const table = 'public.orders'
export const publication = 'bench'

export const tableColumns = `id bigint PRIMARY KEY, customer int NOT NULL, placed timestamptz NOT NULL, state text NOT NULL,
  total numeric(12, 2) NOT NULL, paid boolean NOT NULL, note text, weight double precision, reference uuid, day date`

/** Rows `from` to `to`, which may be expressions. */
export function insertRows(from: number | string, to: number | string, into = table): string {
  return `INSERT INTO ${into} SELECT n, n % 9973, timestamptz '2026-01-01' + n * interval '1 second', 'shipped',
    n / 7.0, n % 2 = 0, 'note ' || md5(n::text), n / 3.0, md5(n::text)::uuid, date '2026-01-01' + n % 365
    FROM generate_series(${from}, ${to}) AS n`
}

export type Way = 'TCP' | 'Unix socket'

/** Stopped by the caller. Durable as installations are. */
export function startDatabase(): Promise<PostgresServer> {
  const settings = { fsync: 'on', shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '1h' }
  return startPostgres({ version: 'debian', settings })
}

export function urlOf(server: PostgresServer, way: Way): string {
  return way === 'TCP' ? server.url() : server.socketUrl()
}

/** Seconds that one of the server's own programs takes; it gets the connection as its first arguments. */
export async function timed(
  server: PostgresServer,
  way: Way,
  [program, ...rest]: readonly [string, ...string[]],
): Promise<number> {
  const host = way === 'TCP' ? '127.0.0.1' : server.folder
  const connection = ['-h', host, '-p', String(server.port), '-U', 'postgres', '-d', 'postgres']
  const startedMs = performance.now()
  await promisify(execFile)(join(programsOf('debian'), program), [...connection, ...rest])
  return (performance.now() - startedMs) / 1000
}

/** Runs SQL by psql, stopping at the first error, and counts `amount` for it. */
export async function timedSql(server: PostgresServer, sql: readonly string[], amount: number): Promise<Run> {
  const commands = sql.flatMap((command) => ['-c', command])
  const seconds = await timed(server, 'TCP', ['psql', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', ...commands])
  return { seconds, amount }
}

// What goes whole: a snapshot into the log against COPY to nowhere, and a topic into a table against psql, which copies
// the same rows straight in, or into a staging table and from there over the rows that are there.

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresServer } from '../../test/support/postgres/postgres-server.js'
import { runHub } from '../measure/hub-run.js'
import { compare, type Run } from '../measure/pairs.js'
import { insertRows, publication, table, tableColumns, timedSql } from './bench-database.js'
import { writeSink, writeSource } from './hub-pipeline.js'
import type { PostgresSection, PostgresSetting } from './section.js'

const rows = 500_000
const slot = 'snapshot'
const target = 'public.copied'
const unit = 'thousand rows/s'
const scale = 1e3

export const copySections: readonly PostgresSection[] = [
  { name: 'snapshot into the log, against COPY TO STDOUT to nowhere', run: snapshot },
  {
    name: 'append sink, against psql \\copy of the same rows',
    run: (name, setting) => sink(name, setting, { mode: 'append', least: 0.8 }),
  },
  {
    name: 'merge sink, against a staging COPY and INSERT … ON CONFLICT',
    run: (name, setting) => sink(name, setting, { mode: 'merge', least: 0.7 }),
  },
]

async function snapshot(name: string, { server, directory, pairs }: PostgresSetting): Promise<void> {
  await fill(server)
  const subject = (): Promise<Run> => takeSnapshot(server, directory, 'native')
  const denominator = (): Promise<Run> => timedSql(server, [`COPY ${table} TO STDOUT`], rows)
  await compare({ name, unit, scale, subject, denominator, target: 0.6 }, pairs)
}

async function sink(
  name: string,
  { server, directory, pairs }: PostgresSetting,
  { mode, least }: { readonly mode: 'append' | 'merge'; readonly least: number },
): Promise<void> {
  await fill(server)
  await takeSnapshot(server, directory, mode === 'append' ? 'flat' : 'native')
  const log = join(directory, 'log')
  cpSync(join(directory, 'data'), log, { recursive: true })
  const copied = join(directory, 'rows.copy')
  await timedSql(server, [`\\copy ${table} TO '${copied}'`], rows)
  const subject = async (): Promise<Run> => {
    await emptyTarget(server, mode)
    const pipelineFile = writeSink(directory, { url: server.url(), table: target, mode })
    const dataDirectory = join(directory, 'data')
    const run = { pipelineFile, dataDirectory, lineCount: rows, metric: 'tailrace_sink_records_total' } as const
    return runHub({ ...run, template: log })
  }
  const denominator = async (): Promise<Run> => {
    await emptyTarget(server, mode)
    return timedSql(server, mode === 'append' ? [`\\copy ${target} FROM '${copied}'`] : staged(copied), rows)
  }
  await compare({ name, unit, scale, subject, denominator, target: least }, pairs)
}

async function takeSnapshot(server: PostgresServer, directory: string, format: 'native' | 'flat'): Promise<Run> {
  const pipelineFile = writeSource(directory, { url: server.url(), slot, mode: 'initial', format })
  const dataDirectory = join(directory, 'data')
  const run = { pipelineFile, dataDirectory, lineCount: rows, metric: 'tailrace_source_records_total' } as const
  const measured = await runHub(run)
  await server.run(`SELECT pg_drop_replication_slot('${slot}')`)
  await server.run(`DROP PUBLICATION ${publication}`)
  return measured
}

async function fill(server: PostgresServer): Promise<void> {
  await server.run(`DROP PUBLICATION IF EXISTS ${publication}`)
  await server.run(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${tableColumns})`)
  await server.run(insertRows(1, rows))
  await server.run(`VACUUM ANALYZE ${table}`)
}

/** For a merge the target holds the rows already. */
async function emptyTarget(server: PostgresServer, mode: 'append' | 'merge'): Promise<void> {
  await server.run('DROP SCHEMA IF EXISTS tailrace CASCADE')
  await server.run(`DROP TABLE IF EXISTS ${target}; CREATE TABLE ${target} (${tableColumns})`)
  if (mode === 'merge') await server.run(insertRows(1, rows, target))
  await server.run(`VACUUM ANALYZE ${target}`)
  await server.run('CHECKPOINT')
}

function staged(copied: string): readonly string[] {
  const columns = ['customer', 'placed', 'state', 'total', 'paid', 'note', 'weight', 'reference', 'day']
  const sets = columns.map((column) => `${column} = excluded.${column}`).join(', ')
  return [
    `CREATE TEMP TABLE staging (LIKE ${target})`,
    `\\copy staging FROM '${copied}'`,
    `INSERT INTO ${target} SELECT * FROM staging ON CONFLICT (id) DO UPDATE SET ${sets}`,
  ]
}

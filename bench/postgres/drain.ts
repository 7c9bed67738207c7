// A slot with half a million changes, or with transactions of one row, drained into the fsynced log, against
// pg_recvlogical that throws them away. Each run has a copy of the same slot.

import { join } from 'node:path'
import type { PostgresServer } from '../../test/support/postgres/postgres-server.js'
import { runHub } from '../measure/hub-run.js'
import { compare, type Run } from '../measure/pairs.js'
import { insertRows, publication, table, tableColumns, timed, urlOf, type Way } from './bench-database.js'
import { writeSource } from './hub-pipeline.js'
import type { PostgresSection, PostgresSetting } from './section.js'

interface Load {
  readonly name: string
  readonly rows: number
  readonly rowsPerTransaction: number
  readonly targets: Readonly<Record<Way, number>>
}

const loads: readonly Load[] = [
  {
    name: 'changes of 10 columns',
    rows: 500_000,
    rowsPerTransaction: 1000,
    targets: { TCP: 1.2, 'Unix socket': 0.9 },
  },
  {
    name: 'transactions of one row',
    rows: 100_000,
    rowsPerTransaction: 1,
    targets: { TCP: 0.9, 'Unix socket': 0.8 },
  },
]

export const drainSections: readonly PostgresSection[] = loads.flatMap((load) =>
  (['TCP', 'Unix socket'] as const).map((way) => ({
    name: `${load.name} over ${way}, against pg_recvlogical`,
    run: (name: string, setting: PostgresSetting) => drain(name, setting, { load, way }),
  })),
)

async function drain(
  name: string,
  { server, directory, pairs }: PostgresSetting,
  { load, way }: { readonly load: Load; readonly way: Way },
): Promise<void> {
  const end = await fill(server, load)
  let copies = 0
  const copySlot = async (): Promise<string> => {
    const slot = `copy_${++copies}`
    await server.run(`SELECT pg_copy_logical_replication_slot('template', '${slot}')`)
    return slot
  }
  const subject = async (): Promise<Run> => {
    const slot = await copySlot()
    const pipelineFile = writeSource(directory, { url: urlOf(server, way), slot, mode: 'never', format: 'native' })
    const dataDirectory = join(directory, 'data')
    const run = { pipelineFile, dataDirectory, lineCount: load.rows, metric: 'tailrace_source_records_total' } as const
    const measured = await runHub(run)
    await server.run(`SELECT pg_drop_replication_slot('${slot}')`)
    return measured
  }
  const denominator = async (): Promise<Run> => {
    const slot = await copySlot()
    const options = ['-o', 'proto_version=1', '-o', `publication_names=${publication}`]
    const reading = ['--start', '-S', slot, ...options, '-E', end, '--no-loop', '-f', '/dev/null']
    const seconds = await timed(server, way, ['pg_recvlogical', ...reading])
    await server.run(`SELECT pg_drop_replication_slot('${slot}')`)
    return { seconds, amount: load.rows }
  }
  const target = load.targets[way]
  await compare({ name, unit: 'thousand changes/s', scale: 1e3, subject, denominator, target }, pairs)
  await server.run(`SELECT pg_drop_replication_slot('template')`)
}

/** Makes the table and a slot in front of its rows; where the server's log ends with them. */
async function fill(server: PostgresServer, { rows, rowsPerTransaction }: Load): Promise<string> {
  await server.run(`DROP PUBLICATION IF EXISTS ${publication}`)
  await server.run(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${tableColumns})`)
  await server.run(`CREATE PUBLICATION ${publication} FOR TABLE ${table}`)
  await server.run(`SELECT pg_create_logical_replication_slot('template', 'pgoutput')`)
  const client = await server.connect()
  // How the rows come is not measured: no commit waits for the disk.
  await client.query('SET synchronous_commit = off')
  await client.query(`DO $$ BEGIN
    FOR start IN 1 .. ${rows} BY ${rowsPerTransaction} LOOP
      ${insertRows('start', `start + ${rowsPerTransaction - 1}`)};
      COMMIT;
    END LOOP; END $$`)
  await client.end()
  // A record behind the last commit, so that the reader's end is reached.
  await server.run(`SELECT pg_logical_emit_message(true, 'bench', 'end')`)
  const { rows: ends } = await server.run('SELECT pg_current_wal_flush_lsn()::text AS lsn')
  return (ends[0] as { readonly lsn: string }).lsn
}

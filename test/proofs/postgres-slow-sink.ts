// A sink whose target is down all the time does not hold the slot: while `--size` megabytes of changes arrive at 20 MB/s
// in transactions of 1,000 rows, the slot is confirmed to within 64 MB of the server's position at every second, and 30 s
// later the server needs no more WAL than that. A slot that nobody reads shows that more would have been seen.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { steadyRows, steadyWide } from '../connectors/postgres/loads/wide-rows.js'
import { HubProcess } from '../crash/hub-process.js'
import { confirmed, insertedRows, makeWideSite, requireAll, streaming, wideSlot } from '../crash/wide-site.js'
import { missingReason } from '../support/postgres/postgres-binaries.js'
import { startPostgres } from '../support/postgres/postgres-server.js'

const { values } = parseArgs({ options: { size: { type: 'string', default: '200' }, seed: { type: 'string' } } })
const megabytes = Number(values.size)
const megabytesPerSecond = 20
const mostLagMB = 64
const settleMs = 30_000
const pollMs = 500
const idleSlot = 'idle'

const missing = missingReason('embedded')
if (missing !== undefined) {
  console.log(`skipped: ${missing}`)
  process.exit()
}
const server = await startPostgres({ version: 'embedded', settings: { max_wal_size: '4GB' } })
// Nobody listens on port 1.
process.env['TAILRACE_DOWN'] = 'postgres://nobody:secret@127.0.0.1:1/down'
const down = { type: 'postgres', url: { $env: 'TAILRACE_DOWN' }, from: ['wide'], table: 'public.wide', mode: 'merge' }
const site = await makeWideSite(server, { sinks: { down } })
const hub = new HubProcess(site)
const client = await server.connect()
const watcher = await server.connect()
try {
  await streaming(client)
  await client.query(`SELECT pg_create_logical_replication_slot('${idleSlot}', 'pgoutput')`)
  const startedMs = performance.now()
  const lags: number[] = []
  const rowCount = await steadyWide(client, {
    megabytes,
    megabytesPerSecond,
    look: async () => void lags.push(await lagMB('confirmed_flush_lsn')),
  })
  const seconds = (performance.now() - startedMs) / 1000
  if (lags.length < Math.floor(megabytes / megabytesPerSecond / 2)) throw new Error('too few looks at the slot')
  const mostLag = Math.max(...lags)
  const retained = await restartLag()
  console.log(
    `${rowCount} rows in ${seconds.toFixed(0)} s, ${lags.length} looks: at most ${mostLag.toFixed(1)} MB unconfirmed; ` +
      `${retained.toFixed(1)} MB kept by the server afterwards`,
  )
  if (mostLag > mostLagMB || retained > mostLagMB) throw new Error(`more than ${mostLagMB} MB`)
  const unread = await lagMB('confirmed_flush_lsn', idleSlot)
  if (unread <= mostLagMB) throw new Error(`a control that must fail held: a slot that nobody reads is at ${unread} MB`)
  await confirmed(client)
  if (hub.hasEnded) throw new Error('the hub ended by itself')
  if (!hub.output.includes('127.0.0.1:1')) throw new Error('the sink did not complain of its target')
  await hub.stop('SIGTERM')
  requireAll(await insertedRows(site), { rowCount, rowsPerTransaction: steadyRows })
  console.log(`controls: a slot that nobody reads was at ${unread.toFixed(0)} MB`)
  site.remove()
} catch (error) {
  console.error(error)
  console.error(`left for examination: ${site.directory}`)
  console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await hub.stop('SIGKILL')
  for (const each of [client, watcher]) await each.end()
  await server.close()
}

async function lagMB(position: 'confirmed_flush_lsn' | 'restart_lsn', slot = wideSlot): Promise<number> {
  const { rows } = await watcher.query<{ lag: number }>(
    `SELECT ((pg_current_wal_lsn() - ${position}) / 1e6)::float8 AS lag FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  )
  return rows[0]!.lag
}

/** Where the server needs WAL from, once that is near enough, or when the time is over. */
async function restartLag(): Promise<number> {
  const deadlineMs = performance.now() + settleMs
  for (;;) {
    const lag = await lagMB('restart_lsn')
    if (lag <= mostLagMB || performance.now() > deadlineMs) return lag
    await sleep(pollMs)
  }
}

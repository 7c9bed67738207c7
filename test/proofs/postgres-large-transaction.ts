// One transaction of `--size` MiB comes into the log through a hub with little memory, which is killed once while it
// writes it, and a quarter of that with a server that may not stream it: every row once, in order, numbered without a
// gap, one of them its end, and no process ever took more memory than it may.

import fs from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { insertWide, rowsPerMiB } from '../connectors/postgres/loads/wide-rows.js'
import { HubProcess } from '../crash/hub-process.js'
import {
  confirmed,
  type InsertedRows,
  insertedRows,
  makeWideSite,
  requireAll,
  rowsUpTo,
  streaming,
  until,
} from '../crash/wide-site.js'
import { missingReason } from '../support/postgres/postgres-binaries.js'
import { startPostgres } from '../support/postgres/postgres-server.js'

const { values } = parseArgs({ options: { size: { type: 'string', default: '512' }, seed: { type: 'string' } } })
const sizeMiB = Number(values.size)
const isLarge = sizeMiB > 512
const heapMiB = isLarge ? 256 : 128
const mostResidentMB = isLarge ? 500 : 300

const missing = missingReason('embedded')
if (missing !== undefined) {
  console.log(`skipped: ${missing}`)
  process.exit()
}
process.env['NODE_OPTIONS'] = `--max-old-space-size=${heapMiB}`
// Held back by the server it goes through the same code from the commit on, which a quarter of it shows as well.
const ways = [
  { streaming: true, mebibytes: sizeMiB },
  { streaming: false, mebibytes: Math.ceil(sizeMiB / 4) },
] as const
for (const way of ways) if (!(await holds(way))) process.exitCode = 1

/** False when it does not hold: then it was told, and its files are left. */
async function holds({ streaming: isStreaming, mebibytes }: (typeof ways)[number]): Promise<boolean> {
  const settings = { max_wal_size: '4GB', logical_decoding_work_mem: '4MB' }
  const server = await startPostgres({ version: 'embedded', settings })
  const site = await makeWideSite(server, { streaming: isStreaming })
  let hub = new HubProcess(site)
  const client = await server.connect()
  try {
    await streaming(client)
    const startedMs = performance.now()
    const rowCount = mebibytes * rowsPerMiB
    await insertWide(client, 1, rowCount)
    const third = (mebibytes / 3) * 2 ** 20
    await until('a third of the transaction was in the log', () => bytesIn(site.topicDirectory) > third)
    const residents = [mostResident(hub)]
    await hub.stop('SIGKILL')
    const writtenMiB = Math.round(bytesIn(site.topicDirectory) / 2 ** 20)
    hub = new HubProcess(site)
    await confirmed(client)
    residents.push(mostResident(hub))
    const { exitCode } = await hub.stop('SIGTERM')
    if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
    const rows = await insertedRows(site)
    requireAll(rows, { rowCount, rowsPerTransaction: rowCount })
    console.log(
      `${rowCount} rows of one transaction, ${isStreaming ? 'streamed' : 'held back by the server'}, in ${seconds} s, ` +
        `killed at ${writtenMiB} MiB of the log; heap of ${heapMiB} MiB, ` +
        `at most ${residents.map((resident) => Math.round(resident)).join(' and ')} MB resident`,
    )
    if (Math.max(...residents) > mostResidentMB) throw new Error(`more than ${mostResidentMB} MB were resident`)
    checkControls(rows)
    site.remove()
    return true
  } catch (error) {
    console.error(error)
    console.error(`left for examination: ${site.directory}`)
    console.error(`the last process:\n${hub.output}`)
    return false
  } finally {
    await hub.stop('SIGKILL')
    await client.end()
    await server.close()
  }
}

function bytesIn(directory: string): number {
  if (!fs.existsSync(directory)) return 0
  return fs.readdirSync(directory).reduce((sum, name) => {
    return name.endsWith('.log') ? sum + fs.statSync(join(directory, name)).size : sum
  }, 0)
}

/** Megabytes: the most resident memory that the process ever had. */
function mostResident({ pid }: HubProcess): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  return (Number(/VmHWM:\s+(\d+)/.exec(status)![1]) * 1024) / 1e6
}

function checkControls(rows: InsertedRows): void {
  const count = rows.numbers.length
  const middle = count >> 1
  const [repeated, skipped, endless] = [copied(rows), copied(rows), copied(rows)]
  repeated.numbers[middle] = repeated.numbers[middle - 1]!
  skipped.sequences[middle]!++
  endless.ends[count - 1] = 0
  for (const planted of [repeated, skipped, endless, rowsUpTo(rows, middle)]) {
    let isFound = false
    try {
      requireAll(planted, { rowCount: count, rowsPerTransaction: count })
    } catch {
      isFound = true
    }
    if (!isFound) throw new Error('a control that must fail held: rows repeated or missing, or wrongly numbered')
  }
  console.log('controls: a row repeated, rows missing, a gap in the numbers and a missing end were found')
}

function copied({ numbers, sequences, ends }: InsertedRows): InsertedRows {
  return { numbers: numbers.slice(), sequences: sequences.slice(), ends: ends.slice() }
}

// One transaction of `--size` MiB comes into the log through a hub with little memory, which is killed once while it
// writes it: every row once, in order, and neither process ever took more memory than it may.

import fs from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { insertWide, rowsPerMiB } from '../connectors/postgres/loads/wide-rows.js'
import { HubProcess } from '../crash/hub-process.js'
import { confirmed, insertedNumbers, makeWideSite, requireAll, streaming, until } from '../crash/wide-site.js'
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
const server = await startPostgres({ version: 'embedded', settings: { max_wal_size: '4GB' } })
const site = await makeWideSite(server)
process.env['NODE_OPTIONS'] = `--max-old-space-size=${heapMiB}`
let hub = new HubProcess(site)
const client = await server.connect()
try {
  await streaming(client)
  const startedMs = performance.now()
  const rowCount = sizeMiB * rowsPerMiB
  await insertWide(client, 1, rowCount)
  await until('a third of the transaction was in the log', () => bytesIn(site.topicDirectory) > (sizeMiB / 3) * 2 ** 20)
  const residents = [mostResident(hub)]
  await hub.stop('SIGKILL')
  const writtenMiB = Math.round(bytesIn(site.topicDirectory) / 2 ** 20)
  hub = new HubProcess(site)
  await confirmed(client)
  residents.push(mostResident(hub))
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  const numbers = await insertedNumbers(site)
  requireAll(numbers, rowCount)
  console.log(
    `${rowCount} rows of one transaction in ${seconds} s, killed at ${writtenMiB} MiB of the log; ` +
      `heap of ${heapMiB} MiB, at most ${residents.map((resident) => Math.round(resident)).join(' and ')} MB resident`,
  )
  if (Math.max(...residents) > mostResidentMB) throw new Error(`more than ${mostResidentMB} MB were resident`)
  checkControls(numbers)
  site.remove()
} catch (error) {
  console.error(error)
  console.error(`left for examination: ${site.directory}`)
  console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await hub.stop('SIGKILL')
  await client.end()
  await server.close()
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

function checkControls(numbers: Int32Array): void {
  const middle = numbers.length >> 1
  const repeated = Int32Array.from(numbers)
  repeated[middle] = repeated[middle - 1]!
  for (const planted of [repeated, numbers.subarray(0, middle)]) {
    let isFound = false
    try {
      requireAll(planted, numbers.length)
    } catch {
      isFound = true
    }
    if (!isFound) throw new Error('a control that must fail held: rows repeated or missing')
  }
  console.log('controls: a row repeated and rows missing were found')
}

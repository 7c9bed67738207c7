// Postgres on both sides, against the server's own programs: a slot drained into the log over TCP and a Unix socket, a
// snapshot, an append and a merge, and latency. The server is Debian's, fsync is on. `--only TEXT` picks comparisons.

import { missingReason } from '../test/support/postgres/postgres-binaries.js'
import { benchOptions, printMachine } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'
import { startDatabase } from './postgres/bench-database.js'
import { copySections } from './postgres/copies.js'
import { drainSections } from './postgres/drain.js'
import { latencySection } from './postgres/latency.js'

const missing = missingReason('debian')
if (missing !== undefined) {
  process.stdout.write(`skipped: ${missing}\n`)
  process.exit()
}
const { pairs, only } = benchOptions()
printMachine()
const server = await startDatabase()
try {
  for (const section of [...drainSections, ...copySections, latencySection]) {
    if (!section.name.includes(only)) continue
    await inScratch((directory) => section.run(section.name, { server, directory, pairs }))
  }
} finally {
  await server.close()
}

// HTTP in: one event a request, fsynced before its answer, against nginx that answers 204 to the same script of wrk; and
// bodies of 1 MB of NDJSON against a bare node:http server that counts their lines. Servers and wrk are processes of
// their own, on this machine. `--only TEXT` picks comparisons by their names; `--connections N` (64) is for the first.

import { parseArgs } from 'node:util'
import { startServer, type Server } from './kafka/child.js'
import { countingProgram, hubProgram, nginxProgram } from './http/servers.js'
import { type Load, eventLoad, linesLoad, runWrk } from './http/wrk.js'
import { benchOptions, compare, printMachine } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'

const { pairs, only } = benchOptions()
const { values } = parseArgs({ options: { connections: { type: 'string', default: '64' } }, strict: false })
const connections = Number(values['connections'])

interface Section {
  readonly name: string
  readonly unit: string
  readonly scale: number
  readonly target: number
  readonly load: (directory: string) => Load
  readonly bare: (directory: string) => Promise<Server>
}

const sections: readonly Section[] = [
  {
    name: `one event a request, ${connections} connections`,
    unit: 'requests/s',
    scale: 1,
    target: 0.3,
    load: (directory) => eventLoad(directory, connections),
    bare: async (directory) => startServer(await nginxProgram(directory), /port=(\d+)/),
  },
  {
    name: 'NDJSON bodies of 1 MB',
    unit: 'MB/s',
    scale: 1_000_000,
    target: 0.5,
    load: (directory) => linesLoad(directory),
    bare: () => startServer(countingProgram(), /port=(\d+)/),
  },
]

printMachine()
for (const { name, unit, scale, target, load, bare } of sections) {
  if (!name.includes(only)) continue
  await inScratch(async (directory) => {
    const sent = load(directory)
    const hub = await startServer(hubProgram(directory), /^tailrace ready .*ingest=127\.0\.0\.1:(\d+)/)
    const other = await bare(directory)
    try {
      const subject = (): ReturnType<typeof runWrk> => runWrk(sent, hub)
      await compare({ name, unit, scale, target, subject, denominator: () => runWrk(sent, other) }, pairs)
    } finally {
      await hub.stop()
      await other.stop()
    }
  })
}

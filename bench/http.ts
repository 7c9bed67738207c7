// HTTP in: one event a request, fsynced before its answer, against nginx that answers 204 to the same script of wrk; and
// bodies of 1 MB of NDJSON against a bare node:http server that counts their lines. What bounds both is measured beside
// them: a bare server of Node that answers, a hub that does not sync, and a bare server that writes each body twice and
// syncs. Servers and wrk are processes of their own, on this machine. `--only TEXT` picks comparisons by their names;
// `--connections N` (64) is for events.

import { parseArgs } from 'node:util'
import { startServer, type Server } from './kafka/child.js'
import { countingProgram, hubProgram, nginxProgram, storingProgram } from './http/servers.js'
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
  readonly target?: number
  readonly durability: 'fsync' | 'written'
  readonly load: (directory: string) => Load
  readonly bare: (directory: string) => Promise<Server>
}

const events = {
  unit: 'requests/s',
  scale: 1,
  load: (directory: string): Load => eventLoad(directory, connections),
}
const bodies = { unit: 'MB/s', scale: 1_000_000, load: linesLoad }
const counting = (): Promise<Server> => startServer(countingProgram(), /port=(\d+)/)

const sections: readonly Section[] = [
  {
    ...events,
    name: `one event a request, ${connections} connections, against nginx`,
    target: 0.3,
    durability: 'fsync',
    bare: async (directory) => startServer(await nginxProgram(directory), /port=(\d+)/),
  },
  {
    ...events,
    name: `one event a request, ${connections} connections, against a bare server of Node`,
    durability: 'fsync',
    bare: counting,
  },
  { ...bodies, name: 'NDJSON bodies of 1 MB', target: 0.5, durability: 'fsync', bare: counting },
  { ...bodies, name: 'NDJSON bodies of 1 MB, not synced', durability: 'written', bare: counting },
  {
    ...bodies,
    name: 'NDJSON bodies of 1 MB, against bodies written twice and synced',
    durability: 'fsync',
    bare: (directory) => startServer(storingProgram(directory), /port=(\d+)/),
  },
]

printMachine()
for (const { durability, load, bare, ...comparison } of sections) {
  if (!comparison.name.includes(only)) continue
  await inScratch(async (directory) => {
    const sent = load(directory)
    const hub = await startServer(hubProgram(directory, durability), /^tailrace ready .*ingest=127\.0\.0\.1:(\d+)/)
    const other = await bare(directory)
    try {
      const subject = (): ReturnType<typeof runWrk> => runWrk(sent, hub)
      await compare({ ...comparison, subject, denominator: () => runWrk(sent, other) }, pairs)
    } finally {
      await hub.stop()
      await other.stop()
    }
  })
}

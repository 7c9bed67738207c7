// The hub with a webhook sink, and where its events come from.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Server, startServer } from '../kafka/child.js'

/** A hub whose sink sends what stands in a file, keyed by customer. Answers when it is ready; the sending has begun by then. */
export function startFileHub(directory: string, { file, sink }: FileHub): Promise<Server> {
  const parse = { format: 'json' }
  const source = { type: 'file', include: [file], startAt: 'beginning', parse, key: 'customer', to: 'events' }
  return start(directory, { in: source }, sink)
}

/** A hub whose sink sends what is posted to `/in` at the port that it says. */
export function startIngestHub(directory: string, sink: SinkSettings): Promise<Server> {
  return start(directory, { in: { type: 'http', path: '/in', to: 'events' } }, sink)
}

export type SinkSettings = Readonly<Record<string, unknown>>

export interface FileHub {
  readonly file: string
  readonly sink: SinkSettings
}

/** BENCH_NODE_OPTIONS are for a profile of the hub, such as `--cpu-prof`. */
function start(directory: string, sources: Readonly<Record<string, unknown>>, sink: SinkSettings): Promise<Server> {
  const pipelineFile = join(directory, 'pipeline.json')
  const local = { type: 'webhook', from: ['events'], allowHttp: true, allowPrivate: ['127.0.0.0/8'] }
  const sinks = { hooks: { ...local, ...sink } }
  const topics = { events: { partitions: 1 } }
  writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'bench', topics, sources, sinks }))
  const profiling = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '')
  const command = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
  const options = ['--data', join(directory, 'data'), '--kafka', 'off', '--http', 'off', '--ingest', '127.0.0.1:0']
  const program = { command: process.execPath, arguments: [...profiling, command, 'run', pipelineFile, ...options] }
  const isIngest = Object.values(sources).some((one) => (one as { readonly type: string }).type === 'http')
  return startServer(program, isIngest ? /^tailrace ready .*ingest=127\.0\.0\.1:(\d+)/ : /^tailrace ready()/)
}

// The servers of the comparison: the hub with one http source, nginx that answers 204, and bare servers of Node.

import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from '../kafka/child.js'

export const ingestPath = '/in'

/** BENCH_NODE_OPTIONS are for a profile of the hub, such as `--cpu-prof`. */
export function hubProgram(directory: string, durability: 'fsync' | 'written'): Program {
  const pipelineFile = join(directory, 'pipeline.json')
  // What is kept is bounded, so that many runs fit onto a disk.
  const topics = { events: { retention: { bytes: '256MiB' }, segment: { bytes: '64MiB' }, durability } }
  const sources = { in: { type: 'http', path: ingestPath, to: 'events' } }
  writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'bench', topics, sources }))
  const profiling = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '')
  const command = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
  const options = ['--data', join(directory, 'data'), '--kafka', 'off', '--http', 'off', '--ingest', '127.0.0.1:0']
  return { command: process.execPath, arguments: [...profiling, command, 'run', pipelineFile, ...options] }
}

export function countingProgram(): Program {
  return { command: process.execPath, arguments: [fileURLToPath(new URL('counting-process.js', import.meta.url))] }
}

/** Keeps its two files in the directory. */
export function storingProgram(directory: string): Program {
  const command = fileURLToPath(new URL('storing-process.js', import.meta.url))
  return { command: process.execPath, arguments: [command, directory] }
}

/** nginx says nothing when it is ready: a shell asks until it answers, and then says its port. */
export async function nginxProgram(directory: string): Promise<Program> {
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(directory, name))
    return `${name}_temp_path ${join(directory, name)};`
  })
  const configuration = [
    'daemon off; worker_processes auto; error_log stderr crit;',
    `pid ${join(directory, 'nginx.pid')};`,
    'events { worker_connections 1024; }',
    `http { access_log off; keepalive_requests 1000000000; ${temporary.join(' ')}`,
    `server { listen 127.0.0.1:${port}; location / { return 204; } } }`,
  ]
  const file = join(directory, 'nginx.conf')
  writeFileSync(file, configuration.join('\n'))
  const untilReady = `until (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; do sleep 0.05; done; echo port=${port}`
  const run = `nginx -c '${file}' & trap 'kill -QUIT $!; wait $!; exit 0' TERM; ${untilReady}; wait $!`
  return { command: 'bash', arguments: ['-c', run] }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

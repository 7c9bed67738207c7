// A hub in a process of its own that runs one pipeline file, watched from outside through its admin API: lines a
// second from the first that arrived to the last, and the most memory it took.

import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Run } from './pairs.js'

const command = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
/** Each look costs the hub a millisecond or so, which is not what is measured; runs take seconds. */
const pollMs = 25

export interface HubRun {
  readonly pipelineFile: string
  readonly dataDirectory: string
  readonly lineCount: number
  /** A data directory that it begins with a copy of; an empty one when left out. */
  readonly template?: string
  /** What has to reach the count: records in the log, or records durable in the sink. */
  readonly metric: 'tailrace_source_records_total' | 'tailrace_sink_records_total'
  /** The clock starts with the first record that is counted, or, where they come a plan at a time, when all is ready. */
  readonly startsAt?: 'first record' | 'ready'
}

export async function runHub(run: HubRun): Promise<Run> {
  const { dataDirectory, lineCount, metric } = run
  rmSync(dataDirectory, { recursive: true, force: true })
  if (run.template !== undefined) cpSync(run.template, dataDirectory, { recursive: true })
  const arguments_ = [
    command,
    'run',
    run.pipelineFile,
    '--data',
    dataDirectory,
    '--kafka',
    'off',
    '--http',
    '127.0.0.1:0',
  ]
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr.resume()
  try {
    const address = await addressOf(child)
    const token = readFileSync(join(dataDirectory, 'admin.token'), 'utf8').trim()
    let first = run.startsAt === 'ready' ? { atMs: performance.now(), count: 0 } : undefined
    for (;;) {
      const count = await counted(address, token, metric)
      const atMs = performance.now()
      if (count > 0) first ??= { atMs, count }
      if (count >= lineCount && first !== undefined) {
        const seconds = Math.max(0.001, (atMs - first.atMs) / 1000)
        return { seconds, amount: count - first.count, extra: { 'most MB': mostMemoryMegabytes(child) } }
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  const { stdout } = child
  if (stdout === null) throw new Error('the hub has no output')
  for await (const line of createInterface({ input: stdout })) {
    const match = /^tailrace ready http=(\S+)/.exec(line)
    if (match?.[1] !== undefined) {
      stdout.resume()
      return match[1]
    }
  }
  throw new Error('the hub ended before it was ready')
}

async function counted(address: string, token: string, metric: string): Promise<number> {
  const answer = await fetch(`http://${address}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  let sum = 0
  for (const line of (await answer.text()).split('\n')) {
    if (line.startsWith(`${metric}{`)) sum += Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return sum
}

/** VmHWM: the most resident memory that the process had. */
function mostMemoryMegabytes(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1000
}

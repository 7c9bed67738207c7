// Drives a server with wrk, which sends the same request again and again over its connections.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Server } from '../kafka/child.js'
import type { Run } from '../measure/pairs.js'
import { ingestPath } from './servers.js'

export interface Load {
  readonly scriptFile: string
  readonly connections: number
  /** What one answered request counts. */
  readonly amountEach: number
}

const runSeconds = 5
const bodyBytes = 1_000_000

/** One event of 100 bytes in each request. */
export function eventLoad(directory: string, connections: number): Load {
  const event = '{"id":123456,"level":"info","message":"an event of a service, as webhooks send them","status":200}'
  return { scriptFile: script(directory, 'application/json', event), connections, amountEach: 1 }
}

/** As many lines of a service's log as fit into 1 MB. */
export function linesLoad(directory: string): Load {
  const line = `${JSON.stringify({
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    service: 'checkout',
    status: 200,
    message: 'a request was handled in 12 ms',
    path: '/api/v1/orders/12345',
    address: '10.1.2.3',
    tags: ['a', 'b'],
    ok: true,
  })}\n`
  const body = line.repeat(Math.floor(bodyBytes / line.length))
  return { scriptFile: script(directory, 'application/x-ndjson', body), connections: 8, amountEach: body.length }
}

export async function runWrk({ scriptFile, connections, amountEach }: Load, server: Server): Promise<Run> {
  const cpuBefore = server.cpuSeconds()
  const options = ['-t', '1', '-c', String(connections), '-d', `${runSeconds}s`, '-s', scriptFile, '--latency']
  const url = `http://127.0.0.1:${server.port}${ingestPath}`
  const { stdout } = await promisify(execFile)('wrk', [...options, url])
  const summary = /^\s*(\d+) requests in ([\d.]+)s/m.exec(stdout)
  if (summary === null || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk was not answered well:\n${stdout}`)
  const requests = Number(summary[1])
  const cpuSeconds = server.cpuSeconds() - cpuBefore
  return {
    seconds: Number(summary[2]),
    amount: requests * amountEach,
    extra: { 'p50 ms': milliseconds(stdout, '50%'), 'p99 ms': milliseconds(stdout, '99%'), 'CPU s': cpuSeconds },
  }
}

function script(directory: string, contentType: string, body: string): string {
  const file = join(directory, 'request.lua')
  const bodyFile = join(directory, 'body')
  writeFileSync(bodyFile, body)
  const lines = [
    'wrk.method = "POST"',
    `wrk.headers["content-type"] = "${contentType}"`,
    `wrk.body = io.open("${bodyFile}"):read("*a")`,
  ]
  writeFileSync(file, lines.join('\n'))
  return file
}

/** wrk writes 850.00us, 12.30ms or 1.20s. */
function milliseconds(output: string, percentile: string): number {
  const match = new RegExp(`^\\s*${percentile}\\s+([\\d.]+)(us|ms|s)`, 'm').exec(output)
  const factors = { us: 0.001, ms: 1, s: 1000 } as const
  return match === null ? Number.NaN : Number(match[1]) * factors[match[2] as keyof typeof factors]
}

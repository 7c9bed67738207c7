// The receiver of both sides: reads each body and answers 204. On the addresses 127.0.0.1 to 127.0.0.10 it can be told to be
// dead: of each three of these one answers 503, and two never answer. `GET /figures?COUNT` says what came since the last
// time, `GET /deaths?on` and `GET /deaths?off` switch the dead on and off.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { percentile } from '../measure/pairs.js'
import type { Figures } from './receiver.js'

let areDead = false
let count = 0
let firstMs = 0
let lastMs = 0
let waitsMs: number[] = []

function figures(): Figures {
  const answer = {
    count,
    seconds: (lastMs - firstMs) / 1000,
    p50Ms: percentile(waitsMs, 0.5),
    p99Ms: percentile(waitsMs, 0.99),
  }
  return answer
}

function reset(): void {
  count = 0
  waitsMs = []
}

function isDead({ headers: { host = '' } }: IncomingMessage): 'hangs' | 'refuses' | undefined {
  const last = Number(/^127\.0\.0\.(\d+):/.exec(host)?.[1] ?? 255)
  if (!areDead || last > 10) return undefined
  return last % 3 === 0 ? 'refuses' : 'hangs'
}

function take(body: Buffer, path: string): void {
  lastMs = performance.now()
  if (count === 0) firstMs = lastMs
  count++
  if (path !== '/timed') return
  const { sentMs } = JSON.parse(body.toString()) as { sentMs: number }
  waitsMs.push(Date.now() - sentMs)
}

function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const { url = '' } = request
  if (request.method === 'GET') {
    if (url.startsWith('/deaths')) areDead = url.endsWith('on')
    const said = JSON.stringify(figures())
    if (!url.startsWith('/figures')) reset()
    response.end(said)
    return
  }
  const death = isDead(request)
  if (death === 'hangs') return
  if (death === undefined) take(body, url)
  response.writeHead(death === undefined ? 204 : 503).end()
}

const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => answer(request, response, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
})
server.listen(0, '0.0.0.0', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`receiving ready port=${address.port}\n`)
})
process.once('SIGTERM', () => process.exit(0))

// Fills the real process with connections: as many as it takes, which say nothing, and one more, which is refused while the
// others stay and a client is served. Then `--size` peers ask for 50 MiB each and take nothing: the process must not hold
// more than it says, and go on serving.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { maxConnections, maxInFlightBytes, maxOverdraftBytes } from '../../core/kafka/server/limits.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { HubProcess } from '../crash/hub-process.js'
import { makeKafkaSite } from '../crash/kafka-site.js'
import { fetchExchange, framedRequest } from '../hostile/framed-request.js'
import { residentMemory } from '../hostile/resident-memory.js'
import { steadyTopic, WellBehavedClient } from '../hostile/well-behaved-client.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '150' }, seed: { type: 'string', default: '1' } },
})
const deafCount = Number(values.size)

const mebibyte = 1024 * 1024
const patienceMs = 10_000
const dialledAtOnce = 200
const sparedDescriptors = 200
const mostBytesOfConnection = 64 * 1024
const largeTopic = 'large'
const largeBatches = 50
const largeBatchBytes = 1_000_000
const wantedBytes = 50 * mebibyte
/** For the runtime, its garbage and the engine, beside what requests and answers may hold. */
const ownBytes = 400 * mebibyte
const watchedMs = 5000

requireDescriptors()
const site = await makeKafkaSite(new SeededRandom(Number(values.seed)), [steadyTopic, largeTopic])
const port = Number(site.kafka.split(':')[1])
const hub = new HubProcess(site)
try {
  if (!(await hub.ready)) throw new Error('the process ended by itself')
  const first = await WellBehavedClient.connect(port, patienceMs)
  await first.check()
  const idle = await crowd(first)
  for (const socket of idle) socket.destroy()
  await refuseNobody(first)
  await withDeafPeers(first)
  first.close()
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  site.remove()
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}; the process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await hub.stop('SIGKILL')
}

/** As many connections as there may be, of which `first` is one; another is refused, and a client is served. */
async function crowd(first: WellBehavedClient): Promise<readonly Socket[]> {
  const before = memory().nowBytes
  const idle: Socket[] = []
  while (idle.length < maxConnections - 2) {
    const count = Math.min(dialledAtOnce, maxConnections - 2 - idle.length)
    idle.push(...(await Promise.all(Array.from({ length: count }, dial))))
  }
  const startedMs = performance.now()
  const last = await WellBehavedClient.connect(port, patienceMs, first.nextOffset)
  await last.check()
  const servedMs = performance.now() - startedMs
  const bytes = (memory().nowBytes - before) / idle.length
  for (let count = 0; count < 20; count++) await requireRefused(await dial())
  const closed = idle.filter(({ destroyed }) => destroyed).length
  if (closed > 0) throw new Error(`${closed} of ${idle.length} idle connections were closed`)
  await last.check()
  await first.skipTo(last.nextOffset).check()
  last.close()
  if (bytes > mostBytesOfConnection) throw new Error(`an idle connection holds ${bytes} bytes`)
  console.log(
    `${idle.length} idle connections with ${(bytes / 1024).toFixed(1)} KiB each; a client beside them was served in ` +
      `${servedMs.toFixed(0)} ms, those beyond ${maxConnections} were closed`,
  )
  return idle
}

/** Those that were there have gone: others find their places. */
async function refuseNobody(first: WellBehavedClient): Promise<void> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    const client = await WellBehavedClient.connect(port, patienceMs, first.nextOffset)
    const refusal = await client.check().catch((error: unknown) => error)
    client.close()
    if (refusal === undefined) return void first.skipTo(client.nextOffset)
    if (performance.now() > endMs) throw refusal
  }
}

/** Each asks for more than the socket takes, and takes nothing. */
async function withDeafPeers(first: WellBehavedClient): Promise<void> {
  const value = Buffer.alloc(largeBatchBytes, 'x')
  const batch = encodeBatch([{ key: null, value, timestampMs: 1_790_000_000_000 }])
  for (let count = 0; count < largeBatches; count++) {
    const appended = await first.append(largeTopic, batch)
    if (appended?.errorCode !== 0) throw new Error(`filling the topic: error ${appended?.errorCode}`)
  }
  const before = memory().nowBytes
  const request = framedRequest(fetchExchange(largeTopic, 0, wantedBytes), 1)
  const deaf = await Promise.all(Array.from({ length: deafCount }, dial))
  for (const socket of deaf) socket.pause().write(request)
  const endMs = performance.now() + watchedMs
  let checks = 0
  for (; performance.now() < endMs; checks++) {
    await first.check()
    await sleep(100)
  }
  for (const socket of deaf) socket.destroy()
  await first.check()
  const { mostBytes } = memory()
  const bound = maxInFlightBytes + maxOverdraftBytes + ownBytes
  if (mostBytes > bound) throw new Error(`${mostBytes} bytes were resident; ${bound} are the most`)
  const inMebibytes = (bytes: number): string => (bytes / mebibyte).toFixed(0)
  console.log(
    `${deafCount} peers that asked for ${inMebibytes(wantedBytes)} MiB each and took nothing: ${inMebibytes(mostBytes)} ` +
      `MiB resident at most (${inMebibytes(before)} before), a client was served ${checks} times meanwhile`,
  )
}

function memory() {
  return residentMemory(hub.pid!)
}

async function dial(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  // A server that closes is seen by who looks.
  socket.on('error', () => undefined)
  await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) })
  return socket
}

/** Closed without a word. */
async function requireRefused(socket: Socket): Promise<void> {
  socket.on('data', () => {
    throw new Error('a connection beyond the bound was answered')
  })
  if (!socket.destroyed) await once(socket, 'close', { signal: AbortSignal.timeout(patienceMs) })
}

/** Here as in the process: both have as many sockets. */
function requireDescriptors(): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  if (limit === 'unlimited' || Number(limit) >= maxConnections + sparedDescriptors) return
  throw new Error(`${limit} open files are allowed; ${maxConnections + sparedDescriptors} are needed: raise ulimit -Hn`)
}

// Kills the real process `--size` times at random instants while messages of one JetStream stream come into a topic and go
// on into another stream; every fifth time the nats-server is killed as well. Afterwards the topic holds each message once
// and in order, and the second stream each at least once, in order when it came first. In the end a message is taken
// away, repeated and moved: the judge must find that.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Findings, type Judged, requireFaultless, requireFound } from '../crash/findings.js'
import { HubProcess, type HubSite } from '../crash/hub-process.js'
import { readTopic } from '../crash/log-reader.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import { NatsServer } from '../support/nats-server.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const messagesPerKill = 1_000
const messageCount = killCount * messagesPerKill
const mostRunMs = 900
/** What is left when nothing is killed any more. */
const mostEndMs = 120_000

type Fault = 'lost' | 'twice' | 'disordered'

const server = await NatsServer.start()
const client = await connect({ servers: server.address, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
const site = makeSite()
let hub: HubProcess | undefined
try {
  const startedMs = performance.now()
  await makeStreams()
  for (let kill = 0; kill < killCount; kill++) await runAndKill(kill)
  hub = new HubProcess(site)
  await allDelivered()
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  const logged = readLog()
  requireFaultless('in the log', judge(logged, true))
  const delivered = await readDelivered()
  requireFaultless('in the second stream', judge(delivered, false))
  checkControls(logged)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${messageCount} messages through ${killCount} kills in ${seconds} s: each once in the log and in order; ` +
      `${delivered.length - messageCount} repeated in the second stream`,
  )
  fs.rmSync(site.directory, { recursive: true, force: true })
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}`)
  if (hub !== undefined) console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await hub?.stop('SIGKILL')
  await client.close()
  await server.remove()
}

function makeSite(): HubSite {
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-bridges-'))
  const pipelineFile = join(directory, 'proof.json')
  const nats = { type: 'nats', servers: [server.address] }
  const file = {
    version: 1,
    name: 'proof',
    sources: { in: { ...nats, stream: 'FIRST', to: 'messages' } },
    sinks: { out: { ...nats, stream: 'SECOND', from: ['messages'], subject: 'second.{topic}' } },
  }
  fs.writeFileSync(pipelineFile, JSON.stringify(file))
  return {
    directory,
    pipelineFile,
    dataDirectory: join(directory, 'data'),
    listeners: ['--kafka', 'off', '--http', 'off'],
  }
}

async function makeStreams(): Promise<void> {
  const manager = await jetstreamManager(client)
  await manager.streams.add({ name: 'FIRST', subjects: ['first'] })
  await manager.streams.add({ name: 'SECOND', subjects: ['second.>'] })
}

async function runAndKill(kill: number): Promise<void> {
  hub = new HubProcess(site)
  const first = kill * messagesPerKill
  for (let number = first; number < first + messagesPerKill; number++) client.publish('first', String(number))
  await client.flush()
  await sleep(random.below(mostRunMs))
  if (hub.hasEnded) throw new Error('the process ended by itself')
  if (kill % 5 === 4) {
    // What was only flushed to the server may be lost with it: only what is stored counts.
    await stored(first + messagesPerKill)
    await server.kill()
    await server.up()
    await connected()
  }
  await hub.stop('SIGKILL')
}

async function connected(): Promise<void> {
  for (;;) {
    const isThere = await client.rtt().then(
      () => true,
      () => false,
    )
    if (isThere) return
    await sleep(20)
  }
}

async function stored(count: number): Promise<void> {
  const manager = await jetstreamManager(client)
  while ((await manager.streams.info('FIRST')).state.messages < count) await sleep(5)
}

async function allDelivered(): Promise<void> {
  const manager = await jetstreamManager(client)
  const endMs = performance.now() + mostEndMs
  for (;;) {
    const { messages } = (await manager.streams.info('SECOND')).state
    if (messages >= messageCount) return
    if (hub?.hasEnded === true) throw new Error('the process ended by itself')
    if (performance.now() > endMs) throw new Error(`${messageCount - messages} messages have not come`)
    await sleep(50)
  }
}

function readLog(): readonly number[] {
  return readTopic(site.dataDirectory, 'messages', 1).flatMap((batches) =>
    batches.flatMap(({ records }) => records.map(({ value }) => Number(value))),
  )
}

async function readDelivered(): Promise<readonly number[]> {
  const consumer = await jetstream(client).consumers.get('SECOND')
  const { messages } = (await (await jetstreamManager(client)).streams.info('SECOND')).state
  const found: number[] = []
  for await (const message of await consumer.consume()) {
    found.push(Number(message.string()))
    if (found.length === messages) break
  }
  return found
}

function judge(numbers: readonly number[], isOnce: boolean): Judged<Fault> {
  const findings = new Findings<Fault>(['lost', 'twice', 'disordered'])
  const seen = new Set<number>()
  let last = -1
  for (const number of numbers) {
    if (seen.has(number)) {
      if (isOnce) findings.find('twice', `message ${number} is there again`)
      continue
    }
    if (number < last) findings.find('disordered', `message ${number} came first behind ${last}`)
    seen.add(number)
    last = Math.max(last, number)
  }
  for (let number = 0; number < messageCount; number++) {
    if (!seen.has(number)) findings.find('lost', `message ${number} is not there`)
  }
  return findings
}

function checkControls(logged: readonly number[]): void {
  const chosen = random.below(messageCount - 1)
  const without = logged.filter((number) => number !== chosen)
  requireFound('a message missing', judge(without, true), 'lost')
  requireFound('a message twice', judge([...logged, chosen], true), 'twice')
  requireFound('a message moved', judge([...without, chosen], true), 'disordered')
  console.log('controls: what was taken away, repeated and moved was found')
}

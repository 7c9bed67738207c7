// Captures what foreign clients send, and writes it to captured/CLIENT.json: what captured.test.ts decodes.
//
// It is run by hand after a build, when a client or a table changes: `node dist/test/core/kafka/protocol/capture-program.js FOLDER`.
// Each client goes through its scenario against brokers that offer ever lower versions; what fails there is no fault.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkajsScenario } from './capture-kafkajs.js'
import { platformaticScenario } from './capture-platformatic.js'
import { apis } from '../../../../core/kafka/protocol/apis.js'
import { declaredApis } from './declarations.js'
import type { RecordedRequest } from './recording-broker.js'
import { startRecordingBroker } from './recording-broker.js'

/** As many as the API with the most versions has. */
const lowestStep = 13

/** How many different requests of one API and version are kept. */
const keptPerVersion = 2

interface Client {
  readonly name: string
  readonly origin: string
  readonly run: (port: number) => Promise<void>
}

const clients: readonly Client[] = [
  { name: 'kcat', origin: 'Debian’s kcat 1.7.1-2 with librdkafka 2.0.2', run: kcatScenario },
  { name: 'kafkajs', origin: 'kafkajs 2.2.4 from npm', run: kafkajsScenario },
  { name: 'platformatic', origin: '@platformatic/kafka 1.35.0 from npm', run: platformaticScenario },
]

async function capture(client: Client, folder: string): Promise<void> {
  const declared = (await declaredApis()).map(({ api }) => api)
  const kept = new Map<string, RecordedRequest[]>()
  for (let step = 0; step <= lowestStep; step++) {
    const broker = await startRecordingBroker(declared, step)
    await client.run(broker.port)
    await broker.close()
    for (const request of broker.requests) keep(kept, request)
  }
  const order = Object.values(apis).map((api) => api.name)
  const requests = [...kept.values()]
    .flat()
    .sort((a, b) => order.indexOf(a.api) - order.indexOf(b.api) || a.version - b.version)
  const text = JSON.stringify({ origin: client.origin, requests }, null, 2)
  writeFileSync(join(folder, `${client.name}.json`), `${text}\n`)
  process.stdout.write(`${client.name}: ${requests.length} requests\n`)
}

function keep(kept: Map<string, RecordedRequest[]>, request: RecordedRequest): void {
  const key = `${request.api} ${request.version}`
  const there = kept.get(key) ?? []
  // What differs in the correlation id alone says nothing new.
  const isNew = there.every((one) => one.hex.slice(16) !== request.hex.slice(16))
  if (isNew && there.length < keptPerVersion) kept.set(key, [...there, request])
}

/** Lists, produces, and consumes alone and in a group; idempotent, compressed, transactional, and with SASL. */
async function kcatScenario(port: number): Promise<void> {
  const broker = ['-b', `127.0.0.1:${port}`]
  const sasl = ['-X', 'security.protocol=sasl_plaintext', '-X', 'sasl.username=u', '-X', 'sasl.password=p']
  await Promise.all([
    kcat([...broker, '-L'], ''),
    kcat([...broker, '-P', '-t', 'captured', '-k', 'key', '-H', 'a=b'], 'one\ntwo\n'),
    kcat([...broker, '-P', '-t', 'captured', '-z', 'gzip', '-X', 'enable.idempotence=true'], 'three\n'),
    kcat([...broker, '-P', '-t', 'captured', '-X', 'acks=0'], 'four\n'),
    kcat([...broker, '-C', '-t', 'captured', '-o', 'beginning', '-e'], ''),
    kcat(
      [...broker, '-C', '-t', 'captured', '-o', 's@1700000000000', '-e', '-X', 'isolation.level=read_committed'],
      '',
    ),
    kcat([...broker, '-Q', '-t', 'captured:0:-1'], ''),
    kcat(
      [...broker, '-G', 'readers', 'captured', '-X', 'heartbeat.interval.ms=300', '-X', 'auto.commit.interval.ms=500'],
      '',
    ),
    kcat([...broker, '-L', ...sasl, '-X', 'sasl.mechanisms=PLAIN'], ''),
    kcat([...broker, '-L', ...sasl, '-X', 'sasl.mechanisms=SCRAM-SHA-256'], ''),
  ])
}

/** Ends after its input or, at the latest, after some seconds, as a consumer would end by Ctrl-C. */
async function kcat(args: readonly string[], input: string): Promise<void> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  const stop = setTimeout(() => child.kill('SIGINT'), 3000)
  const kill = setTimeout(() => child.kill('SIGKILL'), 5000)
  child.stdin.on('error', () => child.kill('SIGKILL'))
  child.stdin.end(input)
  await new Promise((resolve) => child.on('exit', resolve))
  clearTimeout(stop)
  clearTimeout(kill)
}

const folder = process.argv[2] ?? '.'
await Promise.all(clients.map((client) => capture(client, folder)))
process.exit(0)

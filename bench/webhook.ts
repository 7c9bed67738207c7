// Webhooks out: deliveries a second of the hub's sink against undici that posts the same bodies under the same headers, with
// the same number at a time, to the same receiver; and how long events of ninety living endpoints take from the post that
// brought them until they come, with and without ten dead endpoints beside them. Hub, undici and receiver are processes of
// their own. `--only TEXT` picks comparisons by their names.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runClient } from './kafka/child.js'
import { benchOptions, compare, printFigure, printMachine, type Run, spreadOf } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'
import { eventBody } from './webhook/events.js'
import { type SinkSettings, startFileHub, startIngestHub } from './webhook/hub.js'
import { BenchReceiver, type Figures } from './webhook/receiver.js'

const { pairs, only } = benchOptions()
const eventCount = 60_000
const livingCount = 90
const deadCount = 10
const rounds = 160
const roundMs = 50
const perEndpointEvery = 2

process.env['BENCH_WEBHOOK_SECRET'] = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const rates: readonly {
  readonly name: string
  readonly concurrency: number
  readonly sink: SinkSettings
  readonly target?: number
}[] = [
  { name: 'deliveries, 16 at a time', concurrency: 16, sink: {}, target: 0.6 },
  { name: 'deliveries, 64 at a time', concurrency: 64, sink: {}, target: 0.6 },
  {
    name: 'deliveries, 16 at a time, signed, against undici unsigned',
    concurrency: 16,
    sink: { sign: { secret: { $env: 'BENCH_WEBHOOK_SECRET' } } },
  },
]

printMachine()
const receiver = await BenchReceiver.open()
try {
  for (const rate of rates) if (rate.name.includes(only)) await compareRates(rate)
  if ('ninety living endpoints'.includes(only)) await compareWaits()
} finally {
  await receiver.stop()
}

async function compareRates({ name, concurrency, sink, target }: (typeof rates)[number]): Promise<void> {
  await inScratch(async (directory) => {
    const file = join(directory, 'events.log')
    writeFileSync(file, Array.from({ length: eventCount }, (_, index) => `${eventBody(index)}\n`).join(''))
    const settings = { url: `http://127.0.0.1:${receiver.port}/hook`, concurrency, ...sink }
    const comparison = {
      name,
      unit: 'deliveries/s',
      scale: 1,
      subject: () => hubRun(join(directory, 'hub'), { file, settings }),
      denominator: () => undiciRun(concurrency),
    }
    await compare(target === undefined ? comparison : { ...comparison, target }, pairs)
  })
}

async function hubRun(
  directory: string,
  { file, settings }: { readonly file: string; readonly settings: SinkSettings },
): Promise<Run> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  await receiver.reset(false)
  const hub = await startFileHub(directory, { file, sink: settings })
  try {
    const { seconds } = await receiver.counted(eventCount)
    return { seconds, amount: eventCount, extra: { 'CPU s': hub.cpuSeconds(), 'most MB': hub.mostMegabytes() } }
  } finally {
    await hub.stop()
  }
}

async function undiciRun(concurrency: number): Promise<Run> {
  await receiver.reset(false)
  const command = fileURLToPath(new URL('webhook/posting-process.js', import.meta.url))
  await runClient({
    command: process.execPath,
    arguments: [command, String(receiver.port), String(eventCount), String(concurrency)],
  })
  const { seconds } = await receiver.counted(eventCount)
  return { seconds, amount: eventCount }
}

/** The same pairs for both percentiles. */
async function compareWaits(): Promise<void> {
  const runs: { readonly alone: Figures; readonly beside: Figures }[] = []
  await waits(true)
  for (let pair = 0; pair < pairs; pair++) runs.push({ alone: await waits(false), beside: await waits(true) })
  for (const percentile of ['p50Ms', 'p99Ms'] as const) {
    const name = `ninety living endpoints, ${percentile.slice(0, 3)}`
    printFigure(`${name}, alone`, spreadOf(runs.map(({ alone }) => alone[percentile])), 'ms')
    printFigure(`${name}, beside ten dead ones`, spreadOf(runs.map(({ beside }) => beside[percentile])), 'ms')
    const ratios = runs.map(({ alone, beside }) => beside[percentile] / alone[percentile])
    printFigure(`${name}, ratio`, spreadOf(ratios), '')
  }
}

/** Posts events in small bodies at a fixed pace; each endpoint is an address of this machine. */
async function waits(areDead: boolean): Promise<Figures> {
  let figures: Figures | undefined
  await inScratch(async (directory) => {
    await receiver.reset(areDead)
    const url = `http://{value.host}:${receiver.port}/timed`
    const hub = await startIngestHub(directory, { url, allowHosts: endpoints(), ports: [receiver.port], timeout: '2s' })
    try {
      const living = endpoints().slice(deadCount)
      const hosts = areDead ? endpoints() : living
      for (let round = 0; round < rounds; round++) {
        const nextMs = performance.now() + roundMs
        await post(
          hub.port,
          hosts.filter((_, place) => (place + round) % perEndpointEvery === 0),
        )
        await new Promise((resolve) => setTimeout(resolve, nextMs - performance.now()))
      }
      figures = await receiver.counted((rounds * living.length) / perEndpointEvery)
    } finally {
      await hub.stop()
    }
  })
  if (figures === undefined) throw new Error('the receiver has no figures')
  return figures
}

function endpoints(): readonly string[] {
  return Array.from({ length: deadCount + livingCount }, (_, place) => `127.0.0.${place + 1}`)
}

async function post(port: number, hosts: readonly string[]): Promise<void> {
  const sentMs = Date.now()
  const body = hosts.map((host) => `${JSON.stringify({ host, sentMs })}\n`).join('')
  const answer = await fetch(`http://127.0.0.1:${port}/in`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  })
  await answer.text()
  if (answer.status !== 202) throw new Error(`the hub answered ${answer.status}`)
}

// Records of 100 bytes through librdkafka: fsynced against `written`, against NATS JetStream with file storage, and the
// latency from the producer to the consumer.

import { join } from 'node:path'
import { compare, printFigure, spreadOf, type Pair, type Run } from '../measure/pairs.js'
import { runClient, startServer, type Server } from './child.js'
import { startHub, topicName, type BenchHub, type Durability } from './hub.js'
import type { NativePrograms } from './native.js'
import type { Section, Setting } from './section.js'

const recordBytes = 100
const hubRecords = 3_000_000
/** Fewer, since each takes longer; both ends are at their pace by then. */
const natsRecords = 1_000_000
const latencyRate = 1000
const latencyRecords = 10_000
const millionsPerSecond = { unit: 'million records/s', scale: 1e6 }
const cpuName = 'CPU s per million'

/** Runs the client and counts the server's processor time meanwhile. */
async function clientRun(server: Server, command: string, arguments_: readonly string[]): Promise<Run> {
  const before = server.cpuSeconds()
  const { seconds = Number.NaN, count = Number.NaN } = await runClient({ command, arguments: arguments_ })
  const cpuSeconds = server.cpuSeconds() - before
  return { seconds, amount: count, extra: { [cpuName]: cpuSeconds / (count / 1e6) } }
}

async function produce(hub: BenchHub, programs: NativePrograms, durability: Durability): Promise<Run> {
  await hub.renewTopic(1, durability)
  const load = [hub.broker, topicName, String(hubRecords), String(recordBytes)]
  return clientRun(hub, programs.rdkafkaClient, ['produce', ...load])
}

function consume(hub: BenchHub, programs: NativePrograms): Promise<Run> {
  return clientRun(hub, programs.rdkafkaClient, ['consume', hub.broker, topicName, String(hubRecords)])
}

function startNats(programs: NativePrograms, directory: string): Promise<Server> {
  const arguments_ = ['-js', '-sd', directory, '-a', '127.0.0.1', '-p', '-1']
  return startServer(
    { command: programs.natsServer, arguments: arguments_ },
    /client connections on 127\.0\.0\.1:(\d+)/,
  )
}

function publishToNats(nats: Server, programs: NativePrograms): Promise<Run> {
  const load = [`nats://127.0.0.1:${nats.port}`, String(natsRecords), String(recordBytes)]
  return clientRun(nats, programs.natsClient, ['publish', ...load])
}

function consumeFromNats(nats: Server, programs: NativePrograms): Promise<Run> {
  return clientRun(nats, programs.natsClient, ['consume', `nats://127.0.0.1:${nats.port}`, String(natsRecords)])
}

function printCpuRatio(pairs: readonly Pair[], target: number): void {
  const cpuOf = (run: Run): number => run.extra?.[cpuName] ?? Number.NaN
  const ratios = spreadOf(pairs.map(({ subject, denominator }) => cpuOf(subject) / cpuOf(denominator)))
  printFigure(`    server CPU per million records, of NATS's (at most ${target})`, ratios, '')
  printFigure("    NATS's CPU per million records", spreadOf(pairs.map(({ denominator }) => cpuOf(denominator))), 's')
}

interface Against {
  readonly name: string
  readonly durability: Durability
  readonly target?: number
}

function publishSection(programs: NativePrograms, { name, durability, target }: Against): Section {
  return {
    name,
    async run(title, { directory, pairs }) {
      const hub = await startHub(join(directory, 'hub'))
      const nats = await startNats(programs, join(directory, 'nats'))
      const subject = (): Promise<Run> => produce(hub, programs, durability)
      const denominator = (): Promise<Run> => publishToNats(nats, programs)
      const { runs } = await compare({ name: title, ...millionsPerSecond, subject, denominator, target }, pairs)
      printCpuRatio(runs, 0.1)
      await nats.stop()
      await hub.stop()
    },
  }
}

function consumeSection(programs: NativePrograms): Section {
  return {
    name: 'consume 100-byte records, against an ordered consumer of NATS',
    async run(name, { directory, pairs }) {
      const hub = await startHub(join(directory, 'hub'))
      const nats = await startNats(programs, join(directory, 'nats'))
      await produce(hub, programs, 'written')
      await publishToNats(nats, programs)
      const subject = (): Promise<Run> => consume(hub, programs)
      const denominator = (): Promise<Run> => consumeFromNats(nats, programs)
      const { runs } = await compare({ name, ...millionsPerSecond, subject, denominator, target: 3.5 }, pairs)
      printCpuRatio(runs, 0.1)
      await nats.stop()
      await hub.stop()
    },
  }
}

function fsyncSection(programs: NativePrograms): Section {
  return {
    name: 'produce 100-byte records, fsynced, against written',
    async run(name, { directory, pairs }) {
      const hub = await startHub(join(directory, 'hub'))
      const subject = (): Promise<Run> => produce(hub, programs, 'fsync')
      const denominator = (): Promise<Run> => produce(hub, programs, 'written')
      await compare({ name, ...millionsPerSecond, subject, denominator, target: 0.8 }, pairs)
      await hub.stop()
    },
  }
}

function latencySection(programs: NativePrograms): Section {
  const measure = async (hub: BenchHub, durability: Durability): Promise<Readonly<Record<string, number>>> => {
    await hub.renewTopic(1, durability)
    const load = [hub.broker, topicName, String(latencyRecords), String(latencyRate)]
    return runClient({ command: programs.rdkafkaClient, arguments: ['latency', ...load] })
  }
  return {
    name: `latency from produce to consume, ${latencyRate} records a second, acks=all`,
    async run(name, { directory, pairs }: Setting) {
      const hub = await startHub(join(directory, 'hub'))
      const durabilities = ['fsync', 'written'] as const
      const runs = durabilities.map((durability) => ({ durability, times: [] as Readonly<Record<string, number>>[] }))
      for (let pair = 0; pair < pairs; pair++) {
        for (const { durability, times } of runs) times.push(await measure(hub, durability))
      }
      for (const { durability, times } of runs) {
        for (const part of ['p50', 'p99', 'p999', 'longest']) {
          const aim = part === 'p99' ? ' (aim 5)' : ''
          printFigure(
            `${name}, ${durability}, ${part}${aim}`,
            spreadOf(times.map((each) => each[part] ?? Number.NaN)),
            'ms',
          )
        }
      }
      await hub.stop()
    },
  }
}

/** What needs the programs in C. */
export function clientSections(programs: NativePrograms): readonly Section[] {
  return [
    fsyncSection(programs),
    publishSection(programs, {
      name: 'produce 100-byte records, written, against NATS JetStream',
      durability: 'written',
      target: 6,
    }),
    publishSection(programs, {
      name: 'produce 100-byte records, fsynced, against NATS JetStream',
      durability: 'fsync',
    }),
    consumeSection(programs),
    latencySection(programs),
  ]
}

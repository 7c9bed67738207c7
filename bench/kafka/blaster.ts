// The port under a client that costs next to nothing: against a bare copy from a socket to a file, against the engine's
// own append, and with many connections against one.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import { closedLoop } from '../measure/closed-loop.js'
import { compare, printFigure, spreadOf, type Run } from '../measure/pairs.js'
import { runClient, startServer } from './child.js'
import { startHub, topicName, type BenchHub, type Durability } from './hub.js'
import { batchOf, produceFrame, type ProduceLoad } from './produce-load.js'
import type { Section } from './section.js'

const blaster = fileURLToPath(new URL('blaster-process.js', import.meta.url))
const bareCopy = fileURLToPath(new URL('bare-copy-process.js', import.meta.url))

const kibibyte = 1024
const megabytesPerSecond = { unit: 'MB/s', scale: 1e6 }
/** What Java's client leaves unanswered on a connection by default, and about what librdkafka does when it is busy. */
const requestsInFlight = [5, 16]
const large = { batchBytes: 128 * kibibyte, requests: 4096 }
const small = { batchBytes: 16 * kibibyte, requests: 32_768, inFlight: 16 }
const many = 1000

type Load = Omit<ProduceLoad, 'port' | 'topic'>

const oneConnection = { partitions: 1, connections: 1 }
const manyConnections = { partitions: many, connections: many, inFlight: 1 }

async function blastAt(port: number, load: Load): Promise<Run> {
  const argument: ProduceLoad = { ...load, port, topic: topicName }
  const run = await runClient({ command: process.execPath, arguments: [blaster, JSON.stringify(argument)] })
  const { seconds = Number.NaN, bytes = Number.NaN, p50 = Number.NaN, p99 = Number.NaN } = run
  return { seconds, amount: bytes, extra: { 'p50 ms': p50, 'p99 ms': p99 } }
}

async function blastHub(hub: BenchHub, durability: Durability, load: Load): Promise<Run> {
  await hub.renewTopic(load.partitions, durability)
  const before = hub.cpuSeconds()
  const run = await blastAt(hub.port, load)
  return { ...run, extra: { ...run.extra, 'CPU s per GB': (hub.cpuSeconds() - before) / (run.amount / 1e9) } }
}

/** A process of its own for each run, as the file is. */
async function blastBareCopy(path: string, load: Load): Promise<Run> {
  const requestBytes = produceFrame(topicName, 0, batchOf(load.batchBytes)).length
  const program = { command: process.execPath, arguments: [bareCopy, path, String(requestBytes), topicName] }
  const server = await startServer(program, /^bare copy ready port=(\d+)/)
  try {
    return await blastAt(server.port, load)
  } finally {
    await server.stop()
  }
}

function againstCopy(inFlight: number): Section {
  return {
    name: `blaster 128 KiB, ${inFlight} in flight, written, against a bare socket-to-file copy`,
    async run(name, { directory, pairs }) {
      const hub = await startHub(join(directory, 'hub'))
      const load = { ...large, ...oneConnection, inFlight }
      const subject = (): Promise<Run> => blastHub(hub, 'written', load)
      const denominator = (): Promise<Run> => blastBareCopy(join(directory, 'copy'), load)
      await compare({ name, ...megabytesPerSecond, subject, denominator, target: 0.4 }, pairs)
      await hub.stop()
    },
  }
}

function againstEngine(inFlight: number): Section {
  return {
    name: `blaster 128 KiB, ${inFlight} in flight, fsynced, against appends in the process`,
    async run(name, { directory, pairs }) {
      const hub = await startHub(join(directory, 'hub'))
      const engine = await openEmbeddedEngine({
        directory: join(directory, 'engine'),
        world: nodeWorld(),
        logger: silentLogger,
        recorder: silentRecorder,
      })
      const batch = batchOf(large.batchBytes)
      const denominator = async (): Promise<Run> => {
        await engine.topics.create({ name: topicName, partitions: 1 })
        const append = (): Promise<unknown> => engine.append([{ topic: topicName, partition: 0, batch }])
        const run = await closedLoop({ count: large.requests, inFlight, call: append })
        await engine.topics.delete(topicName)
        return { ...run, amount: run.amount * batch.length }
      }
      const subject = (): Promise<Run> => blastHub(hub, 'fsync', { ...large, ...oneConnection, inFlight })
      await compare({ name, ...megabytesPerSecond, subject, denominator, target: 0.5 }, pairs)
      await engine.close()
      await hub.stop()
    },
  }
}

/** Many connections with one request each against one connection with several, with batches of the same size. */
function wide(durability: Durability): Section {
  return {
    name: `${many} connections over ${many} partitions, 16 KiB, ${durability}, against one`,
    async run(name, { directory, pairs }) {
      const hub = await startHub(join(directory, 'hub'))
      const subject = (): Promise<Run> => blastHub(hub, durability, { ...small, ...manyConnections })
      const denominator = (): Promise<Run> => blastHub(hub, durability, { ...small, ...oneConnection })
      await compare({ name, ...megabytesPerSecond, subject, denominator, target: 0.5 }, pairs)
      printFigure('    most resident memory of the hub', spreadOf([hub.mostMegabytes()]), 'MB')
      await hub.stop()
    },
  }
}

export const blasterSections: readonly Section[] = [
  ...requestsInFlight.map(againstCopy),
  ...requestsInFlight.map(againstEngine),
  wide('written'),
  wide('fsync'),
]

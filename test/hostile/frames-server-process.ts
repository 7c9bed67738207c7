// The attacked process: the Kafka server on a memory engine, which gives itself most of the frames and takes the rest
// through its port. Arguments: how many frames it gives itself, a seed, and the name of a planted fault or nothing.
//
// It watches its own event loop and memory, tells where it listens, and reports when it is told to finish. Every so many
// frames a new server with an empty engine takes over; the one before is closed under its load.

import { performance } from 'node:perf_hooks'
import type { Recorder } from '../../core/telemetry/recorder.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import type { Logger } from '../../core/telemetry/logger.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import { DirectAttack } from './direct-attack.js'
import type { FromServer, ServerReport, ToServer } from './frames-report.js'
import { plantedFaults } from './planted-faults.js'
import { processorMs } from './processor-time.js'
import { RequestFrames } from './request-frames.js'
import { ServerGeneration } from './server-generation.js'

const [frameCount, seed, plantedName] = process.argv.slice(2)
const planted = plantedFaults.find((fault) => fault === plantedName)

const generationFrames = 20_000
const shares = { wholeShare: 0.35, wideShare: 1 / 20_000 }
const watchMs = 20
const tellEvery = 10

const random = new SeededRandom(Number(seed))
const attack = new DirectAttack(random.fork(), await RequestFrames.open(random.fork(), shares))
let socketFrames = 0
let socketAnswers = 0
let longestStallMs = 0
let mostResidentBytes = 0
let generations = 0
let isDirectDone = false

const recorder: Recorder = {
  ...silentRecorder,
  count(name, _labels, by = 1) {
    if (name === 'tailrace_kafka_requests_total') socketAnswers += by
    if (name === 'tailrace_kafka_requests_total' || name === 'tailrace_kafka_refused_total') socketFrames += by
  },
}
// Whatever the server calls an error is more than a refused request.
const logger: Logger = {
  ...silentLogger,
  error(event, { error, message } = {}) {
    attack.fail(`${event}: ${error instanceof Error ? error.stack : String(message)}`, undefined)
  },
  child: () => logger,
}

const finished = new Promise<void>((resolve) => process.on('message', (told) => told === 'finish' && resolve()))
const watch = startWatch()
let generation = await begin()
/** Closed as soon as nobody well-behaved uses it any more. */
let before: ServerGeneration | undefined

for (let left = Number(frameCount); left > 0; left -= generationFrames) {
  await attack.run(generation, Math.min(left, generationFrames))
  if (left <= generationFrames) break
  before = generation
  const isLeft = new Promise<void>((resolve) => {
    const hear = (told: ToServer): void => {
      if (told !== 'left') return
      process.off('message', hear)
      resolve()
    }
    process.on('message', hear)
  })
  generation = await begin()
  await isLeft
  await before.close()
}
isDirectDone = true
await finished
await generation.close()
clearInterval(watch)
const report: ServerReport = {
  directFrames: Number(frameCount),
  headersRead: attack.headersRead,
  met: attack.met,
  ...{ socketFrames, socketAnswers, answered: attack.answered, refused: attack.refused, failures: attack.failures },
  ...{ longestStallMs, mostResidentBytes, slowest: attack.slowest, generations },
}
tell({ kind: 'report', report }, () => process.disconnect())

async function begin(): Promise<ServerGeneration> {
  const begun = await ServerGeneration.open({ logger, recorder, planted })
  generations++
  tell({ kind: 'serving', port: begun.server.address.port, view: begun.view() })
  return begun
}

/**
 * How much later than it was due a timer fires is how long the event loop did something else. Only as much of it counts as
 * the thread was at work: on a busy machine it may just not have been let.
 */
function startWatch(): NodeJS.Timeout {
  let dueMs = performance.now() + watchMs
  let usedMs = processorMs()
  let ticks = 0
  return setInterval(() => {
    const nowMs = performance.now()
    const usedNowMs = processorMs()
    longestStallMs = Math.max(longestStallMs, Math.min(nowMs - dueMs, usedNowMs - usedMs))
    dueMs = nowMs + watchMs
    usedMs = usedNowMs
    mostResidentBytes = Math.max(mostResidentBytes, process.memoryUsage.rss())
    if (++ticks % tellEvery === 0) tell({ kind: 'progress', socketFrames, isDirectDone })
  }, watchMs)
}

function tell(message: FromServer, told?: () => void): void {
  process.send!(message, undefined, undefined, () => told?.())
}

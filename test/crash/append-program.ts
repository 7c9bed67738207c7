// Appends records to a log and writes a line for each answer, as soon as it is there: `answered 000042`.
// Arguments: a directory and how many. The value of record N is `append-N;`. The first half goes one by one, the
// second with several under way, so that frames with one append and frames with many are met.

import { writeSync } from 'node:fs'
import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'

const [directory, count] = process.argv.slice(2)
const appendCount = Number(count)
const inFlight = 8
/** Small, so that the journal changes its file some times. */
const journal = { fileBytes: 1024 * 1024, maxFiles: 4 }

const world = nodeWorld()
const engine = await openEmbeddedEngine({
  directory: directory!,
  world,
  journal,
  logger: silentLogger,
  recorder: silentRecorder,
})
await engine.topics.create({ name: 'answers', partitions: 4 })
let next = 0
for (; next < appendCount / 2; next++) await appendAndAnswer(next)
await Promise.all(Array.from({ length: inFlight }, appendInTurn))
await engine.close()

async function appendInTurn(): Promise<void> {
  while (next < appendCount) await appendAndAnswer(next++)
}

async function appendAndAnswer(number: number): Promise<void> {
  const digits = String(number).padStart(6, '0')
  const record = { key: null, value: Buffer.from(`append-${digits};`), timestampMs: world.clock.now() }
  await engine.append([{ topic: 'answers', partition: number % 4, batch: encodeBatch([record]) }])
  writeSync(1, `answered ${digits}\n`)
}

// The program that is killed: `log-program.js DIRECTORY WORKLOAD [ANSWERS]`. It goes on where its state says that it
// was, and writes a line for each answer that it got, since whoever started it knows nothing else of it:
//
//   resumes NAME STEP        where it goes on         answered NAME STEP     everything below STEP is acknowledged
//   there TOPIC…             the topics at the start  made|deleting|gone TOPIC
//   done                     all steps are done and the log is closed
//
// After ANSWERS lines of the second column it kills itself.

import { writeSync } from 'node:fs'
import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import type { PartitionAppend } from '../../core/engine/log-engine.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import {
  deleteEvery,
  keptRecords,
  keyCount,
  lineOf,
  logPartitions,
  logTopic,
  logWorkloads,
  type LogWorkload,
  streamsOf,
  twinOf,
} from './log-workloads.js'

const [directory, name, dieAfter] = process.argv.slice(2)
const workload: LogWorkload = logWorkloads[name as keyof typeof logWorkloads]
let answersLeft = dieAfter === undefined ? Number.POSITIVE_INFINITY : Number(dieAfter)

const world = nodeWorld()
const engine = await openEmbeddedEngine({
  directory: directory!,
  world,
  logger: silentLogger,
  recorder: silentRecorder,
  journal: { fileBytes: workload.journalFileBytes ?? 2 * 1024 * 1024, maxFiles: 6 },
  reserveBytes: 64 * 1024,
  idleCheckpointMs: workload.idleCheckpointMs,
  trickleBytes: workload.trickleBytes,
  maintenanceMs: workload.maintenanceMs,
})
const claim = await engine.state.claim({ pipeline: 'proof', connector: 'writer' })
const runs = { lines: writeLines, topics: turnTopics, keys: writeKeys, deletions: writeAndDelete }
await runs[workload.kind]()
await engine.close()
say('done')

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

/** Says what was answered, and dies when it is time. */
function answered(line: string): void {
  say(line)
  if (--answersLeft <= 0) process.kill(process.pid, 'SIGKILL')
}

/** How far a writer came, by its durable state. */
function resume(of: string): number {
  const stored = engine.state.get(claim.scope, of)
  const step = stored === undefined ? 0 : Number(Buffer.from(stored).toString())
  say(`resumes ${of} ${step}`)
  return step
}

function stateAt(of: string, step: number) {
  return { claim, changes: [{ key: of, value: Buffer.from(String(step)) }] }
}

async function ensureTopic(partitions: number): Promise<void> {
  if (engine.topics.find(logTopic) !== undefined) return
  await engine.topics.create({ name: logTopic, partitions, settings: workload.topic })
}

function batchOf(texts: readonly string[], key: string): Buffer {
  const timestampMs = world.clock.now()
  return encodeBatch(texts.map((text) => ({ key: Buffer.from(key), value: Buffer.from(text), timestampMs })))
}

async function writeLines(): Promise<void> {
  await ensureTopic(logPartitions)
  const { streams = 1 } = workload
  await Promise.all(
    streamsOf({ ...workload, twins: false }).map((stream, index) => writeStream(stream, index % streams)),
  )
}

async function writeStream(stream: string, index: number): Promise<void> {
  const { linesPerAppend = 1, steps, twins = false } = workload
  const place = { topic: logTopic, partition: index % logPartitions }
  const group = { group: `group-${stream}`, memberId: '', generation: -1 }
  let step = resume(stream)
  if (twins && (engine.groups.committed(group.group, place)?.offset ?? 0) !== step) {
    throw new Error(`the group's offset of ${stream} is not the one of its state, ${step}`)
  }
  while (step < steps) {
    const numbers = Array.from({ length: Math.min(linesPerAppend, steps - step) }, (_, line) => step + line)
    const textsOf = (of: string): readonly string[] => numbers.map((number) => lineOf(of, number, workload))
    const entries: PartitionAppend[] = [{ ...place, batch: batchOf(textsOf(stream), stream) }]
    const twin = twinOf(stream)
    if (twins) {
      const partition = (place.partition + 1) % logPartitions
      entries.push({ topic: logTopic, partition, batch: batchOf(textsOf(twin), twin) })
    }
    step += numbers.length
    const commits = twins ? [{ ...group, offsets: [{ ...place, offset: step }] }] : undefined
    await engine.append(entries, { state: stateAt(stream, step), commits })
    answered(`answered ${stream} ${step}`)
  }
}

/** One record a step, of one key after the other, so that a record's offset is its number. */
async function writeKeys(): Promise<void> {
  await ensureTopic(1)
  for (let step = resume('keys'); step < workload.steps; step++) await writeStep('keys', step, `key-${step % keyCount}`)
  // So that the last of them are compacted too, or what is under way is met by the end.
  await world.clock.sleep(60)
}

async function writeAndDelete(): Promise<void> {
  await ensureTopic(1)
  for (let step = resume('deletions'); step < workload.steps; ) {
    await writeStep('deletions', step++, 'key')
    if (step % deleteEvery !== 0 || step <= keptRecords) continue
    await engine.deleteRecords({ topic: logTopic, partition: 0 }, step - keptRecords)
    answered(`answered start ${step - keptRecords}`)
  }
}

async function writeStep(of: string, step: number, key: string): Promise<void> {
  const batch = batchOf([lineOf(of, step, workload)], key)
  await engine.append([{ topic: logTopic, partition: 0, batch }], { state: stateAt(of, step + 1) })
  answered(`answered ${of} ${step + 1}`)
}

async function turnTopics(): Promise<void> {
  say(['there', ...engine.topics.list().map((topic) => topic.name)].join(' '))
  for (let step = resume('topics'); step < workload.steps; step++) {
    const topic = `topic-${step}`
    if (engine.topics.find(topic) === undefined) await engine.topics.create({ name: topic, partitions: 2 })
    answered(`made ${topic}`)
    await engine.append([{ topic, partition: 1, batch: batchOf([lineOf('topics', step, workload)], topic) }])
    if (engine.topics.find(topic)?.partitions === 2) await engine.topics.alter(topic, { partitions: 3 })
    answered(`answered ${topic} 3`)
    const before = `topic-${step - 1}`
    if (engine.topics.find(before) !== undefined) {
      say(`deleting ${before}`)
      await engine.topics.delete(before)
      answered(`gone ${before}`)
    }
    await engine.state.put(stateAt('topics', step + 1))
    answered(`answered topics ${step + 1}`)
  }
}

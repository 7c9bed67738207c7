// The program that is killed in the proof of transforms: `transform-program.js DIRECTORY [finish]`. It feeds numbered
// events and the rows of a table into the log, from where its state says that it was, while three transforms make
// something of them. It writes `feeding` when they run; with `finish` it feeds what closes all windows, waits until
// the transforms are through, writes `done COUNT` and ends.

import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from '../../core/connector/fields.js'
import { noIngress } from '../../core/connector/no-ingress.js'
import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import type { PartitionAppend } from '../../core/engine/log-engine.js'
import type { PipelinePlan, TransformPlan } from '../../core/pipeline/pipeline-plan.js'
import { statefulDeclarations } from '../../core/pipeline/steps/stateful/settings.js'
import { startPipelines } from '../../core/pipeline/supervisor.js'
import { encodeBatch, type PlainRecord } from '../../core/record/encode-batch.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import {
  closingMs,
  eventOf,
  eventPartitions,
  eventsPerAppend,
  keyOf,
  partitionOf,
  rowOf,
  timeOf,
} from './transform-events.js'

const pauseMs = 2
const pollMs = 20

const [directory, mode] = process.argv.slice(2)
const world = nodeWorld()
const engine = await openEmbeddedEngine({
  directory: directory!,
  world,
  logger: silentLogger,
  recorder: silentRecorder,
})
const plan = pipelinePlan()
const pipelines = await startPipelines({
  plans: [plan],
  engine,
  world,
  logger: silentLogger,
  recorder: silentRecorder,
  dataDirectory: directory!,
  openFiles: 64,
  ingress: noIngress,
})
const claim = await engine.state.claim({ pipeline: 'proof', connector: 'feeder' })
let appends = Number(Buffer.from(engine.state.get(claim.scope, 'appends') ?? []).toString() || '0')
say('feeding')
if (mode === 'finish') await finish()
else for (;;) await feed()

/** One row, and then the events that may rely on it. */
async function feed(): Promise<void> {
  const { row, version } = rowOf(appends)
  await engine.append([
    { topic: 'rows', partition: 0, batch: batchOf([{ key: row, fields: { row, version }, timeMs: 1 }]) },
  ])
  const first = appends * eventsPerAppend
  const events = Array.from({ length: eventsPerAppend }, (_, index) => first + index)
  const entries: PartitionAppend[] = []
  for (let partition = 0; partition < eventPartitions; partition++) {
    const own = events.filter((number) => partitionOf(number) === partition)
    if (own.length === 0) continue
    const records = own.map((number) => ({ key: keyOf(number), fields: eventOf(number), timeMs: timeOf(number) }))
    entries.push({ topic: 'events', partition, batch: batchOf(records) })
  }
  appends++
  const value = Buffer.from(String(appends))
  await engine.append(entries, { state: { claim, changes: [{ key: 'appends', value }] } })
  await sleep(pauseMs)
}

async function finish(): Promise<void> {
  await feed()
  const closing = batchOf([
    { key: 'closing', fields: { id: 'closing', group: 'closing', price: 0, row: 'closing' }, timeMs: closingMs },
  ])
  const entries = Array.from({ length: eventPartitions }, (_, partition) => ({
    topic: 'events',
    partition,
    batch: closing,
  }))
  await engine.append(entries)
  while (!(await areThrough())) await sleep(pollMs)
  await pipelines.drain()
  await engine.close()
  say(`done ${appends * eventsPerAppend}`)
}

async function areThrough(): Promise<boolean> {
  const failed = pipelines.status().find(({ error }) => error !== undefined)
  if (failed !== undefined) throw new Error(`${failed.id}: ${failed.error?.message}`)
  for (let partition = 0; partition < eventPartitions; partition++) {
    const { highWatermark } = await engine.bounds({ topic: 'events', partition })
    for (const { group } of plan.transforms) {
      if (engine.groups.committed(group, { topic: 'events', partition })?.offset !== highWatermark) return false
    }
  }
  return engine.state.entries({ pipeline: 'proof', connector: 'transform/sums' }, 'sums/').every(([key]) => {
    return key.endsWith('/closing')
  })
}

function pipelinePlan(): PipelinePlan {
  const topics = ['events', 'sums', 'unique', 'joined', 'rows']
  const values = { events: { count: true }, total: { sum: 'price' }, ids: { distinct: 'id' } }
  return {
    name: 'proof',
    file: '/proof.json',
    baseDirectory: '/',
    topics: topics.map((name) => ({
      name,
      partitions: name === 'rows' ? 1 : eventPartitions,
      settings: {},
      declared: true,
    })),
    defaultTopic: { partitions: 1, settings: {} },
    sources: [],
    transforms: [
      transform('sums', 'aggregate', { name: 'sums', by: { group: 'group' }, window: '1s', values, idle: '1h' }),
      transform('unique', 'dedupe', { key: 'id', window: '30d', idle: '1h' }),
      transform('joined', 'lookup', { table: 'rows', key: 'row', into: 'joined' }),
    ],
    sinks: [],
    document: {},
  }
}

function transform(id: string, kind: keyof typeof statefulDeclarations, raw: Record<string, unknown>): TransformPlan {
  const settings = readSettings(statefulDeclarations[kind].fields, raw)
  const onError = { deadLetter: undefined, maxAttempts: 8 }
  return { id, from: ['events'], topic: id, topics: [id], group: `proof.${id}`, steps: [{ kind, settings }], onError }
}

function batchOf(
  records: readonly { readonly key: string; readonly fields: unknown; readonly timeMs: number }[],
): Buffer {
  return encodeBatch(
    records.map(({ key, fields, timeMs }): PlainRecord => {
      return { key: Buffer.from(key), value: Buffer.from(JSON.stringify(fields)), timestampMs: timeMs }
    }),
  )
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

// A pipeline's surroundings for tests: a real engine in memory, a clock that the test moves, and what was said.

import { noIngress } from '../../../core/connector/no-ingress.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import type { AppendOptions, Appended, LogEngine, PartitionAppend } from '../../../core/engine/log-engine.js'
import type { TopicSettings } from '../../../core/engine/topic-admin.js'
import { defineErrors, type TailraceError } from '../../../core/errors/tailrace-error.js'
import { DrainSignal } from '../../../core/pipeline/drain-signal.js'
import type { EdgeEnvironment } from '../../../core/pipeline/edge-environment.js'
import { EdgeMeter } from '../../../core/pipeline/edge-meter.js'
import type { PipelinePlan } from '../../../core/pipeline/pipeline-plan.js'
import type { EdgeRole } from '../../../core/pipeline/pipeline-status.js'
import { encodeBatch, type PlainRecord } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import type { World } from '../../../core/runtime/world.js'
import { type Logger, silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { ManualClock, settled } from '../../support/manual-clock.js'

export const testErrors = defineErrors({
  target_down: { retry: 'timed', summary: 'The target is down.', hint: 'Wait.' },
  target_broken: { retry: 'manual', summary: 'The target is broken.', hint: 'Repair it.' },
  target_misconfigured: { retry: 'never', summary: 'The target is set up badly.', hint: 'Correct the file.' },
  record_bad: { retry: 'never', summary: 'The record cannot be delivered.', hint: 'Look at it.' },
  record_refused: { retry: 'timed', summary: 'The record was refused for now.', hint: 'Wait.' },
})

export interface Rig {
  readonly clock: ManualClock
  readonly world: World
  readonly engine: LogEngine
}

export async function makeRig(): Promise<Rig> {
  const clock = new ManualClock()
  const world = { ...nodeWorld(), clock }
  const engine = await openMemoryEngine({ clock, random: world.random, logger: silentLogger })
  return { clock, world, engine }
}

export async function makeTopic(
  engine: LogEngine,
  name: string,
  partitions = 1,
  settings: Partial<TopicSettings> = {},
): Promise<void> {
  await engine.topics.create({ name, partitions, settings })
}

export const emptyPlan: PipelinePlan = {
  name: 'shop',
  file: '/etc/shop.json',
  baseDirectory: '/etc',
  topics: [],
  defaultTopic: { partitions: 1, settings: {} },
  transforms: [],
  sources: [],
  sinks: [],
  document: {},
}

export function makeEnvironment(
  { world, engine, clock }: Rig,
  id: string,
  role: EdgeRole,
  logger: Logger = silentLogger,
): EdgeEnvironment {
  const meter = new EdgeMeter({ pipeline: 'shop', id, role, type: 'test', topics: [] }, clock, silentRecorder)
  const place = { plan: emptyPlan, id, dataDirectory: '/data', limits: { openFiles: 64 } }
  return { ...place, engine, world, logger, recorder: silentRecorder, meter, ingress: noIngress }
}

/** The engine with another `append`; all else is the engine's own. */
export function withAppend(
  engine: LogEngine,
  append: (entries: readonly PartitionAppend[], options?: AppendOptions) => Promise<readonly Appended[]>,
): LogEngine {
  return Object.create(engine, { append: { value: append } }) as LogEngine
}

export interface LoggedRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers: Readonly<Record<string, string>>
}

/** All records of a topic, partition after partition. */
export async function readTopic(engine: LogEngine, topic: string): Promise<readonly LoggedRecord[]> {
  const records: LoggedRecord[] = []
  const limits = { minBytes: 0, maxBytes: 64 * 1024 * 1024, maxWaitMs: 0, isolation: 'durable' } as const
  for (let partition = 0; partition < (engine.topics.find(topic)?.partitions ?? 0); partition++) {
    const { logStartOffset, highWatermark } = await engine.bounds({ topic, partition })
    for (let offset = logStartOffset; offset < highWatermark; ) {
      const reads = [{ topic, partition, offset, maxBytes: 64 * 1024 * 1024 }]
      const { chunks } = await engine.read(reads, limits, new AbortController().signal)
      const cursor = new RecordCursor()
      cursor.reset(chunks[0]!.batches)
      while (cursor.next()) records.push(decode(cursor, partition))
      offset = chunks[0]!.nextOffset
    }
  }
  return records
}

export function decode(cursor: RecordCursor, partition: number): LoggedRecord {
  const headers = cursor.headers().map(({ key, value }) => [key, Buffer.from(value ?? []).toString()] as const)
  return {
    partition,
    offset: cursor.offset,
    key: cursor.key()?.toString() ?? null,
    value: cursor.value()?.toString() ?? null,
    timestampMs: cursor.timestampMs,
    headers: Object.fromEntries(headers),
  }
}

export function plain(value: string | null, key: string | null = null): PlainRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestampMs: 1,
  }
}

/** Puts numbered records `from` up to below `to` into a partition. */
export async function appendNumbers(
  engine: LogEngine,
  of: { readonly topic: string; readonly partition: number },
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) => plain(String(from + index)))
  await engine.append([{ ...of, batch: encodeBatch(records) }])
}

export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index))
}

/** Lets turns of the event loop pass until the condition holds; fails when it never does. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (condition()) return
    await settled()
  }
  throw new Error(`never came true: ${what}`)
}

export function makeStop(rig: Rig): DrainSignal {
  return new DrainSignal(rig.clock)
}

/** Tells a run to end, and waits for it while time passes. */
export async function endRun(rig: Rig, stop: DrainSignal, run: Promise<unknown>, catchUpMs = 0): Promise<void> {
  const drained = stop.drain(
    run.catch(() => undefined),
    { deadlineMs: 8_000, catchUpMs },
  )
  await rig.clock.advance(0)
  await advanceUntil(rig, drained)
}

/** Moves time on, in steps, until the promise settles. */
export async function advanceUntil<T>(rig: Rig, promise: Promise<T>, mostMs = 600_000): Promise<T> {
  let isSettled = false
  const watched = promise.finally(() => {
    isSettled = true
  })
  watched.catch(() => undefined)
  await settled()
  for (let passedMs = 0; !isSettled && passedMs < mostMs; passedMs += 100) await rig.clock.advance(100)
  if (!isSettled) throw new Error(`not settled after ${mostMs} ms`)
  return watched
}

export function down(message = 'connection refused'): TailraceError {
  return testErrors.make('target_down', message)
}

// Runs the steps of an edge over the records of a case: with the very runner of transforms, on a log in memory of its
// own, by a clock that stands still while there is something to do. Nothing outside is touched.
//
// The steps of a source or sink run as those of a transform would, `parse` of a source before them.

import { noIngress } from '../../core/connector/no-ingress.js'
import type { LogEngine } from '../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../core/engine/memory/memory-engine.js'
import { maxAppendBytes } from '../../core/engine/topic-rules.js'
import { EdgeMeter } from '../../core/pipeline/edge-meter.js'
import type { ParsePlan, PipelinePlan, StepPlan, TransformPlan } from '../../core/pipeline/pipeline-plan.js'
import { stepDeclarationOf } from '../../core/pipeline/steps/step-declarations.js'
import { failedPlaceOf, ownHeaders } from '../../core/pipeline/replay/failed-place.js'
import { runTransform } from '../../core/pipeline/transform-runner.js'
import { encodeBatch, type PlainRecord } from '../../core/record/encode-batch.js'
import { RecordCursor } from '../../core/record/record-cursor.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { VirtualClock } from '../../core/runtime/virtual-clock.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import type { TestCase } from '../../config/test-cases.js'
import { hubErrors } from '../errors.js'
import { bytesOf, type CaseRecord, caseRecordOf, foundRecord, recordToAppend } from './case-records.js'

/** What records without a time get, and where the clock begins. */
const startMs = Date.UTC(2026, 0, 1)
/** In a log of its own, where they can collide with nobody's topics but the case's. */
const inTopic = 'tailrace.test.in'
const outTopic = 'tailrace.test.out'
const deadTopic = 'tailrace.test.dead'
/** Far more than any case needs: one that never comes to rest is a mistake to be told. */
const mostTimers = 100_000

export interface CaseOutcome {
  readonly out: readonly CaseRecord[]
  /** With the code of each. */
  readonly deadLetters: readonly CaseRecord[]
}

/** What comes out of the steps. Errors: invalid_test_case, and what stops a transform. */
export async function runCase(
  plan: PipelinePlan,
  one: Pick<TestCase, 'role' | 'id' | 'in' | 'tables'>,
): Promise<CaseOutcome> {
  const world = nodeWorld()
  const clock = new VirtualClock(world.clock, startMs)
  const engine = await openMemoryEngine({ clock, random: world.random, logger: silentLogger })
  try {
    const transform = testedSteps(plan, one)
    await prepareTopics(engine, transform, one.tables)
    const counts = await appendInputs(engine, transform, one.in)
    await driven(clock, (signal) => runToEnd({ engine, clock, plan, transform, counts }, signal))
    const out: CaseRecord[] = []
    for (const topic of transform.topics) {
      for (const record of await recordsOf(engine, topic)) out.push(foundRecord(record, topic))
    }
    return { out, deadLetters: (await recordsOf(engine, deadTopic)).map(foundLetter) }
  } finally {
    await engine.close()
  }
}

/** The steps of the edge as a transform whose failures are dead letters. */
function testedSteps(
  { name, sources, transforms, sinks }: PipelinePlan,
  { role, id }: Pick<TestCase, 'role' | 'id'>,
): TransformPlan {
  const onError = { deadLetter: deadTopic, maxAttempts: 1 }
  const transform = transforms.find((each) => role === 'transform' && each.id === id)
  if (transform !== undefined) return { ...transform, onError }
  const group = `${name}.${id}`
  const source = role === 'source' ? sources.find((each) => each.id === id) : undefined
  const edge = role === 'sink' ? sinks.find((each) => each.id === id) : source
  if (edge === undefined) throw hubErrors.make('invalid_test_case', `there is no ${role} "${id}"`)
  const steps = source?.parse === undefined ? edge.steps : [parseStep(source.parse), ...edge.steps]
  const written = steps.flatMap(({ kind, settings }) => stepDeclarationOf(kind)?.writes?.(settings) ?? [])
  return { id, from: [inTopic], topic: outTopic, topics: [outTopic, ...written], group, steps, onError }
}

/** What a source does with its records first, as the step that does the same. */
function parseStep({ onFail, ...parse }: ParsePlan): StepPlan {
  const settings = { ...parse, field: undefined, into: undefined, onFail: onFail === 'dead-letter' ? 'fail' : onFail }
  return { kind: 'parse', settings }
}

async function prepareTopics(
  engine: LogEngine,
  { from, topics, steps }: TransformPlan,
  tables: TestCase['tables'],
): Promise<void> {
  const read = steps.flatMap(({ kind, settings }) => stepDeclarationOf(kind)?.reads?.(settings) ?? [])
  for (const name of new Set([...from, ...topics, ...read, ...Object.keys(tables), deadTopic])) {
    await engine.topics.create({ name, partitions: 1, settings: { maxBatchBytes: maxAppendBytes } })
  }
  for (const [topic, rows] of Object.entries(tables)) {
    const records = Object.entries(rows).map(([key, value]) => {
      return { key: Buffer.from(key), value: bytesOf(value), timestampMs: startMs }
    })
    if (records.length > 0) await engine.append([{ topic, partition: 0, batch: encodeBatch(records) }])
  }
}

/** Numbers of records by topic. */
async function appendInputs(
  engine: LogEngine,
  { from }: TransformPlan,
  items: readonly unknown[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const item of items) {
    const { topic = from[0]! } = caseRecordOf(item)
    if (!from.includes(topic))
      throw hubErrors.make('invalid_test_case', `a record goes into ${topic}, which is not read`)
    await engine.append([{ topic, partition: 0, batch: encodeBatch([recordToAppend(item, startMs)]) }])
    counts.set(topic, (counts.get(topic) ?? 0) + 1)
  }
  return counts
}

interface CaseRun {
  readonly engine: LogEngine
  readonly clock: VirtualClock
  readonly plan: PipelinePlan
  readonly transform: TransformPlan
  readonly counts: ReadonlyMap<string, number>
}

async function runToEnd({ engine, clock, plan, transform, counts }: CaseRun, signal: AbortSignal): Promise<void> {
  const { id, group } = transform
  const ending = new AbortController()
  const identity = { pipeline: plan.name, id, role: 'transform', type: 'transform', topics: [] } as const
  const environment = {
    plan,
    id,
    engine,
    world: { ...nodeWorld(), clock },
    logger: silentLogger,
    recorder: silentRecorder,
    meter: new EdgeMeter(identity, clock, silentRecorder),
    dataDirectory: '',
    limits: { openFiles: 16 },
    ingress: noIngress,
  }
  const stop = { ending: ending.signal, catchUpMs: 0, cancelled: signal }
  const run = runTransform({ environment, plan: transform, stop })
  const isThrough = (): boolean =>
    [...counts].every(
      ([topic, count]) => (engine.groups.committed(group, { topic, partition: 0 })?.offset ?? 0) >= count,
    )
  const watched = run.then(
    () => true,
    () => true,
  )
  while (!isThrough() && !(await Promise.race([watched, clock.sleep(100, signal).then(() => false)])));
  ending.abort()
  await run
}

/** Moves the time on whenever the work waits for nothing else. Errors: invalid_test_case when it never ends. */
async function driven(clock: VirtualClock, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const cancel = new AbortController()
  let isOver = false
  const watched = work(cancel.signal).finally(() => {
    isOver = true
  })
  watched.catch(() => undefined)
  for (let timers = 0; !isOver; timers++) {
    if (timers === mostTimers) cancel.abort(hubErrors.make('invalid_test_case', 'the steps do not come to an end'))
    // Promises, and what the engine does in turns of its own, come before time.
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => clock.soon(resolve))
    if (!isOver) clock.toNextTimer()
  }
  await watched
}

async function recordsOf(engine: LogEngine, topic: string): Promise<readonly PlainRecord[]> {
  const records: PlainRecord[] = []
  const { highWatermark } = await engine.bounds({ topic, partition: 0 })
  const limits = { minBytes: 0, maxBytes: maxAppendBytes, maxWaitMs: 0, isolation: 'durable' } as const
  const cursor = new RecordCursor()
  for (let offset = 0; offset < highWatermark; ) {
    const reads = [{ topic, partition: 0, offset, maxBytes: maxAppendBytes }]
    const [chunk] = (await engine.read(reads, limits, new AbortController().signal)).chunks
    cursor.reset(chunk!.batches)
    while (cursor.next()) {
      records.push({
        key: cursor.key(),
        value: cursor.value(),
        timestampMs: cursor.timestampMs,
        headers: cursor.headers(),
      })
    }
    offset = chunk!.nextOffset
  }
  return records
}

/** The record that failed, as it went into the dead letters, with the code of its error. */
function foundLetter(letter: PlainRecord): CaseRecord {
  const headers = letter.headers ?? []
  const place = failedPlaceOf(headers)
  return { ...foundRecord({ ...letter, headers: ownHeaders(headers) }, place?.topic ?? ''), code: place?.code ?? '' }
}

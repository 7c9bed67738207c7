// Runs one push source: the outside pushes, and its answer follows the commit.
//
// Each request has a writer of its own and is one atomic append. Requests commit side by side; how many bytes of them
// may be on their way into the log is bounded, and beyond it a commit is refused at once, so that a slow disk makes
// callers wait outside instead of filling our memory.

import type { ConnectorState, Json } from '../connector/context.js'
import type { CommittedRange, PushContext, PushSource, PushWriter, WriterFactory } from '../connector/push-source.js'
import type { RecordWriter } from '../connector/source.js'
import type { Appended } from '../engine/log-engine.js'
import { maxAppendBytes } from '../engine/topic-rules.js'
import type { RecordParts } from '../record/batch-builder.js'
import { invariant, InvariantError, present } from '../errors/invariant.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { LinkedAbort, unlessAborted } from './abort.js'
import { type AppendTarget, appendTarget } from './append-target.js'
import { BuilderPool } from './builder-pool.js'
import { type ClaimedState, claimConnectorState, connectorScope } from './connector-state.js'
import {
  closeConnector,
  connectorContext,
  type EdgeEnvironment,
  type EdgeStop,
  stepContext,
} from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { SourcePlan } from './pipeline-plan.js'
import { classified } from './pipeline-status.js'
import { recordErrors } from '../record/errors.js'
import { BatchRecordWriter, type WriterContents } from './record-writer.js'
import { makeRecordSteps } from './steps/make-record-steps.js'
import type { RecordStep } from './steps/record-step.js'
import { SourceSteps } from './steps/source-steps.js'

/** Eight requests of the largest size, or some ten thousand small ones. */
const mostBytesInFlight = 64 * 1024 * 1024

/** What one append may hold, but for what goes along with the records. */
const requestBytes = maxAppendBytes - 64 * 1024

/** The header of a batch, and the lengths and deltas of a record. */
const aroundRecordBytes = 128

/** A request that is not small has batches of about this size, over all partitions. */
const requestGoalBytes = 256 * 1024

/** Kept for the next requests: as many as come at once. Their batches are of one pool, which has a bound of its own. */
const mostFreeWriters = 256

export interface PushRun {
  readonly environment: EdgeEnvironment
  readonly plan: SourcePlan
  readonly source: PushSource
  readonly stop: EdgeStop
}

/** Serves until `stop.ending` is aborted and the requests under way are answered. Rejects with what failed. */
export async function runPushSource(run: PushRun): Promise<void> {
  const { environment, plan, source, stop } = run
  const abort = new LinkedAbort(stop.ending, stop.cancelled)
  const scope = connectorScope(environment.plan.name, 'source', plan.id)
  const state = await claimConnectorState(environment.engine.state, scope)
  try {
    await unlessAborted(source.open(pushContext(run, state, abort.signal)), stop.cancelled)
    environment.meter.running()
    const recordSteps = await makeRecordSteps(plan.steps, stepContext(environment))
    const writers = new PushWriters(run, state, recordSteps)
    await unlessAborted(source.serve(writers, abort.signal), stop.cancelled)
  } catch (error) {
    if (!stop.ending.aborted) throw error
  } finally {
    abort.abort()
    abort.release()
    await closeConnector(source, environment, stop.cancelled)
  }
}

function pushContext({ environment, plan }: PushRun, state: ConnectorState, signal: AbortSignal): PushContext {
  const { ingress, world } = environment
  const hasDeadLetters = plan.onError.deadLetter !== undefined
  return { ...connectorContext(environment, state, signal), ingress, network: world.network, hasDeadLetters }
}

/** A writer and what a request does with it; used for one request after the other. */
interface PooledWriter {
  readonly writer: BatchRecordWriter
  /** The steps of the source, with the writer behind them. */
  readonly into: RecordWriter
  /** Of the topic, as the writer was aimed last. */
  maxBatchBytes: number
  commit(): Promise<readonly CommittedRange[]>
  discard(): void
}

class PushWriters implements WriterFactory {
  private readonly environment: EdgeEnvironment
  private readonly plan: SourcePlan
  private readonly state: ClaimedState
  private readonly steps: SourceSteps
  private readonly free: PooledWriter[] = []
  private readonly pool = new BuilderPool()
  private bytesInFlight = 0
  private isRefused = false
  private appendNumbers = 0

  constructor({ environment, plan }: PushRun, state: ClaimedState, recordSteps: readonly RecordStep[]) {
    this.environment = environment
    this.plan = plan
    this.state = state
    this.steps = new SourceSteps(plan, recordSteps)
  }

  open(): PushWriter {
    const { topics } = this.environment.engine
    const { deadLetter } = this.plan.onError
    const pooled = this.free.pop() ?? this.makeWriter()
    const target = this.target()
    pooled.writer.aim(target, deadLetter === undefined ? undefined : appendTarget(topics, deadLetter))
    pooled.maxBatchBytes = target.maxBatchBytes
    return new RequestWriter(pooled)
  }

  /** One wait for the log: of a small request, what it waits for costs more than what it does. */
  private async commit(pooled: PooledWriter): Promise<readonly CommittedRange[]> {
    const contents = pooled.writer.take()
    let bytes = 0
    let appended: readonly Appended[]
    try {
      bytes = this.admit(contents)
      appended = await this.append(contents)
    } catch (error) {
      throw this.refusal(error)
    } finally {
      this.bytesInFlight -= bytes
      this.release(pooled)
    }
    this.accept(contents)
    return rangesOf(appended)
  }

  /** Errors: ingest_busy. */
  private admit({ entries }: WriterContents): number {
    let bytes = 0
    for (const { batch } of entries) bytes += batch.length
    if (this.bytesInFlight + bytes > mostBytesInFlight) throw this.busy()
    this.bytesInFlight += bytes
    return bytes
  }

  private release(pooled: PooledWriter): void {
    pooled.writer.reset()
    if (this.free.length < mostFreeWriters) this.free.push(pooled)
  }

  private append({ entries, points }: WriterContents): Promise<readonly Appended[]> {
    const { engine } = this.environment
    if (entries.length === 0) return this.state.put(points).then(() => [])
    return engine.append(entries, points.size === 0 ? undefined : { state: this.state.update(points) })
  }

  private accept(contents: WriterContents): void {
    if (this.isRefused) this.environment.meter.running()
    this.isRefused = false
    this.count(contents)
  }

  /** What the caller is told. Our own bound is no fault of the log, and leaves the edge as it is. */
  private refusal(error: unknown): unknown {
    if (pipelineErrors.is(error, 'ingest_busy')) return error
    const { environment, plan } = this
    const refusal = classified(error, `${environment.plan.name}.${plan.id}`)
    this.isRefused = true
    if (refusal.retry === 'timed') environment.meter.waiting(refusal)
    else environment.meter.impaired(refusal)
    return refusal
  }

  private count(contents: WriterContents): void {
    const { meter } = this.environment
    meter.appended(contents.recordCount, contents.valueBytes)
    for (const [code, count] of contents.deadLetters) meter.deadLettered(code, count)
    this.steps.report(meter)
  }

  private target(): AppendTarget {
    const topic = present(this.plan.topic, `the topic of the push source ${this.plan.id}`)
    return appendTarget(this.environment.engine.topics, topic)
  }

  private busy(): TailraceError {
    const { plan, environment } = this
    return pipelineErrors.make(
      'ingest_busy',
      `${environment.plan.name}.${plan.id}: ${this.bytesInFlight} bytes are on their way into the log`,
      { details: { bytesInFlight: this.bytesInFlight, mostBytesInFlight } },
    )
  }

  private makeWriter(): PooledWriter {
    const { environment, plan } = this
    const { topics } = environment.engine
    const { clock, random } = environment.world
    const { deadLetter } = plan.onError
    const writer = new BatchRecordWriter({
      pipeline: environment.plan.name,
      edge: plan.id,
      target: this.target(),
      deadLetterTarget: deadLetter === undefined ? undefined : appendTarget(topics, deadLetter),
      targetOf: (topic) => appendTarget(topics, topic),
      nextAppendNumber: () => ++this.appendNumbers,
      appendBytes: requestBytes,
      batchGoalBytes: requestGoalBytes,
      pool: this.pool,
      beginsSmall: true,
      clock,
      random,
    })
    const pooled: PooledWriter = {
      writer,
      into: this.steps.before(writer),
      maxBatchBytes: 0,
      commit: () => this.commit(pooled),
      discard: () => this.release(pooled),
    }
    return pooled
  }
}

/** One request's view of a pooled writer, which ends with its commit or without one. */
class RequestWriter implements PushWriter {
  private readonly pooled: PooledWriter
  private isOver = false

  constructor(pooled: PooledWriter) {
    this.pooled = pooled
  }

  append(record: RecordParts): boolean {
    invariant(!this.isOver, 'a request was appended to after its commit')
    this.checkSize(record)
    return this.pooled.into.append(record)
  }

  deadLetter(record: RecordParts, code: string, message: string): boolean {
    invariant(!this.isOver, 'a request was added to after its commit')
    return this.pooled.into.deadLetter(record, code, message)
  }

  remember(key: string, value: Json | undefined): void {
    invariant(!this.isOver, 'a request remembered something after its commit')
    this.pooled.into.remember(key, value)
  }

  commit(): Promise<readonly CommittedRange[]> {
    if (this.isOver) return Promise.reject(new InvariantError('a request was committed twice'))
    this.isOver = true
    return this.pooled.commit()
  }

  discard(): void {
    invariant(!this.isOver, 'a request was discarded after its end')
    this.isOver = true
    this.pooled.discard()
  }

  /** Whoever sends a record that is too large gets to know it; among the dead letters nobody looks for it. */
  private checkSize(record: RecordParts): void {
    const { maxBatchBytes } = this.pooled
    const valueBytes = record.value === null ? 0 : record.valueEnd - record.valueStart
    const besideBytes = (record.key?.length ?? 0) + (record.headers?.bytes.length ?? 0) + aroundRecordBytes
    if (valueBytes + besideBytes <= maxBatchBytes) return
    const message = `a record of ${valueBytes} bytes is more than a batch of its topic takes (${maxBatchBytes})`
    throw recordErrors.make('record_too_large', message, { details: { valueBytes, maxBatchBytes } })
  }
}

/** One range for each run of offsets without a gap: several batches of one partition lie one behind the other. */
function rangesOf(appended: readonly Appended[]): readonly CommittedRange[] {
  const [first] = appended
  if (first !== undefined && appended.length === 1) {
    const { topic, partition, baseOffset: firstOffset, lastOffset } = first
    return [{ topic, partition, firstOffset, lastOffset }]
  }
  const ranges = new Map<string, CommittedRange>()
  for (const { topic, partition, baseOffset, lastOffset } of appended) {
    const place = `${topic}/${partition}`
    const firstOffset = ranges.get(place)?.firstOffset ?? baseOffset
    ranges.set(place, { topic, partition, firstOffset, lastOffset })
  }
  return [...ranges.values()]
}

// What one edge says of itself while it runs: its state and since when, what it moved, why it waits. Runners write it,
// status and metrics read it; it outlives the runs of the edge.

import type { TailraceError } from '../errors/tailrace-error.js'
import type { Clock } from '../runtime/clock.js'
import type { Recorder } from '../telemetry/recorder.js'
import { type EdgeError, edgeErrorOf, type EdgeRole, type EdgeState, type EdgeStatus } from './pipeline-status.js'

export interface EdgeIdentity {
  readonly pipeline: string
  readonly id: string
  readonly role: EdgeRole
  readonly type: string
  /** What is known of them at the start. */
  readonly topics: readonly string[]
}

/**
 * `repeated`: held back by a dedupe. `throttled`: over a limit. `late`: behind its closed windows. `unmatched`: without a
 * row in a lookup. `evicted`: keys that left before their time, as there were too many.
 */
export type StepCount = 'repeated' | 'throttled' | 'late' | 'unmatched' | 'evicted'

export class EdgeMeter {
  readonly identity: EdgeIdentity
  private readonly clock: Clock
  private readonly recorder: Recorder
  private state: EdgeState = 'starting'
  private sinceMs: number
  private error: EdgeError | undefined
  private nextAttemptMs: number | undefined
  private recordCount = 0
  private valueBytes = 0
  private deadLetterCount = 0
  private restartCount = 0
  private lagRecords: number | undefined
  private topics: readonly string[]

  constructor(identity: EdgeIdentity, clock: Clock, recorder: Recorder) {
    this.identity = identity
    this.topics = identity.topics
    this.clock = clock
    this.recorder = recorder
    this.sinceMs = clock.now()
  }

  /** The edge reads or writes this topic from now on, too. */
  uses(topic: string): void {
    if (!this.topics.includes(topic)) this.topics = [...this.topics, topic]
  }

  starting(): void {
    this.enter('starting')
  }

  /** All is well: the last error is over. */
  running(): void {
    this.error = undefined
    this.enter('running')
  }

  /** Goes on by itself when the cause is gone. */
  waiting(cause: TailraceError): void {
    this.error = edgeErrorOf(cause, this.clock.now())
    this.enter('waiting')
  }

  /** Something is wrong, while the rest of the edge goes on. */
  impaired(cause: TailraceError): void {
    this.error = edgeErrorOf(cause, this.clock.now())
  }

  /** What `impaired` said is over. */
  repaired(cause: TailraceError): void {
    if (this.state === 'running' && this.error?.code === cause.code) this.error = undefined
  }

  /** Stays down until a person acts. */
  failed(cause: TailraceError): void {
    this.error = edgeErrorOf(cause, this.clock.now())
    this.enter('failed')
  }

  /** Failed, and is started again by itself. */
  restarting(cause: TailraceError, restartInMs: number): void {
    const now = this.clock.now()
    this.error = edgeErrorOf(cause, now)
    this.enter(cause.retry === 'timed' ? 'waiting' : 'failed', now + restartInMs)
  }

  stopped(): void {
    this.enter('stopped')
  }

  restarted(code: string): void {
    const { pipeline, id: connector } = this.identity
    this.restartCount++
    this.recorder.count('tailrace_connector_restarts_total', { pipeline, connector, code })
  }

  /** What one append of a source brought into the log. */
  appended(recordCount: number, valueBytes: number): void {
    const { pipeline, id: source } = this.identity
    this.recordCount += recordCount
    this.valueBytes += valueBytes
    this.recorder.count('tailrace_source_records_total', { pipeline, source }, recordCount)
    this.recorder.count('tailrace_source_bytes_total', { pipeline, source }, valueBytes)
  }

  /** What became durable in a sink's target. */
  delivered(recordCount: number): void {
    const { pipeline, id: sink } = this.identity
    this.recordCount += recordCount
    this.recorder.count('tailrace_sink_records_total', { pipeline, sink }, recordCount)
  }

  /** What a transform has passed, and what it made of that, both durable. */
  transformed(recordCount: number, emitted: { readonly recordCount: number; readonly valueBytes: number }): void {
    const { pipeline, id: transform } = this.identity
    this.recordCount += recordCount
    this.valueBytes += emitted.valueBytes
    this.recorder.count('tailrace_transform_records_total', { pipeline, transform }, recordCount)
    this.recorder.count('tailrace_transform_emitted_total', { pipeline, transform }, emitted.recordCount)
  }

  /** What a step with state left out or let go. */
  stepCounted(step: string, what: StepCount, count: number): void {
    const { pipeline, id: transform } = this.identity
    this.recorder.count('tailrace_step_total', { pipeline, transform, step, what }, count)
  }

  deadLettered(code: string, count: number): void {
    const { pipeline, id: edge } = this.identity
    this.deadLetterCount += count
    this.recorder.count('tailrace_dead_letters_total', { pipeline, edge, code }, count)
  }

  /** Values that did not parse, by what was done with them. */
  unparsed(action: 'keep' | 'dead-letter' | 'drop', count: number): void {
    const { pipeline, id: source } = this.identity
    this.recorder.count('tailrace_parse_failures_total', { pipeline, source, action }, count)
  }

  lag(records: number): void {
    const { pipeline, id, role } = this.identity
    this.lagRecords = records
    if (role === 'transform') {
      this.recorder.gauge('tailrace_transform_lag_records', { pipeline, transform: id }, records)
    } else {
      this.recorder.gauge('tailrace_sink_lag_records', { pipeline, sink: id }, records)
    }
  }

  get isWaiting(): boolean {
    return this.state === 'waiting'
  }

  status(): EdgeStatus {
    const { topics, state, sinceMs, recordCount, valueBytes, deadLetterCount } = this
    const { lagRecords, error, restartCount, nextAttemptMs } = this
    const counts = { recordCount, valueBytes, deadLetterCount, lagRecords, restartCount }
    return { ...this.identity, topics, state, sinceMs, ...counts, error, nextAttemptMs }
  }

  private enter(state: EdgeState, nextAttemptMs?: number): void {
    const { pipeline, id: connector } = this.identity
    const isUp = nextAttemptMs === undefined && state !== 'failed' && state !== 'stopped'
    this.nextAttemptMs = nextAttemptMs
    if (state !== this.state) this.sinceMs = this.clock.now()
    this.state = state
    this.recorder.gauge('tailrace_connector_up', { pipeline, connector }, isUp ? 1 : 0)
  }
}

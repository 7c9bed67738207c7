// The steps of a transform at work, with their state. The pump calls it for one unit of work at a time and says what
// becomes of the unit; the chain knows nothing of appends.
//
// Records go from step to step; what passes the last one is emitted. A record that a window made begins behind its step.

import { replayHeaderPrefix } from '../connector/origin.js'
import type { SinkBatch, SinkPartition } from '../connector/sink.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { StateScope } from '../engine/state-service.js'
import { present } from '../errors/invariant.js'
import { TailraceError } from '../errors/tailrace-error.js'
import type { PlainRecord } from '../record/encode-batch.js'
import type { RecordCursor } from '../record/record-cursor.js'
import { decodeHeaders, type EncodedHeaders, encodeHeaders } from '../record/record-headers.js'
import type { EdgeEnvironment } from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { TransformPlan } from './pipeline-plan.js'
import type { AssignedPartition } from './start-offsets.js'
import { Expression } from '../expression/expression.js'
import { fieldPath } from './steps/field-path.js'
import { statefulErrors } from './steps/stateful/errors.js'
import { keyTextOf } from './steps/stateful/key-text.js'
import { isStateful, statefulNames } from './steps/stateful/definitions.js'
import {
  definitionsEntry,
  entriesOf,
  makeStatefulStep,
  type RecordAccess,
} from './steps/stateful/make-stateful-step.js'
import { type RecordStep, RecordSteps } from './steps/record-step.js'
import type { RecordOrigin, StatefulStep } from './steps/stateful/stateful-step.js'
import { StepState } from './steps/stateful/step-state.js'
import { StepRecord } from './steps/step-record.js'
import type { UnitOutputs } from './transform-append.js'

/** Where the offsets lie that the state belongs to: `TOPIC/PARTITION -> [topic id, offset]`. */
const offsetsEntry = '~offsets'
/** Of an id and an offset in JSON. */
const offsetWeightBytes = 64

/** Why a unit failed, with the record as it then was. */
export interface UnitFailure {
  readonly code: string
  readonly message: string
  readonly record: PlainRecord
  /** The step that it failed in, such as `2 (aggregate)`; undefined when it was none. */
  readonly step?: string | undefined
}

type Link =
  | { readonly kind: 'stateful'; readonly step: StatefulStep<StepRecord> }
  | { readonly kind: 'stateless'; readonly step: RecordStep }

export interface TransformChainOptions {
  readonly environment: Pick<EdgeEnvironment, 'engine' | 'world' | 'meter'>
  readonly plan: TransformPlan
  readonly scope: StateScope
  /** Those of the plan that keep no state, in their order. */
  readonly recordSteps: readonly RecordStep[]
}

export class TransformChain {
  readonly state: StepState
  private readonly options: TransformChainOptions
  private readonly links: readonly Link[]
  /** Made once: a record costs no closures. */
  private readonly onward: readonly (() => void)[]
  private readonly stateful: readonly StatefulStep<StepRecord>[]
  /** Whether steps found something that they remember. */
  private readonly goesOn: boolean
  private readonly record = new StepRecord()
  /** Undefined when none of the steps redacts. */
  private readonly redacting: RecordSteps | undefined
  private outputs: UnitOutputs | undefined
  private origin: RecordOrigin = { name: '', nowMs: 0 }
  private batch: SinkBatch | undefined
  private isReplay = false
  /** The step that is at work. */
  private at = 0

  /**
   * Steps as they were when their last append became durable. Errors: step_changed, state_unreadable, those of
   * expressions.
   */
  constructor(options: TransformChainOptions) {
    const { environment, plan, scope, recordSteps } = options
    const { engine } = environment
    const names = statefulNames(plan.steps)
    const entries = names.length === 0 ? [] : [offsetsEntry, ...entriesOf(names)]
    this.options = options
    this.state = new StepState(entries, engine.state.entries(scope, ''))
    this.goesOn = names.length > 0 && forgetOthers(this.state, names)
    const left = { names: [...names], steps: [...recordSteps] }
    this.links = plan.steps.map((step): Link => {
      const parts = { engine, state: this.state, access }
      if (isStateful(step)) return { kind: 'stateful', step: makeStatefulStep(left.names.shift()!, step, parts) }
      return { kind: 'stateless', step: present(left.steps.shift(), `the step ${step.kind}`) }
    })
    const redacts = recordSteps.some((step) => step.redacts === true)
    this.redacting = redacts ? new RecordSteps(recordSteps, this.record, () => undefined) : undefined
    this.onward = this.links.map((_, at) => () => this.passOn(at + 1))
    this.state.accept()
    this.stateful = this.links.flatMap((link) => (link.kind === 'stateful' ? [link.step] : []))
  }

  /** offsets_moved when the group stands elsewhere than the state that steps remember. */
  checkOffsets(assigned: readonly AssignedPartition[]): void {
    if (!this.goesOn) return
    for (const { topic, topicId, partition, committed } of assigned) {
      const stored = this.state.of(offsetsEntry).get(`${topic}/${partition}`) as [string, number] | undefined
      if (stored === undefined || stored[0] !== topicId || stored[1] === committed) continue
      const { group } = this.options.plan
      throw pipelineErrors.make(
        'offsets_moved',
        `${group} stands at ${committed ?? 'no'} offset of ${topic}/${partition}, and its state at offset ${stored[1]}`,
        { details: { group, topic, partition, committed, offset: stored[1] } },
      )
    }
  }

  /** Before the first record: tables are loaded. Errors: unknown_topic, lookup_too_large. */
  async begin(partitions: readonly PartitionId[], signal: AbortSignal): Promise<void> {
    const nowMs = this.options.environment.world.clock.monotonicMs()
    // What is replayed is old, and says nothing of how late it is.
    const own = partitions.filter(({ topic }) => this.options.plan.from.includes(topic))
    let origins: readonly string[] = own.map(originName)
    for (const step of this.stateful) {
      step.begin?.(origins, nowMs)
      // What follows a window gets records from there only.
      if (step.fire !== undefined) origins = [step.name]
    }
    await this.refresh(signal)
  }

  /** Brings the tables of lookups up to date. */
  async refresh(signal: AbortSignal): Promise<void> {
    for (const step of this.stateful) await step.refresh?.(signal)
  }

  /** A unit of work: the record that the cursor stands on. Returns why the record failed. */
  apply(batch: SinkBatch, cursor: RecordCursor, outputs: UnitOutputs): UnitFailure | undefined {
    if (batch !== this.batch) this.turnTo(batch)
    this.outputs = outputs
    this.record.readCursor(cursor, batch.topic)
    if (this.isReplay) this.record.headers = withoutReplay(this.record.headers)
    try {
      this.passOn(0)
      return undefined
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      return this.failureOf(error, this.redacted(batch, cursor))
    }
  }

  /** All records of the partition up to now were seen. */
  passed(of: PartitionId): void {
    if (this.stateful.length === 0) return
    const nowMs = this.options.environment.world.clock.monotonicMs()
    const name = originName(of)
    for (const step of this.stateful) step.passed?.(name, nowMs)
  }

  leaveIdleAside(): void {
    for (const step of this.stateful) step.leaveIdleAside?.()
  }

  /** Whether a window is to be closed or told. Between units only. */
  isDue(): boolean {
    return this.stateful.some((step) => step.isDue?.() === true)
  }

  /** A unit of work: the first window that is due, through the steps behind it. Returns why its record failed. */
  fire(outputs: UnitOutputs): UnitFailure | undefined {
    const at = this.links.findIndex(({ kind, step }) => kind === 'stateful' && step.isDue?.() === true)
    const link = this.links[at]
    if (link?.kind !== 'stateful') return undefined
    const made = link.step.fire?.()
    if (made === undefined) return undefined
    this.outputs = outputs
    this.batch = undefined
    this.origin = { name: link.step.name, nowMs: this.options.environment.world.clock.monotonicMs() }
    this.record.make(made.key, made.value, made.timestampMs)
    try {
      this.passOn(at + 1)
      return undefined
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      return this.failureOf(error, this.record.plain())
    }
  }

  /** Gives up what `fire` would begin with. */
  dropDue(): void {
    this.stateful.find((step) => step.isDue?.() === true)?.dropDue?.()
  }

  /** Puts into the state what goes into the next append besides the units: times, and offsets that are the group's then. */
  save(positions: ReadonlyMap<SinkPartition, number>): void {
    if (this.stateful.length === 0) return
    for (const step of this.stateful) step.save?.()
    const offsets = this.state.of(offsetsEntry)
    for (const [{ topic, topicId, partition }, offset] of positions) {
      offsets.put(`${topic}/${partition}`, [topicId, offset], offsetWeightBytes)
    }
  }

  /** Counts what steps left out since the last call. */
  report(): void {
    for (const step of this.stateful) {
      for (const [what, count] of step.counts()) this.options.environment.meter.stepCounted(step.name, what, count)
    }
  }

  private turnTo(batch: SinkBatch): void {
    this.batch = batch
    this.isReplay = batch.topic === `${this.options.plan.group}.replay`
    this.origin = { name: originName(batch), nowMs: this.options.environment.world.clock.monotonicMs() }
  }

  /** The record, as it is now, through the steps from `index` on. */
  private passOn(index: number): void {
    const { record } = this
    for (let at = index; at < this.links.length; at++) {
      const link = this.links[at]!
      this.at = at
      if (link.kind === 'stateless') return link.step.apply(record, this.onward[at]!)
      const verdict = link.step.apply(record, this.origin)
      if (verdict === 'drop') return
      if (verdict !== 'pass') return this.emit(verdict.lateTo)
    }
    this.emit(record.to)
  }

  private failureOf({ code, message }: TailraceError, record: PlainRecord): UnitFailure {
    const { kind } = this.options.plan.steps[this.at] ?? { kind: '' }
    return { code, message, record, step: `${this.at + 1} (${kind})` }
  }

  /** The record as it came, but for what the steps redact. */
  redacted(batch: SinkBatch, cursor: RecordCursor): PlainRecord {
    const { redacting, record } = this
    if (redacting === undefined) return asItCame(cursor)
    record.readCursor(cursor, batch.topic)
    return redacting.redact() ? record.plain() : { ...record.plain(), value: null }
  }

  private emit(topic: string | undefined): void {
    this.outputs?.emit(this.record.encode(), topic)
  }
}

const access: RecordAccess<StepRecord> = {
  compile: (text) => {
    const expression = new Expression(text)
    return (record) => expression.json(record)
  },
  keyOf: (record) => {
    if (record.key === null) throw statefulErrors.make('step_key_missing', 'the record has no key')
    return keyTextOf(record.key)
  },
  assignTo: (field) => {
    const path = fieldPath(field)
    return (record, value) => record.setField(path, value)
  },
}

/** Drops the definitions of steps that are no more; whether any is left. */
function forgetOthers(state: StepState, names: readonly string[]): boolean {
  const definitions = state.of(definitionsEntry)
  for (const [name] of [...definitions.all()]) if (!names.includes(name)) definitions.delete(name)
  return definitions.size > 0
}

/** What says where a replayed record was first is no business of who reads the outputs. */
function withoutReplay(headers: EncodedHeaders | null): EncodedHeaders | null {
  if (headers === null) return null
  const { bytes, count } = headers
  const all = decodeHeaders(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), count)
  const kept = all.filter(({ key }) => !key.startsWith(replayHeaderPrefix))
  return kept.length === 0 ? null : encodeHeaders(kept)
}

function originName({ topic, partition }: PartitionId): string {
  return `${topic}/${partition}`
}

/** Views. */
function asItCame(cursor: RecordCursor): PlainRecord {
  return { key: cursor.key(), value: cursor.value(), timestampMs: cursor.timestampMs, headers: cursor.headers() }
}

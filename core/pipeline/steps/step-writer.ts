// The steps of a source, between it and its batches: behind `parse` and `key`, before anything is encoded.
//
// A record gives one or none. One that fails goes to the dead letters as it came from the source, but for what the steps
// redact. A record that the writer refuses comes again, and so do its steps: they keep nothing from one to the next.

import type { Destination, RecordWriter, ResumePoint } from '../../connector/source.js'
import { TailraceError } from '../../errors/tailrace-error.js'
import type { RecordParts } from '../../record/batch-builder.js'
import { type RecordStep, RecordSteps } from './record-step.js'
import { StepRecord } from './step-record.js'

export class StepWriter implements RecordWriter {
  private readonly inner: RecordWriter
  private readonly topic: string
  private readonly record = new StepRecord()
  private readonly steps: RecordSteps
  private readonly hasRedaction: boolean
  private readonly routes = new Map<string, Destination>()
  private isEmitted = false

  /** `topic`: that of the source; empty when each record comes with its own. */
  constructor(inner: RecordWriter, steps: readonly RecordStep[], topic: string) {
    this.inner = inner
    this.topic = topic
    this.hasRedaction = steps.some(({ redacts }) => redacts === true)
    this.steps = new RecordSteps(steps, this.record, () => {
      this.isEmitted = true
    })
  }

  get hasDeadLetters(): boolean {
    return this.inner.hasDeadLetters
  }

  get appendNumber(): number {
    return this.inner.appendNumber
  }

  /** Of the key that the source gave: a step may give the record another. */
  partitionOf(key: Uint8Array | null, topic?: string): number {
    return this.inner.partitionOf(key, topic)
  }

  partitionCount(topic?: string): number {
    return this.inner.partitionCount(topic)
  }

  /** True also for a record that the steps leave out. */
  append(parts: RecordParts, to?: Destination): boolean {
    const { record, steps } = this
    this.isEmitted = false
    record.readParts(parts, to?.topic ?? this.topic)
    try {
      steps.run()
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      return this.divert(parts, error, to)
    }
    if (!this.isEmitted) return true
    return this.inner.append(record.encode(), record.to === undefined ? to : this.routeTo(record.to))
  }

  /** What a source could not use itself is redacted all the same. */
  deadLetter(parts: RecordParts, code: string, message: string, to?: Destination): boolean {
    return this.inner.deadLetter(this.redacted(parts, to), code, message, to)
  }

  remember(key: string, point: ResumePoint | undefined): void {
    this.inner.remember(key, point)
  }

  private divert(parts: RecordParts, { code, message }: TailraceError, to: Destination | undefined): boolean {
    const reason = `step ${this.steps.reached + 1}: ${message}`
    return this.inner.deadLetter(this.redacted(parts, to), code, reason, to)
  }

  private redacted(parts: RecordParts, to: Destination | undefined): RecordParts {
    if (!this.hasRedaction) return parts
    const { record } = this
    record.readParts(parts, to?.topic ?? this.topic)
    const isClean = this.steps.redact()
    record.encode()
    if (!isClean) record.value = null
    return record
  }

  /** The same object for the same topic: batches look it up only when it is another. */
  private routeTo(topic: string): Destination {
    let route = this.routes.get(topic)
    if (route === undefined) this.routes.set(topic, (route = { topic }))
    return route
  }
}

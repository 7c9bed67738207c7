// A step without state at work, wherever it stands: on a source, on a sink or in a transform.

import { TailraceError } from '../../errors/tailrace-error.js'
import type { StepRecord } from './step-record.js'

export interface RecordStep {
  /** It takes out what must not be kept: dead letters of its edge have gone through it as well. */
  readonly redacts?: true
  /** It only moves fields about: what stands behind it knows them by their new names. */
  readonly moves?: true
  /** It calls `onward` any number of times. */
  readonly splits?: true
  /**
   * Changes the record and calls `onward` for each one that goes on, with the record as it then is; a kind that may stand
   * on sources and sinks does so at most once. Throws a TailraceError when the record fails.
   */
  apply(record: StepRecord, onward: () => void): void
}

/** The steps of an edge over its one StepRecord. */
export class RecordSteps {
  private readonly steps: readonly RecordStep[]
  private readonly record: StepRecord
  private readonly emit: () => void
  /** Made once: a record costs no closures. */
  private readonly onward: readonly (() => void)[]
  private at = 0

  /** `emit` is called for what passes the last step, as the record then is. */
  constructor(steps: readonly RecordStep[], record: StepRecord, emit: () => void) {
    this.steps = steps
    this.record = record
    this.emit = emit
    this.onward = steps.map((_, at) => () => this.passOn(at + 1))
  }

  /** Which step was at work last, from 0. */
  get reached(): number {
    return this.at
  }

  /** The record through all steps. Throws the error of the step that it fails. */
  run(): void {
    this.passOn(0)
  }

  /**
   * Of a record that failed, read anew: the steps that redact, and those before them that move fields, as they give fields
   * the names by which the others know them. False when nothing of the value may be kept: a step that redacts fails as
   * well, or stands behind one that splits.
   */
  redact(): boolean {
    const last = this.steps.findLastIndex(({ redacts }) => redacts === true)
    for (const step of this.steps.slice(0, last + 1)) {
      if (step.splits === true) return false
      if (step.redacts !== true && step.moves !== true) continue
      try {
        step.apply(this.record, noOneElse)
      } catch (error) {
        if (!(error instanceof TailraceError)) throw error
        if (step.redacts === true) return false
      }
    }
    return true
  }

  private passOn(at: number): void {
    const step = this.steps[at]
    if (step === undefined) return this.emit()
    this.at = at
    step.apply(this.record, this.onward[at]!)
  }
}

const noOneElse = (): void => undefined

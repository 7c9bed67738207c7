// A step without state at work, wherever it stands: on a source, on a sink or in a transform.

import { TailraceError } from '../../errors/tailrace-error.js'
import type { StepRecord } from './step-record.js'

export interface RecordStep {
  /** It takes out what must not be kept: dead letters of its edge have gone through it as well. */
  readonly redacts?: true
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
   * Of a record that failed, read anew: only the steps that redact. False when one of them fails as well, and nothing of
   * the value may be kept.
   */
  redact(): boolean {
    try {
      for (const step of this.steps) if (step.redacts === true) step.apply(this.record, noOneElse)
      return true
    } catch (error) {
      if (error instanceof TailraceError) return false
      throw error
    }
  }

  private passOn(at: number): void {
    const step = this.steps[at]
    if (step === undefined) return this.emit()
    this.at = at
    step.apply(this.record, this.onward[at]!)
  }
}

const noOneElse = (): void => undefined

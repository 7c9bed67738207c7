// At most so many records of a key in each window of the records' own time; the others are left out, or fail.

import { keyText } from './key-text.js'
import { statefulErrors } from './errors.js'
import { RateWindows } from './rate-windows.js'
import {
  checkedKey,
  type Evaluate,
  type RecordOrigin,
  type StatefulStep,
  StepCounts,
  type TimedRecord,
  timeOf,
  type Verdict,
} from './stateful-step.js'
import type { StepEntries } from './step-state.js'
import type { Watermark } from './watermark.js'

export interface ThrottleOptions<R> {
  readonly name: string
  readonly entries: StepEntries
  readonly watermark: Watermark
  readonly key: Evaluate<R>
  readonly limit: number
  readonly perMs: number
  readonly maxKeys: number
  readonly onExceed: 'drop' | 'fail'
}

export class ThrottleStep<R extends TimedRecord> implements StatefulStep<R> {
  readonly name: string
  private readonly options: ThrottleOptions<R>
  private readonly windows: RateWindows
  private readonly counted = new StepCounts()
  private evicted = 0

  constructor(options: ThrottleOptions<R>) {
    const { entries, limit, perMs, maxKeys } = options
    this.name = options.name
    this.options = options
    this.windows = new RateWindows(entries, { limit, perMs, maxKeys })
  }

  begin(origins: readonly string[], nowMs: number): void {
    this.options.watermark.begin(origins, nowMs)
  }

  apply(record: R, origin: RecordOrigin): Verdict {
    const { watermark, key, limit, perMs, onExceed } = this.options
    const timeMs = timeOf(this.name, record)
    const name = checkedKey(this.name, keyText(key(record)))
    watermark.observe(origin.name, timeMs, origin.nowMs)
    if (this.windows.passes(name, timeMs, watermark.ms)) return 'pass'
    this.counted.add('throttled')
    if (onExceed === 'drop') return 'drop'
    const message = `${this.name}: more than ${limit} records in ${perMs} ms for "${name.slice(0, 100)}"`
    throw statefulErrors.make('throttled', message, { details: { step: this.name, limit, perMs } })
  }

  passed(origin: string, nowMs: number): void {
    this.options.watermark.passed(origin, nowMs)
  }

  leaveIdleAside(): void {
    this.options.watermark.leaveIdleAside()
  }

  save(): void {
    this.options.watermark.save()
  }

  counts(): ReturnType<StepCounts['take']> {
    this.counted.add('evicted', this.windows.evicted - this.evicted)
    this.evicted = this.windows.evicted
    return this.counted.take()
  }
}

// Leaves out a record whose key passed within the window around its time.

import { keyText } from './key-text.js'
import { SeenKeys } from './seen-keys.js'
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

export interface DedupeOptions<R> {
  readonly name: string
  readonly entries: StepEntries
  readonly watermark: Watermark
  readonly key: Evaluate<R>
  readonly windowMs: number
  readonly maxKeys: number
}

export class DedupeStep<R extends TimedRecord> implements StatefulStep<R> {
  readonly name: string
  private readonly options: DedupeOptions<R>
  private readonly seen: SeenKeys
  private readonly counted = new StepCounts()
  private evicted = 0

  constructor(options: DedupeOptions<R>) {
    const { entries, windowMs, maxKeys } = options
    this.name = options.name
    this.options = options
    this.seen = new SeenKeys(entries, { windowMs, maxKeys })
  }

  begin(origins: readonly string[], nowMs: number): void {
    this.options.watermark.begin(origins, nowMs)
  }

  apply(record: R, origin: RecordOrigin): Verdict {
    const { watermark, key } = this.options
    const timeMs = timeOf(this.name, record)
    const name = checkedKey(this.name, keyText(key(record)))
    watermark.observe(origin.name, timeMs, origin.nowMs)
    if (this.seen.passes(name, timeMs, watermark.ms)) return 'pass'
    this.counted.add('repeated')
    return 'drop'
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
    this.counted.add('evicted', this.seen.evicted - this.evicted)
    this.evicted = this.seen.evicted
    return this.counted.take()
  }
}

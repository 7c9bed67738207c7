// Counts, sums and the like over windows of the records' own time, by groups. A window that the watermark has passed,
// with `latenessMs` on top, gives one record for each of its groups; the records that went into it end here.
//
// With `updates`, a group also gives a record after it changed, with what it has so far and `final` false: one for all
// changes that were made since the last append. Which of those come, a crash decides; the final one comes exactly once.

import { emptyObject, type JsonObject, type JsonValue } from '../../../format/parsed.js'
import { stringifyJson } from '../../../format/json-object.js'
import { keyText } from './key-text.js'
import {
  checkedKey,
  type Evaluate,
  type RecordOrigin,
  type StatefulStep,
  StepCounts,
  type TimedRecord,
  timeOf,
  type Verdict,
  type WindowRecord,
} from './stateful-step.js'
import type { StepEntries, UnitFollower } from './step-state.js'
import type { Watermark } from './watermark.js'
import { type WindowFrame, windowsOf } from './window-frame.js'
import type { WindowGroup, WindowTable } from './window-table.js'

export interface NamedExpression<R> {
  readonly field: string
  readonly evaluate: Evaluate<R>
}

export interface AggregateOptions<R> {
  readonly name: string
  readonly watermark: Watermark
  /** Those of the table. */
  readonly entries: StepEntries
  readonly table: WindowTable
  readonly frame: WindowFrame
  readonly latenessMs: number
  /** The topic for late records; undefined leaves them out. */
  readonly lateTo: string | undefined
  readonly by: readonly NamedExpression<R>[]
  /** In the order of the table's functions. */
  readonly values: readonly NamedExpression<R>[]
  readonly updates: boolean
}

export class AggregateStep<R extends TimedRecord> implements StatefulStep<R>, UnitFollower {
  readonly name: string
  private readonly options: AggregateOptions<R>
  private readonly counted = new StepCounts()
  /** Changed since its last update, by window and group. */
  private readonly changed = new Map<string, WindowGroup>()
  /** Whose update the unit under way gives. */
  private told: string | undefined

  constructor(options: AggregateOptions<R>) {
    this.name = options.name
    this.options = options
    if (options.updates) options.entries.follow(this)
  }

  accepted(): void {
    if (this.told !== undefined) this.changed.delete(this.told)
    this.told = undefined
  }

  rolledBack(): void {
    this.told = undefined
  }

  begin(origins: readonly string[], nowMs: number): void {
    this.options.watermark.begin(origins, nowMs)
  }

  apply(record: R, origin: RecordOrigin): Verdict {
    const { watermark, table, frame, lateTo, updates } = this.options
    const timeMs = timeOf(this.name, record)
    const by = this.options.by.map(({ evaluate }) => evaluate(record))
    const group = checkedKey(this.name, this.groupOf(by))
    const values = this.options.values.map(({ evaluate }) => evaluate(record))
    let isTaken = false
    for (const startMs of windowsOf(timeMs, frame)) {
      if (startMs <= this.closedUntilMs) continue
      isTaken = true
      table.add({ startMs, group, by, values, timeMs })
      if (updates) this.changed.set(`${startMs}/${group}`, { startMs, group })
    }
    watermark.observe(origin.name, timeMs, origin.nowMs)
    if (isTaken) return 'drop'
    this.counted.add('late')
    return lateTo === undefined ? 'drop' : { lateTo }
  }

  passed(origin: string, nowMs: number): void {
    this.options.watermark.passed(origin, nowMs)
  }

  leaveIdleAside(): void {
    this.options.watermark.leaveIdleAside()
  }

  isDue(): boolean {
    return this.changed.size > 0 || this.options.table.firstUntil(this.closedUntilMs) !== undefined
  }

  fire(): WindowRecord | undefined {
    const { table } = this.options
    const closing = table.firstUntil(this.closedUntilMs)
    if (closing !== undefined) {
      const record = this.recordOf(closing, true)
      table.close(closing)
      return record
    }
    for (const [name, of] of this.changed) {
      this.told = name
      return this.recordOf(of, false)
    }
    return undefined
  }

  dropDue(): void {
    const { table } = this.options
    const closing = table.firstUntil(this.closedUntilMs)
    if (closing !== undefined) table.close(closing)
    else for (const [name] of this.changed) return void (this.told = name)
  }

  save(): void {
    this.options.watermark.save()
  }

  counts(): ReturnType<StepCounts['take']> {
    return this.counted.take()
  }

  /** Windows that begin here or before are closed. */
  private get closedUntilMs(): number {
    const { watermark, frame, latenessMs } = this.options
    return watermark.ms - latenessMs - frame.sizeMs
  }

  /** One value by its text, several as a JSON list. */
  private groupOf(by: readonly JsonValue[]): string {
    return by.length === 1 ? keyText(by[0]!) : stringifyJson([...by])
  }

  /** Undefined for a window that was closed since. */
  private recordOf(of: WindowGroup, isFinal: boolean): WindowRecord | undefined {
    const { table, frame, updates, by, values } = this.options
    const result = table.result(of)
    if (result === undefined) return undefined
    const endMs = of.startMs + frame.sizeMs
    const value: JsonObject = emptyObject()
    by.forEach(({ field }, index) => (value[field] = result.by[index]!))
    value['start'] = new Date(of.startMs).toISOString()
    value['end'] = new Date(endMs).toISOString()
    values.forEach(({ field }, index) => (value[field] = result.results[index]!))
    if (updates) value['final'] = isFinal
    return { key: by.length === 0 ? undefined : of.group, value, timestampMs: endMs - 1 }
  }
}

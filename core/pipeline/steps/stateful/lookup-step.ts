// Brings the row of a table, a topic that holds the newest value of each key, into a field of the record.

import type { JsonValue } from '../../../format/parsed.js'
import { statefulErrors } from './errors.js'
import { keyText } from './key-text.js'
import type { LookupTable } from './lookup-table.js'
import { type Evaluate, type StatefulStep, StepCounts, type Verdict } from './stateful-step.js'

export interface LookupOptions<R> {
  readonly name: string
  readonly table: LookupTable
  readonly key: Evaluate<R>
  /** Sets the field. Throws a TailraceError, of the record, where it cannot. */
  readonly assign: (record: R, row: JsonValue) => void
  /** What becomes of a record without a row: it goes on as it is, with null in the field, is left out, or fails. */
  readonly missing: 'keep' | 'null' | 'drop' | 'fail'
}

export class LookupStep<R> implements StatefulStep<R> {
  readonly name: string
  private readonly options: LookupOptions<R>
  private readonly counted = new StepCounts()

  constructor(options: LookupOptions<R>) {
    this.name = options.name
    this.options = options
  }

  apply(record: R): Verdict {
    const { table, key, assign, missing } = this.options
    const name = keyText(key(record))
    const row = table.get(name)
    if (row !== undefined) {
      assign(record, row)
      return 'pass'
    }
    this.counted.add('unmatched')
    if (missing === 'fail') {
      const message = `${this.name}: nothing for "${name.slice(0, 100)}" in ${table.topic}`
      throw statefulErrors.make('lookup_missing', message, { details: { step: this.name, topic: table.topic } })
    }
    if (missing === 'null') assign(record, null)
    return missing === 'drop' ? 'drop' : 'pass'
  }

  refresh(signal: AbortSignal): Promise<void> {
    return this.options.table.refresh(signal)
  }

  counts(): ReturnType<StepCounts['take']> {
    return this.counted.take()
  }
}

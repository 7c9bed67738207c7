// How many records a throttle step let pass, by key: `{KEY: [window, count, count of the window before]}` in the state,
// a window being the number of spans since 1970.
//
// Windows are cut by the records' own time. A record of the window before the key's present one still counts there; one
// that is older still is over the limit, as nobody knows how many there were. A key leaves when the watermark is two
// windows ahead of it; when there are too many keys, the oldest leave before that: their limit begins anew.

import { AgingKeys } from './aging-keys.js'
import type { StepEntries } from './step-state.js'

/** Of three numbers in JSON. */
const countsWeightBytes = 40

export interface RateWindowsOptions {
  /** At least 1. */
  readonly limit: number
  readonly perMs: number
  readonly maxKeys: number
}

type Counts = readonly [window: number, present: number, before: number]

export class RateWindows {
  private readonly entries: StepEntries
  private readonly options: RateWindowsOptions
  private readonly ages: AgingKeys

  constructor(entries: StepEntries, options: RateWindowsOptions) {
    this.entries = entries
    this.options = options
    this.ages = new AgingKeys({ entries, maxKeys: options.maxKeys, timeOf: (counts) => (counts as number[])[0]! })
  }

  /** Keys that left before their time since the start. */
  get evicted(): number {
    return this.ages.evicted
  }

  /** Whether one more record of the key passes at this time; then it is counted. */
  passes(key: string, timeMs: number, watermarkMs: number): boolean {
    const { limit, perMs } = this.options
    const window = Math.floor(timeMs / perMs)
    const former = this.entries.get(key) as Counts | undefined
    const next = former === undefined ? ([window, 1, 0] as const) : counted(former, window, limit)
    if (next !== undefined) {
      this.entries.put(key, [...next], countsWeightBytes)
      if (next[0] !== former?.[0]) this.ages.renewed(key, next[0])
    }
    this.ages.forget(Math.floor(watermarkMs / perMs) - 2)
    return next !== undefined
  }
}

/** With one more record in the window; undefined when it is one too many. */
function counted([present, count, before]: Counts, window: number, limit: number): Counts | undefined {
  if (window > present) return [window, 1, window === present + 1 ? count : 0]
  if (window === present) return count < limit ? [present, count + 1, before] : undefined
  return window === present - 1 && before < limit ? [present, count, before + 1] : undefined
}

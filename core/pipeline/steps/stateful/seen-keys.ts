// The keys that a dedupe step let pass, each with the time of the record that passed: `{KEY: timeMs}` in the state.
//
// A record is a repetition when its key passed within the window around its own time; else it passes, and its time is
// the key's from now on. Keys are forgotten when the watermark has left their window behind: no record can come that
// they would hold back, but for what partitions that were idle bring late. When there are too many, the oldest leave
// before that.

import { AgingKeys } from './aging-keys.js'
import type { StepEntries } from './step-state.js'

/** Of a number in JSON. */
const timeWeightBytes = 16

export interface SeenKeysOptions {
  readonly windowMs: number
  readonly maxKeys: number
}

export class SeenKeys {
  private readonly entries: StepEntries
  private readonly windowMs: number
  private readonly ages: AgingKeys

  constructor(entries: StepEntries, { windowMs, maxKeys }: SeenKeysOptions) {
    this.entries = entries
    this.windowMs = windowMs
    this.ages = new AgingKeys({ entries, maxKeys, timeOf: (timeMs) => timeMs as number })
  }

  /** Keys that left before their time since the start. */
  get evicted(): number {
    return this.ages.evicted
  }

  /** Whether the key passes at this time; then it is remembered. `watermarkMs`: nothing older is expected to come. */
  passes(key: string, timeMs: number, watermarkMs: number): boolean {
    const former = this.entries.get(key) as number | undefined
    const isNew = former === undefined || Math.abs(timeMs - former) >= this.windowMs
    // One that is late must not make the key forget what passed after it.
    if (isNew && (former === undefined || timeMs > former)) {
      this.entries.put(key, timeMs, timeWeightBytes)
      this.ages.renewed(key, timeMs)
    }
    this.ages.forget(watermarkMs - this.windowMs)
    return isNew
  }
}

// Keys in the order in which they became known, so that the oldest can leave: those that are over, and when there are
// too many also those that are not, which are counted. A key that was renewed stands in the queue twice; what the
// state says of its time decides. The queue goes back and forth with the units of work, as the state does.

import type { JsonValue } from '../../../format/parsed.js'
import type { StepEntries } from './step-state.js'

interface Aged {
  readonly key: string
  readonly time: number
}

/** For each record so many may leave: the state shrinks, and no record pays for all of it. */
const leavesPerRecord = 2

/** What is given out of a long queue is cut off in pieces this large. */
const compactAt = 4_096

export interface AgingKeysOptions {
  readonly entries: StepEntries
  /** The time of a key, in whatever unit, from its value. */
  readonly timeOf: (value: JsonValue) => number
  readonly maxKeys: number
}

export class AgingKeys {
  private readonly options: AgingKeysOptions
  private queue: Aged[]
  private first = 0
  /** As the last accepted unit left them. */
  private acceptedFirst = 0
  private acceptedLength: number
  private evictedCount = 0

  constructor(options: AgingKeysOptions) {
    const { entries, timeOf } = options
    this.options = options
    this.queue = [...entries.all()].map(([key, value]) => ({ key, time: timeOf(value) }))
    this.queue.sort((one, other) => one.time - other.time)
    this.acceptedLength = this.queue.length
    entries.follow(this)
  }

  /** Keys that left before they were over, since the start. */
  get evicted(): number {
    return this.evictedCount
  }

  /** The key has this time from now on, also in the state. */
  renewed(key: string, time: number): void {
    this.queue.push({ key, time })
  }

  /** Lets a few keys leave whose time is `overUntil` or before, or that are too many. */
  forget(overUntil: number): void {
    const { entries, timeOf, maxKeys } = this.options
    for (let leaving = leavesPerRecord; this.first < this.queue.length; ) {
      const { key, time } = this.queue[this.first]!
      const value = entries.get(key)
      const isPresent = value !== undefined && timeOf(value) === time
      const isOver = time <= overUntil
      if (isPresent && (leaving === 0 || !(isOver || entries.size > maxKeys))) return
      this.first++
      if (!isPresent) continue
      entries.delete(key)
      leaving--
      if (!isOver) this.evictedCount++
    }
  }

  accepted(): void {
    if (this.first >= compactAt && this.first * 2 >= this.queue.length) {
      this.queue = this.queue.slice(this.first)
      this.first = 0
    }
    this.acceptedFirst = this.first
    this.acceptedLength = this.queue.length
  }

  rolledBack(): void {
    this.first = this.acceptedFirst
    this.queue.length = this.acceptedLength
  }
}

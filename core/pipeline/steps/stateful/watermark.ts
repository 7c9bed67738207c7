// How far the records' time has come over all partitions: the least of the largest times that each of them has shown.
// A window closes when this has passed it.
//
// A partition that shows nothing for `idleMs` is left aside, so that a quiet one does not hold up the others; what it
// brings later may be late. When all are idle, the watermark stands where the furthest of them is. Idle is measured between looks at the partition (`passed`), not by the clock alone: one
// whose records wait behind a full disk or behind a slow step is not idle. The watermark never goes back, and is
// remembered (`save`), so that a window that was closed stays closed after a crash.

import type { StepEntries } from './step-state.js'

const watermarkKey = '@watermark'
const partitionPrefix = '@time/'
/** Of a number in JSON. */
const timeWeightBytes = 16

interface PartitionTime {
  readonly name: string
  /** -Infinity before its first record. */
  largestMs: number
  /** When a record of it came last, or it was first known. Monotonic clock. */
  seenMs: number
  /** When it was last known that nothing of it is left unseen. Monotonic clock. */
  passedMs: number
  isSaved: boolean
}

export class Watermark {
  private readonly idleMs: number
  private readonly entries: StepEntries
  private readonly partitions = new Map<string, PartitionTime>()
  private valueMs: number
  private isSaved = true

  /** Goes on from what `entries` hold; -Infinity when nothing is remembered. */
  constructor(entries: StepEntries, idleMs: number) {
    this.idleMs = idleMs
    this.entries = entries
    const stored = entries.get(watermarkKey)
    this.valueMs = typeof stored === 'number' ? stored : -Infinity
  }

  /** No record below it is expected any more. */
  get ms(): number {
    return this.valueMs
  }

  /** The partitions whose records come, from `nowMs` on; once, before the first record. */
  begin(names: readonly string[], nowMs: number): void {
    this.partitions.clear()
    for (const name of names) {
      const stored = this.entries.get(partitionPrefix + name)
      const largestMs = typeof stored === 'number' ? stored : -Infinity
      this.partitions.set(name, { name, largestMs, seenMs: nowMs, passedMs: nowMs, isSaved: true })
    }
  }

  /** A record of this time came. True when the watermark rose. */
  observe(name: string, timeMs: number, nowMs: number): boolean {
    const partition = this.partitions.get(name)
    if (partition === undefined) return false
    const wasMs = partition.largestMs
    partition.seenMs = nowMs
    partition.passedMs = nowMs
    if (timeMs <= wasMs) return false
    partition.largestMs = timeMs
    partition.isSaved = false
    // Only who was the last of all can let the others go on.
    return wasMs <= this.valueMs || this.valueMs === -Infinity ? this.rise() : false
  }

  /** All that the partition has up to now was seen. */
  passed(name: string, nowMs: number): void {
    const partition = this.partitions.get(name)
    if (partition !== undefined) partition.passedMs = nowMs
  }

  /** Leaves aside who has become idle. True when the watermark rose. */
  leaveIdleAside(): boolean {
    return this.rise()
  }

  /** Puts what changed into the state. */
  save(): void {
    if (!this.isSaved) this.entries.put(watermarkKey, this.valueMs, timeWeightBytes)
    this.isSaved = true
    for (const partition of this.partitions.values()) {
      if (partition.isSaved) continue
      this.entries.put(partitionPrefix + partition.name, partition.largestMs, timeWeightBytes)
      partition.isSaved = true
    }
  }

  private rise(): boolean {
    let leastMs = Infinity
    let furthestMs = -Infinity
    for (const { largestMs, seenMs, passedMs } of this.partitions.values()) {
      furthestMs = Math.max(furthestMs, largestMs)
      if (passedMs - seenMs < this.idleMs) leastMs = Math.min(leastMs, largestMs)
    }
    // When all are idle, it is as if the one that is furthest had become so last.
    const nextMs = leastMs === Infinity ? furthestMs : leastMs
    if (nextMs <= this.valueMs) return false
    this.valueMs = nextMs
    this.isSaved = false
    return true
  }
}

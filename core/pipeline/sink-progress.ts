// How far a sink is, partition by partition. Pure bookkeeping: the reader, the deliveries and the commits all look here.
//
//   committed <= durable <= written <= read <= high watermark
//
// Only what the sink called durable moves the group's offset. A failed record is a dead letter in waiting: it goes into
// the log in the same append as the commit that passes it, so `planCommit` gives no offset without its dead letters.

import type { SinkPartition } from '../connector/sink.js'
import type { OffsetToCommit } from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import { invariant } from '../errors/invariant.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import type { PlainRecord } from '../record/encode-batch.js'
import { encodeCommitNote } from './commit-note.js'
import type { AddressedDeadLetter } from './dead-letter.js'

/** A record that the sink gave up, as its dead letter. */
export interface FailedRecord extends AddressedDeadLetter {
  readonly offset: number
  readonly code: string
  readonly bytes: number
  readonly letter: PlainRecord
}

export interface PartitionProgress extends SinkPartition {
  /** Where the group stands; undefined before its first commit. */
  committedOffset: number | undefined
  /** All below is durable in the target. */
  durableOffset: number
  /** All below was accepted by the sink. */
  writtenOffset: number
  /** Where the next read begins: what lies between was read ahead. */
  readOffset: number
  highWatermark: number
  /** The dead letters of all failed records below stand in the log. */
  failedBelow: number
  /** By offset, ascending; all at or above `failedBelow`. */
  failed: FailedRecord[]
  /** What keeps this partition, and only this one, from being read. */
  obstacle: TailraceError | undefined
}

/** One atomic step of the group: offsets, and the dead letters that they pass. */
export interface CommitPlan {
  readonly offsets: readonly OffsetToCommit[]
  readonly letters: readonly FailedRecord[]
  readonly steps: readonly CommitStep[]
}

interface CommitStep {
  readonly progress: PartitionProgress
  readonly offset: number
  readonly failedBelow: number
}

export class SinkProgress {
  private partitions = new Map<string, PartitionProgress>()
  private bytes = 0

  /** Replaces what is followed. */
  assign(partitions: readonly PartitionProgress[]): void {
    this.partitions = new Map(partitions.map((progress) => [nameOf(progress), progress]))
    this.bytes = 0
  }

  all(): readonly PartitionProgress[] {
    return [...this.partitions.values()]
  }

  find(of: PartitionId): PartitionProgress | undefined {
    return this.partitions.get(nameOf(of))
  }

  /** Memory that dead letters in waiting take. */
  get failedBytes(): number {
    return this.bytes
  }

  /** Records between what is durable and the end of the log. */
  get lagRecords(): number {
    let lag = 0
    for (const { highWatermark, durableOffset } of this.partitions.values()) {
      lag += Math.max(0, highWatermark - durableOffset)
    }
    return lag
  }

  /** Moves the durable offset up; how far it moved. Never down: what was durable stays so. */
  durable(of: PartitionId, nextOffset: number): number {
    const progress = this.find(of)
    // A partition that was let go: its new owner decides.
    if (progress === undefined) return 0
    const { durableOffset, highWatermark, topic, partition } = progress
    invariant(
      Number.isSafeInteger(nextOffset) && nextOffset <= highWatermark,
      `the sink calls ${topic}/${partition} durable up to ${nextOffset}, but the log ends at ${highWatermark}`,
    )
    if (nextOffset <= durableOffset) return 0
    progress.durableOffset = nextOffset
    return nextOffset - durableOffset
  }

  /** Takes in a failed record; false when its dead letter is there already. */
  fail(of: PartitionId, record: FailedRecord): boolean {
    const progress = this.find(of)
    invariant(progress !== undefined, `a record of ${of.topic}/${of.partition} failed, which the sink does not own`)
    if (record.offset < progress.failedBelow) return false
    const { failed } = progress
    let at = failed.length
    while (at > 0 && failed[at - 1]!.offset >= record.offset) at--
    if (failed[at]?.offset === record.offset) return false
    failed.splice(at, 0, record)
    this.bytes += record.bytes
    return true
  }

  /**
   * The next step of the group, with at most `maxBytes` of dead letters (or one); undefined when nothing is to be done.
   * `ahead`: also the dead letters of records that are not durable yet, which the note of the commit then remembers.
   */
  planCommit(maxBytes: number, ahead: boolean): CommitPlan | undefined {
    const letters: FailedRecord[] = []
    const steps: CommitStep[] = []
    let roomBytes = maxBytes
    for (const progress of this.partitions.values()) {
      const { failed, durableOffset } = progress
      const due = ahead ? failed.length : countBelow(failed, durableOffset)
      let taken = 0
      while (taken < due && (failed[taken]!.bytes <= roomBytes || letters.length === 0)) {
        const record = failed[taken++]!
        letters.push(record)
        roomBytes -= record.bytes
      }
      const passed = taken === 0 ? progress.failedBelow : failed[taken - 1]!.offset + 1
      const offset = Math.min(durableOffset, failed[taken]?.offset ?? durableOffset)
      if (taken > 0 || offset !== progress.committedOffset) {
        steps.push({ progress, offset, failedBelow: Math.max(passed, progress.failedBelow) })
      }
    }
    if (steps.length === 0) return undefined
    return { offsets: steps.map(offsetToCommit), letters, steps }
  }

  /** The plan is durable. */
  committed({ steps, letters }: CommitPlan): void {
    const settled = new Set(letters)
    for (const { progress, offset, failedBelow } of steps) {
      progress.failed = progress.failed.filter((record) => !settled.has(record))
      progress.committedOffset = offset
      progress.failedBelow = Math.max(failedBelow, offset)
    }
    for (const { bytes } of letters) this.bytes -= bytes
  }
}

function offsetToCommit({ progress, offset, failedBelow }: CommitStep): OffsetToCommit {
  const { topic, partition, topicId } = progress
  return { topic, partition, offset, metadata: encodeCommitNote({ topicId, failedBelow }) }
}

function countBelow(failed: readonly FailedRecord[], offset: number): number {
  const first = failed.findIndex((record) => record.offset >= offset)
  return first < 0 ? failed.length : first
}

function nameOf({ topic, partition }: PartitionId): string {
  return `${topic}/${partition}`
}

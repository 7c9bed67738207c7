// One partition in memory: its batches as they came, in segments that retention and compaction treat as a disk's.
//
// A segment holds batches in offset order; the last one takes the appends, only those before it are deleted or
// compacted. `position` of a batch counts the bytes appended before it, so that the bytes from an offset to the end are a
// subtraction; where compaction took some out, it is a bound from above.

import {
  lastOffsetOf,
  maxTimestampOf,
  setBaseOffset,
  setLeaderEpoch,
  stampAppendTime,
} from '../../record/batch-layout.js'
import { offsetInBatch } from '../../record/time-in-batch.js'
import { type AbortedRange, PartitionTransactions, withoutVoid } from '../../record/partition-transactions.js'
import { ProducerTable, type ProducerRoom } from '../../record/producer-table.js'
import { takeIn } from '../../record/transaction-turn.js'
import { AppendSignal } from '../long-poll.js'
import type { Offset, TimestampMs, TransactionView } from '../log-engine.js'
import type { TopicSettings } from '../topic-admin.js'
import { compactSegments } from './memory-compaction.js'

export interface StoredBatch {
  readonly bytes: Buffer
  readonly lastOffset: Offset
  readonly maxTimestampMs: TimestampMs
  readonly position: number
}

export interface MemorySegment {
  batches: StoredBatch[]
  bytes: number
  readonly createdMs: number
  /** When compaction was here first, by the wall clock; undefined before. Tombstones are kept for a while from then on. */
  compactedMs: number | undefined
}

interface MemoryRead {
  readonly maxBytes: number
  readonly firstIsFree: boolean
  readonly view: TransactionView
}

interface MemoryChunk {
  readonly batches: Buffer
  readonly nextOffset: Offset
  readonly aborted: readonly AbortedRange[]
}

const leaderEpoch = 0

export class MemoryPartition {
  readonly appended = new AppendSignal()
  readonly producers: ProducerTable
  readonly transactions = new PartitionTransactions()
  logStartOffset: Offset = 0
  nextOffset: Offset = 0
  private segments: MemorySegment[] = []
  private endPosition = 0

  constructor(producerRoom: ProducerRoom) {
    this.producers = new ProducerTable(producerRoom)
  }

  /** Takes a copy of a batch that was checked, and returns its base offset. `nowMs` is the wall clock. */
  append(batch: Uint8Array, settings: TopicSettings, nowMs: number): Offset {
    const bytes = Buffer.from(batch)
    const baseOffset = this.nextOffset
    setBaseOffset(bytes, 0, baseOffset)
    setLeaderEpoch(bytes, 0, leaderEpoch)
    if (settings.timestampType === 'append') stampAppendTime(bytes, 0, nowMs)
    const stored: StoredBatch = {
      bytes,
      lastOffset: lastOffsetOf(bytes, 0),
      maxTimestampMs: maxTimestampOf(bytes, 0),
      position: this.endPosition,
    }
    const segment = this.segmentFor(bytes.length, settings, nowMs)
    segment.batches.push(stored)
    segment.bytes += bytes.length
    this.endPosition += bytes.length
    this.nextOffset = stored.lastOffset + 1
    const place = { firstOffset: baseOffset, segmentBase: 0, position: stored.position }
    takeIn(this.transactions, { bytes, at: 0 }, place)
    return baseOffset
  }

  /** Before the first open transaction; the end when none is open. */
  get stableOffset(): Offset {
    const first = this.transactions.firstOpen
    return first === undefined ? this.nextOffset : Math.max(first.place.firstOffset, this.logStartOffset)
  }

  get bytes(): number {
    let bytes = 0
    for (const segment of this.segments) bytes += segment.bytes
    return bytes
  }

  holds(offset: Offset): boolean {
    return offset >= this.logStartOffset && offset <= this.nextOffset
  }

  /** Bytes from the batch that holds the offset, or the first behind it, to the end of the view. */
  bytesFrom(offset: Offset, view: TransactionView): number {
    const first = this.batchesFrom(offset).next()
    if (first.done === true) return 0
    const open = view === 'all' ? undefined : this.transactions.firstOpen
    return Math.max(0, (open?.place.position ?? this.endPosition) - first.value.position)
  }

  /** Whole batches from the one that holds the offset, up to `maxBytes`; the first one whatever its size if `firstIsFree`. */
  read(offset: Offset, { maxBytes, firstIsFree, view }: MemoryRead): MemoryChunk {
    const end = view === 'all' ? this.nextOffset : this.stableOffset
    const taken: Buffer[] = []
    let bytes = 0
    let nextOffset = offset
    for (const batch of this.batchesFrom(offset)) {
      if (batch.lastOffset >= end) break
      const isFree = firstIsFree && taken.length === 0
      if (!isFree && bytes + batch.bytes.length > maxBytes) break
      taken.push(batch.bytes)
      bytes += batch.bytes.length
      nextOffset = batch.lastOffset + 1
    }
    const batches = Buffer.concat(taken, bytes)
    const aborted = view === 'all' ? [] : this.transactions.abortedIn(offset, nextOffset)
    if (view !== 'committed') return { batches, nextOffset, aborted }
    return { batches: withoutVoid(batches, aborted), nextOffset, aborted: [] }
  }

  /** The first offset whose record is at or after the time; the end when there is none. */
  offsetAt(timestampMs: TimestampMs): Offset {
    for (const batch of this.batchesFrom(this.logStartOffset)) {
      if (batch.maxTimestampMs < timestampMs) continue
      const found = offsetInBatch(batch.bytes, timestampMs, this.logStartOffset)
      if (found !== undefined) return found
    }
    return this.nextOffset
  }

  /** Moves the log start; segments wholly before it go. */
  startAt(offset: Offset): void {
    this.logStartOffset = Math.max(this.logStartOffset, offset)
    this.transactions.forgetBelow(this.logStartOffset)
    const kept = this.segments.findIndex((segment, index) => {
      const isLast = index === this.segments.length - 1
      return isLast || lastBatch(segment).lastOffset >= this.logStartOffset
    })
    if (kept > 0) this.segments.splice(0, kept)
  }

  /** Deletes closed segments that are too old or too much and whose records all lie before `keptOffset`. */
  retain(settings: TopicSettings, keptOffset: Offset, nowMs: number): void {
    if (settings.cleanup === 'compact') return
    const { retentionMs, retentionBytes } = settings
    let bytes = this.bytes
    const { stableOffset } = this
    while (this.segments.length > 1) {
      const oldest = this.segments[0]!
      const isOld = retentionMs >= 0 && newestTimestamp(oldest) < nowMs - retentionMs
      const isTooMuch = retentionBytes >= 0 && bytes - oldest.bytes >= retentionBytes
      if (!(isOld || isTooMuch) || lastBatch(oldest).lastOffset >= Math.min(keptOffset, stableOffset)) return
      bytes -= oldest.bytes
      this.startAt(lastBatch(oldest).lastOffset + 1)
    }
  }

  private segmentFor(bytes: number, settings: TopicSettings, nowMs: number): MemorySegment {
    const active = this.segments.at(-1)
    if (active !== undefined) {
      const isFull = active.bytes + bytes > settings.segmentBytes
      if (!isFull && nowMs - active.createdMs < settings.segmentMs) return active
    }
    if (settings.cleanup !== 'delete') {
      this.compact(settings, nowMs)
    }
    const segment: MemorySegment = { batches: [], bytes: 0, createdMs: nowMs, compactedMs: undefined }
    this.segments.push(segment)
    return segment
  }

  /** What lies before the first open transaction. */
  private compact(settings: TopicSettings, nowMs: number): void {
    const { stableOffset, transactions } = this
    const firstOpen = this.segments.findIndex((segment) => lastBatch(segment).lastOffset >= stableOffset)
    const count = firstOpen < 0 ? this.segments.length : firstOpen
    const closed = this.segments.slice(0, count)
    const last = closed.at(-1)
    if (last === undefined) return
    const end = lastBatch(last).lastOffset + 1
    const compacted = compactSegments(closed, { settings, nowMs, transactions })
    if (compacted === undefined) return
    transactions.forgetBelow(end)
    this.segments = [...compacted, ...this.segments.slice(count)]
  }

  /** Compaction leaves gaps: the first batch that ends at the offset or behind it is the one to begin with. */
  private *batchesFrom(offset: Offset): Generator<StoredBatch, void> {
    let index = firstWhere(this.segments.length, (at) => lastBatch(this.segments[at]!).lastOffset >= offset)
    for (; index < this.segments.length; index++) {
      const { batches } = this.segments[index]!
      let at = firstWhere(batches.length, (place) => batches[place]!.lastOffset >= offset)
      for (; at < batches.length; at++) yield batches[at]!
    }
  }
}

function lastBatch(segment: MemorySegment): StoredBatch {
  return segment.batches.at(-1)!
}

function newestTimestamp(segment: MemorySegment): TimestampMs {
  let newest = -Infinity
  for (const batch of segment.batches) newest = Math.max(newest, batch.maxTimestampMs)
  return newest
}

/** The first index for which the condition holds; it must hold for all behind it. */
function firstWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

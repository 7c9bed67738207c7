// One partition: its segments in the order of their base offsets, the last one active.
//
// Offsets: log start <= high watermark (durable) <= written watermark <= log end (assigned). Readers go up to a
// watermark, never to the end. Appends are cut in two for the committer: `assign` gives a batch its place and counts
// it in, the committer then writes the bytes of a whole turn, and takes a turn back with a mark when that fails.

import { invariant } from '../errors/invariant.js'
import {
  batchBytes,
  baseOffsetOf,
  lastOffsetOf,
  maxTimestampOf,
  nextOffsetOf,
  setBaseOffset,
  setLeaderEpoch,
  stampAppendTime,
} from '../record/batch-layout.js'
import {
  type AbortedRange,
  noTransactions,
  PartitionTransactions,
  type TransactionPlace,
  type TransactionsRecord,
  withoutVoid,
} from '../record/partition-transactions.js'
import type { ProducerRecord, ProducerTable } from '../record/producer-table.js'
import { logErrors } from './errors.js'
import { batchEntryTemplate, type SegmentRecord } from './journal-entry.js'
import { segmentName } from './data-layout.js'
import { Segment, type SegmentHome, type SegmentMark } from './segment.js'
import { positionOf, readBatches } from './segment-scan.js'
import { join } from 'node:path'

/** What a partition takes from its topic's settings, which may change at any time. */
export interface PartitionSettings {
  readonly segmentBytes: number
  readonly segmentMs: number
  /** `append`: records get the time of their append. */
  readonly timestampType: 'create' | 'append'
  /** `fsync`: nothing is shown to anybody before it is durable. */
  readonly durability: 'fsync' | 'written'
}

/** Who wrote, and when. */
export interface AppendStamp {
  readonly nowMs: number
  readonly leaderEpoch: number
}

export interface AssignedPlace {
  readonly position: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 when the records keep their own time. */
  readonly appendTimeMs: number
}

/** A place between two batches: the offset that follows, and where it lies. */
export interface LogPlace {
  readonly offset: number
  readonly segment: Segment
  readonly position: number
}

/** How far readers may go, and what was open there. */
export interface Watermark extends LogPlace {
  /** Before the first batch of the first open transaction; undefined when none is open. */
  readonly unstable: LogPlace | undefined
}

/** What a read is to give: up to which watermark, and what of transactions (see TransactionView of the engine). */
export interface ReadView {
  readonly isolation: 'durable' | 'written'
  readonly transactions: 'committed' | 'stable' | 'all'
}

export interface PartitionMark {
  readonly segmentCount: number
  readonly nextOffset: number
  readonly active: SegmentMark
}

export interface PartitionRecord {
  readonly topicId: string
  readonly partition: number
  readonly logStartOffset: number
  readonly nextOffset: number
  readonly segments: readonly SegmentRecord[]
  readonly producers: readonly ProducerRecord[]
  /** Left out by checkpoints from before there were transactions. */
  readonly transactions?: TransactionsRecord
}

export interface PartitionIdentity {
  readonly topicId: string
  readonly topic: string
  readonly partition: number
}

export interface ReadBatches {
  readonly batches: Buffer
  /** Behind what was looked at. */
  readonly nextOffset: number
  /** Of a `stable` view: the aborted transactions that have offsets in the range, by their first offsets. */
  readonly aborted: readonly AbortedRange[]
}

const maxRelativeOffset = 2 ** 31 - 1
const placeMemory = 16

export class PartitionLog {
  readonly identity: PartitionIdentity
  readonly entryTemplate: Buffer
  /** As of the last batch that has an offset. */
  readonly producers: ProducerTable
  /** As of the last batch that has an offset. */
  readonly transactions: PartitionTransactions
  readonly #home: SegmentHome
  #segments: Segment[]
  #logStartOffset: number
  /** The log start that is durable: files below it may go. */
  #durableLogStart: number
  #nextOffset: number
  #durable: Watermark
  #written: Watermark
  /** Where readers stopped last: the next read goes on there without an index. */
  readonly #places = new Map<number, LogPlace>()
  #settings: PartitionSettings
  /** New segment files whose name is not synced yet. */
  hasUnsyncedNames = false
  isRemoved = false
  /** Compaction reads segments, or is about to replace them: none goes away meanwhile. */
  isCompacting = false

  constructor(
    identity: PartitionIdentity,
    home: SegmentHome,
    options: {
      readonly record: PartitionRecord
      readonly settings: PartitionSettings
      readonly nowMs: number
      /** Made of the record's producers. */
      readonly producers: ProducerTable
    },
  ) {
    this.identity = identity
    this.#home = home
    this.#settings = options.settings
    this.producers = options.producers
    this.entryTemplate = batchEntryTemplate(identity.topicId, identity.partition)
    const { record } = options
    this.#logStartOffset = record.logStartOffset
    this.#durableLogStart = record.logStartOffset
    this.#nextOffset = record.nextOffset
    this.transactions = new PartitionTransactions(record.transactions ?? noTransactions)
    this.#segments = record.segments.map((segment) => new Segment(home, this.#stem(segment.base), segment))
    const last = this.#segments.at(-1)
    if (last !== undefined && last.bytes > 0) last.activate()
    else {
      // An empty file's name may not have reached the disk: it is made again.
      if (last !== undefined) this.#segments.pop()
      this.#segments.push(this.#newSegment(last?.baseOffset ?? record.nextOffset, options.nowMs))
    }
    this.#durable = this.tail()
    this.#written = this.#durable
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Up to where the records survive the machine's death. */
  get highWatermark(): number {
    return this.#durable.offset
  }

  /** Up to where they survive the death of the process, where that is enough; else the high watermark. */
  get writtenWatermark(): number {
    return this.#written.offset
  }

  /** Where a read that is not of `all` ends: before the first open transaction, else at the watermark. */
  stableOffset(isolation: 'durable' | 'written'): number {
    const { offset, unstable } = this.#watermark(isolation)
    return unstable === undefined ? offset : Math.max(unstable.offset, this.#logStartOffset)
  }

  get directory(): string {
    return this.#home.directory
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  get active(): Segment {
    const last = this.#segments.at(-1)
    invariant(last !== undefined, 'a partition has at least one segment')
    return last
  }

  get sizeBytes(): number {
    let sum = 0
    for (const segment of this.#segments) sum += segment.bytes
    return sum
  }

  /** `monotonicMs` is the time of the clock that does not jump. */
  record(monotonicMs: number): PartitionRecord {
    return {
      topicId: this.identity.topicId,
      partition: this.identity.partition,
      logStartOffset: this.#logStartOffset,
      nextOffset: this.#nextOffset,
      segments: this.#segments.map((segment) => segment.record()),
      producers: this.producers.records(monotonicMs),
      transactions: this.transactions.record(),
    }
  }

  configure(settings: PartitionSettings): void {
    this.#settings = settings
  }

  /** The place behind the last batch that has an offset. */
  tail(): Watermark {
    const { active } = this
    const first = this.transactions.firstOpen
    const unstable = first === undefined ? undefined : this.#placeOf(first.place)
    return { offset: this.#nextOffset, segment: active, position: active.bytes, unstable }
  }

  mark(): PartitionMark {
    return { segmentCount: this.#segments.length, nextOffset: this.#nextOffset, active: this.active.mark() }
  }

  /** Takes back everything assigned since the mark. A segment that was made since stays as an empty, unnamed file. */
  rollBack(to: PartitionMark): void {
    for (const made of this.#segments.splice(to.segmentCount)) {
      made.rollBack({ ...made.mark(), bytes: 0 })
      void made.close()
    }
    this.active.activate()
    this.active.rollBack(to.active)
    this.#nextOffset = to.nextOffset
  }

  /** Where a batch of so many bytes and offsets goes now; rolls the active segment when it must. */
  prepare(batch: Uint8Array, nowMs: number): Segment {
    const { active } = this
    const lastDelta = lastOffsetOf(batch, 0) - baseOffsetOf(batch, 0)
    const isFull = active.bytes > 0 && active.bytes + batch.length > this.#settings.segmentBytes
    const isFar = this.#nextOffset + lastDelta - active.baseOffset > maxRelativeOffset
    const isOld = active.bytes > 0 && nowMs - active.createdAtMs > this.#settings.segmentMs
    return isFull || isFar || isOld ? this.roll(nowMs) : active
  }

  /** Closes the active segment and opens the next, unless it is empty. */
  roll(nowMs: number): Segment {
    if (this.active.bytes === 0) return this.active
    const before = this.active
    const made = this.#newSegment(this.#nextOffset, nowMs)
    this.#segments.push(made)
    before.retire()
    return made
  }

  /** Gives the batch at `start` of `frame` its offsets and counts it in; its bytes are to be written at the returned position. */
  assign(segment: Segment, frame: Buffer, start: number, stamp: AppendStamp): AssignedPlace {
    const baseOffset = this.#nextOffset
    const position = segment.bytes
    setBaseOffset(frame, start, baseOffset)
    setLeaderEpoch(frame, start, stamp.leaderEpoch)
    const appendTimeMs = this.#settings.timestampType === 'append' ? stamp.nowMs : -1
    if (appendTimeMs >= 0) stampAppendTime(frame, start, appendTimeMs)
    const lastOffset = lastOffsetOf(frame, start)
    segment.note({
      lastOffset,
      position,
      batchBytes: batchBytes(frame, start),
      maxTimestampMs: maxTimestampOf(frame, start),
    })
    this.#nextOffset = lastOffset + 1
    return { position, baseOffset, lastOffset, appendTimeMs }
  }

  /** The place is written, not synced. What was shown stays so when the topic's durability is raised. */
  setWritten(place: Watermark): void {
    if (this.#settings.durability === 'written') this.#moveWritten(place)
  }

  setDurable(place: Watermark): void {
    this.#moveWritten(place)
    if (place.offset > this.#durable.offset) this.#durable = place
  }

  #moveWritten(place: Watermark): void {
    if (place.offset > this.#written.offset) this.#written = place
  }

  /** Moves the log start; returns whether it moved. */
  moveLogStart(to: number): boolean {
    if (to <= this.#logStartOffset) return false
    this.#logStartOffset = to
    this.transactions.forgetBelow(to)
    return true
  }

  /**
   * Whole, checked batches from the one that holds `offset` on, below the end of the view; at least one batch is looked
   * at when there is any, whatever `maxBytes` says. Throws offset_outside and bytes_damaged.
   */
  read(offset: number, maxBytes: number, view: ReadView): Promise<ReadBatches> {
    return this.unlessReplaced(async () => {
      this.#mustHold(offset, this.#watermark(view.isolation).offset)
      const limit = this.#endOf(view)
      if (offset >= limit.offset) return { batches: emptyBuffer, nextOffset: offset, aborted: noneAborted }
      const { batches, nextOffset } = await this.#readBelow(offset, maxBytes, limit)
      // What the log start passed meanwhile may be of transactions that nobody knows any more to be aborted.
      this.#mustHold(offset, nextOffset)
      if (view.transactions === 'all') return { batches, nextOffset, aborted: noneAborted }
      const aborted = this.transactions.abortedIn(offset, nextOffset)
      if (view.transactions === 'stable') return { batches, nextOffset, aborted }
      return { batches: withoutVoid(batches, aborted), nextOffset, aborted: noneAborted }
    })
  }

  /** Files may go away under a read of segments: then its answer, or its failure, means nothing, and it is made again. */
  async unlessReplaced<T>(reading: () => Promise<T>): Promise<T> {
    for (;;) {
      const segments = this.#segments
      const isSteady = (): boolean => this.isRemoved || segments.every((segment) => !segment.isGone)
      try {
        const answer = await reading()
        if (isSteady()) return answer
      } catch (error) {
        if (isSteady()) throw error
      }
    }
  }

  async #readBelow(
    offset: number,
    maxBytes: number,
    limit: LogPlace,
  ): Promise<{ readonly batches: Buffer; readonly nextOffset: number }> {
    const known = this.#knownPlace(offset)
    const place = known ?? (await this.#locate(offset, limit))
    const isBeyond = place?.segment === limit.segment && place.position >= limit.position
    if (place === undefined || isBeyond) return { batches: emptyBuffer, nextOffset: limit.offset }
    const end = place.segment === limit.segment ? limit.position : place.segment.bytes
    const batches = await readBatches(place.segment, {
      position: place.position,
      end,
      maxBytes,
      offset,
      isStart: known !== undefined,
    })
    const nextOffset = nextOffsetOfLast(batches)
    this.#remember(offset, { offset: nextOffset, segment: place.segment, position: place.position + batches.length })
    return { batches, nextOffset }
  }

  /** Where a reader stopped; at the end of a segment that means the begin of the next. */
  #knownPlace(offset: number): LogPlace | undefined {
    const place = this.#places.get(offset)
    if (place === undefined || place.segment.isGone) return undefined
    return place.position < place.segment.bytes ? place : undefined
  }

  /** Finds the place of an offset, so that `availableBytes` can count from it. What stands in the way, the read tells. */
  async seek(offset: number, view: ReadView): Promise<void> {
    const limit = this.#endOf(view)
    if (offset < this.#logStartOffset || offset > limit.offset || this.#places.has(offset)) return
    const place = offset === limit.offset ? limit : await this.#locate(offset, limit).catch(() => undefined)
    if (place !== undefined) this.#remember(offset, { ...place, offset })
  }

  /** Bytes from the batch that holds `offset` to the end of the view; Infinity when the place of the offset is not known. */
  availableBytes(offset: number, view: ReadView): number {
    const limit = this.#endOf(view)
    if (offset >= limit.offset) return 0
    const place = this.#places.get(offset)
    if (place === undefined || place.segment.isGone) return Number.POSITIVE_INFINITY
    if (place.segment === limit.segment) return limit.position - place.position
    let bytes = place.segment.bytes - place.position + limit.position
    for (const { baseOffset, bytes: between } of this.#segments) {
      if (baseOffset > place.segment.baseOffset && baseOffset < limit.segment.baseOffset) bytes += between
    }
    return bytes
  }

  /** A segment that compaction made takes the place of its sources. */
  swap(sources: readonly number[], made: Segment): readonly Segment[] {
    const first = this.#segments.findIndex((segment) => segment.baseOffset === sources[0])
    invariant(first >= 0, `no segment ${sources[0]} to replace`)
    const replaced = this.#segments.slice(first, first + sources.length)
    const behind = this.#segments.slice(first + sources.length)
    this.#segments = [...this.#segments.slice(0, first), made, ...behind]
    // Compaction left nothing of them.
    this.transactions.forgetBelow(behind[0]?.baseOffset ?? this.#nextOffset)
    for (const segment of replaced) segment.isGone = true
    invariant(
      replaced.every((segment, index) => segment.baseOffset === sources[index]),
      'replaced segments are neighbours',
    )
    this.#places.clear()
    return replaced
  }

  get durableLogStart(): number {
    return this.#durableLogStart
  }

  /** The entry that moved the log start is on the device. */
  setDurableLogStart(offset: number): void {
    this.#durableLogStart = Math.max(this.#durableLogStart, offset)
  }

  /**
   * Takes away the closed segments that lie wholly below the durable log start, as long as `isReleased` lets them go; none
   * during a compaction.
   */
  dropBelowStart(isReleased: (segment: Segment) => boolean): readonly Segment[] {
    const dropped: Segment[] = []
    if (this.isCompacting) return dropped
    for (;;) {
      const [first, second] = this.#segments
      if (
        first === undefined ||
        second === undefined ||
        second.baseOffset > this.#durableLogStart ||
        !isReleased(first)
      )
        return dropped
      this.#segments = this.#segments.slice(1)
      first.isGone = true
      dropped.push(first)
      this.#places.clear()
    }
  }

  /** Its topic is deleted: nothing is read from it or synced any more. */
  remove(): void {
    this.isRemoved = true
    this.producers.clear()
    for (const segment of this.#segments) segment.isGone = true
  }

  async close(): Promise<void> {
    for (const segment of this.#segments) await segment.close()
  }

  segmentHome(): SegmentHome {
    return this.#home
  }

  #watermark(isolation: 'durable' | 'written'): Watermark {
    return isolation === 'durable' ? this.#durable : this.#written
  }

  #endOf({ isolation, transactions }: ReadView): LogPlace {
    const watermark = this.#watermark(isolation)
    return transactions === 'all' ? watermark : (watermark.unstable ?? watermark)
  }

  /** Of a batch that has its offset. Where its segment is gone, with all that the log start has passed, at its next one. */
  #placeOf({ firstOffset, segmentBase, position }: TransactionPlace): LogPlace {
    const segment = this.#segments[floorSegment(this.#segments, segmentBase)] ?? this.active
    return { offset: firstOffset, segment, position: segment.baseOffset === segmentBase ? position : 0 }
  }

  #mustHold(offset: number, limitOffset: number): void {
    if (offset >= this.#logStartOffset && offset <= limitOffset) return
    const { topic, partition } = this.identity
    const message = `offset ${offset} of ${topic}-${partition} is outside of ${this.#logStartOffset} to ${limitOffset}`
    throw logErrors.make('offset_outside', message, {
      details: { topic, partition, offset, logStartOffset: this.#logStartOffset, highWatermark: limitOffset },
    })
  }

  async #locate(offset: number, limit: LogPlace): Promise<LogPlace | undefined> {
    let index = floorSegment(this.#segments, offset)
    for (; index < this.#segments.length; index++) {
      const segment = this.#segments[index]
      if (segment === undefined || segment.baseOffset >= limit.offset) return undefined
      const end = segment === limit.segment ? limit.position : segment.bytes
      const position = await positionOf(segment, offset, end)
      if (position < end) return { offset, segment, position }
      if (segment === limit.segment) return undefined
    }
    return undefined
  }

  #remember(offset: number, next: LogPlace): void {
    this.#places.delete(offset)
    this.#places.set(next.offset, next)
    if (this.#places.size <= placeMemory) return
    const oldest = this.#places.keys().next().value
    if (oldest !== undefined) this.#places.delete(oldest)
  }

  #newSegment(baseOffset: number, nowMs: number): Segment {
    const record = { base: baseOffset, bytes: 0, maxTimestampMs: -1, createdAtMs: nowMs, cleanedAtMs: 0 }
    this.hasUnsyncedNames = true
    return Segment.create(this.#home, this.#stem(baseOffset), record)
  }

  #stem(baseOffset: number): string {
    return join(this.#home.directory, segmentName(baseOffset))
  }
}

const emptyBuffer = Buffer.alloc(0)
const noneAborted: readonly AbortedRange[] = []

/** Index of the last segment whose base offset is at or below `offset`; 0 when there is none. */
function floorSegment(segments: readonly Segment[], offset: number): number {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((segments[middle]?.baseOffset ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

/** Behind the last of the batches. */
export function nextOffsetOfLast(batches: Buffer): number {
  let at = 0
  for (;;) {
    const next = at + batchBytes(batches, at)
    if (next >= batches.length) return nextOffsetOf(batches, at)
    at = next
  }
}

// The records of one change, encoded and not yet in the writer. They wait until it is known whether the change is the
// last of its transaction, and for as long as the writer is full.
//
// Invariants: records leave in their order and each once; `flushedRecords` counts those that left, or that a run before
// had put into the log, so that the resume point can stand between two of them. All bytes lie in one scratch.

import type { Destination, RecordWriter } from '../../../core/connector/source.js'
import { invariant } from '../../../core/errors/invariant.js'
import type { RecordParts } from '../../../core/record/batch-builder.js'
import type { EncodedHeaders } from '../../../core/record/record-headers.js'
import { OutputBytes } from '../values/output-bytes.js'
import { type ByteRange, ChangeHeaders, type RecordMarks } from './change-headers.js'
import type { ColumnsNotice } from './columns-notice.js'
import type { StreamPlace } from './stream-place.js'
import type { TopicPlaces } from './topic-places.js'

/** One record, or the same for every partition of its topic. Used again for every change. */
export class PendingRecord {
  head: EncodedHeaders
  to: TopicPlaces
  /** undefined for records that need no columns to be understood. */
  notice: ColumnsNotice | undefined
  isForEveryPartition = false
  /** Ranges of the scratch; a start of -1 is null. */
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  /** The key before, for the header `pg.oldKey`. */
  readonly oldKey: ByteRange = { start: 0, end: 0 }
  /** Names for the header `pg.unchanged`. */
  readonly unchanged: ByteRange = { start: 0, end: 0 }

  constructor(head: EncodedHeaders, to: TopicPlaces) {
    this.head = head
    this.to = to
  }
}

export class PendingChange {
  /** Where keys and values are encoded. */
  readonly out = new OutputBytes()
  readonly headers = new ChangeHeaders()
  private readonly records: PendingRecord[] = []
  private count = 0
  /** The record that goes next, and how many of its partitions have it. */
  private next = 0
  private partitionsDone = 0
  private flushed = 0
  private toSkip = 0
  private timestampMs = 0
  private readonly marks: RecordMarks = {
    sequence: 0,
    isLast: false,
    columns: undefined,
    bytes: this.out.bytes,
    oldKey: { start: 0, end: 0 },
    unchanged: { start: 0, end: 0 },
  }
  private readonly parts: RecordParts = {
    key: null,
    value: null,
    valueStart: 0,
    valueEnd: 0,
    timestampMs: 0,
    headers: this.headers,
  }

  get isEmpty(): boolean {
    return this.count === 0
  }

  get flushedRecords(): number {
    return this.flushed
  }

  /** Records from here on belong to the place. */
  enter(place: StreamPlace): void {
    invariant(this.isEmpty, 'a transaction began while a change of the one before was pending')
    this.headers.enter(place)
    this.timestampMs = place.timeMs
  }

  /** Begins a change; `sequence` is its number in the transaction, 0 for none. */
  begin(sequence: number): void {
    invariant(this.isEmpty, 'a change was made while the one before was pending')
    this.marks.sequence = sequence
    this.toSkip = 0
    this.out.reset()
  }

  /** A further record of the change: without key and value until they are set. */
  add(head: EncodedHeaders, to: TopicPlaces): PendingRecord {
    const record = (this.records[this.count] ??= new PendingRecord(head, to))
    this.count++
    record.head = head
    record.to = to
    record.notice = undefined
    record.isForEveryPartition = false
    record.keyStart = -1
    record.valueStart = -1
    record.oldKey.start = 0
    record.oldKey.end = 0
    record.unchanged.start = 0
    record.unchanged.end = 0
    return record
  }

  /** So many of its records stand in the log already. */
  skip(recordCount: number): void {
    invariant(this.flushed === 0, 'records are passed over before the first of a change is given away')
    this.toSkip = recordCount
  }

  /** False when the writer is full: the rest goes with the next call. */
  flush(into: RecordWriter, isLast: boolean): boolean {
    while (this.next < this.count) {
      const record = this.records[this.next]!
      const isLastRecord = isLast && this.next === this.count - 1
      if (record.isForEveryPartition) {
        if (!this.flushToAll(record, into, isLastRecord)) return false
      } else if (!this.flushOne(record, into, isLastRecord)) return false
      this.next++
    }
    this.count = 0
    this.next = 0
    this.flushed = 0
    return true
  }

  private flushOne(record: PendingRecord, into: RecordWriter, isLast: boolean): boolean {
    const { parts, marks } = this
    if (this.passOver()) return true
    const { bytes } = this.out
    parts.key = record.keyStart < 0 ? null : bytes.subarray(record.keyStart, record.keyEnd)
    const { topic, anywhere } = record.to
    const { notice } = record
    const partition = notice === undefined ? -1 : into.partitionOf(parts.key, topic)
    const isNoticeDue = notice?.isDue(partition, into.appendNumber) ?? false
    marks.columns = isNoticeDue ? notice!.header : undefined
    if (!this.append(record, into, anywhere, isLast)) return false
    if (isNoticeDue) notice!.given(partition, into.appendNumber)
    return true
  }

  private flushToAll(record: PendingRecord, into: RecordWriter, isLast: boolean): boolean {
    const { to } = record
    const partitions = into.partitionCount(to.topic)
    this.parts.key = null
    this.marks.columns = undefined
    for (; this.partitionsDone < partitions; this.partitionsDone++) {
      if (this.passOver()) continue
      const isLastPartition = this.partitionsDone === partitions - 1
      if (!this.append(record, into, to.partition(this.partitionsDone), isLast && isLastPartition)) return false
    }
    this.partitionsDone = 0
    return true
  }

  private append(record: PendingRecord, into: RecordWriter, to: Destination, isLast: boolean): boolean {
    const { parts, marks, headers } = this
    const { bytes } = this.out
    marks.isLast = isLast
    marks.bytes = bytes
    marks.oldKey = record.oldKey
    marks.unchanged = record.unchanged
    headers.compose(record.head, marks)
    parts.value = record.valueStart < 0 ? null : bytes
    parts.valueStart = record.valueStart < 0 ? 0 : record.valueStart
    parts.valueEnd = record.valueStart < 0 ? 0 : record.valueEnd
    parts.timestampMs = this.timestampMs
    if (!into.append(parts, to)) return false
    this.flushed++
    return true
  }

  /** Is the next record in the log already? Then it counts as gone. */
  private passOver(): boolean {
    if (this.toSkip === 0) return false
    this.toSkip--
    this.flushed++
    return true
  }
}

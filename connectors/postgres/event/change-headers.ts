// The headers of a change, assembled from pieces that stand ready in their encoded form (core/record/record-headers.ts):
//
//   [ pg.op pg.schema pg.table ] [ pg.lsn pg.xid | pg.lsn pg.snapshot ] pg.seq pg.oldKey pg.unchanged pg.columns pg.last
//     per table and operation      per transaction                       what applies to the record
//
// The front (both brackets) stays where it is while table, operation and transaction are the same, so that a record
// costs the digits of its sequence number. One object serves all records: it holds those of the last `compose`.

import { copyBytes } from '../../../core/bytes/copy-bytes.js'
import { varintBytes, writeVarint } from '../../../core/bytes/varint.js'
import { type EncodedHeaders, encodeHeaders, type RecordHeader } from '../../../core/record/record-headers.js'
import { formatLsn } from '../wire/lsn.js'
import { digitCount, writeDecimal } from './decimal.js'
import type { StreamPlace } from './stream-place.js'

/** What an operation is called in the header `pg.op`. */
export type Operation = 'c' | 'u' | 'd' | 'r' | 't' | 'm' | 's' | 'schema'

const lsnName = Buffer.from('pg.lsn')
const xidName = Buffer.from('pg.xid')
const sequenceName = Buffer.from('pg.seq')
const oldKeyName = Buffer.from('pg.oldKey')
const unchangedName = Buffer.from('pg.unchanged')
const lastHeader = textHeaders({ 'pg.last': 'true' })
const snapshotHeader = textHeaders({ 'pg.snapshot': 'true' })

/** An LSN and a transaction id or the mark of the snapshot, with room to spare. */
const placeBytes = 128

/** Names, lengths and digits of the headers behind the front, all of them together. */
const mostFixedBytes =
  sequenceName.length +
  oldKeyName.length +
  unchangedName.length +
  lastHeader.bytes.length +
  digitCount(Number.MAX_SAFE_INTEGER) +
  6 * varintBytes(Number.MAX_SAFE_INTEGER)

/** Lengths up to here have a view each, made once. */
const mostViewedBytes = 1024

/** What a record has beside its front. */
export interface RecordMarks {
  /** Number of the change in its transaction, from 1; 0 for none. */
  sequence: number
  isLast: boolean
  /** `pg.columns`, ready to be copied. */
  columns: EncodedHeaders | undefined
  /** Where the values of the next two lie. */
  bytes: Uint8Array
  oldKey: ByteRange
  unchanged: ByteRange
}

/** Empty where there is no such header. */
export interface ByteRange {
  start: number
  end: number
}

/** Headers with texts as values, in their order. */
export function textHeaders(texts: Readonly<Record<string, string>>): EncodedHeaders {
  const list: RecordHeader[] = Object.entries(texts).map(([key, value]) => ({ key, value: Buffer.from(value) }))
  return encodeHeaders(list)
}

export class ChangeHeaders implements EncodedHeaders {
  count = 0
  bytes: Uint8Array
  private scratch = Buffer.allocUnsafeSlow(4096)
  private views: (Uint8Array | undefined)[] = []
  private readonly placeScratch = Buffer.allocUnsafeSlow(placeBytes)
  private ofPlace: EncodedHeaders = textHeaders({})
  private head: EncodedHeaders | undefined = undefined
  private frontBytes = 0

  constructor() {
    this.bytes = this.scratch
  }

  /** Takes what the place says from here on. */
  enter(place: StreamPlace): void {
    const { placeScratch } = this
    let at = putName(placeScratch, 0, lsnName)
    at = putShortText(placeScratch, at, formatLsn(place.lsn))
    let count = 1
    if (place.isSnapshot) {
      at = copyBytes(placeScratch, at, snapshotHeader.bytes, 0, snapshotHeader.bytes.length)
      count++
    } else if (place.xid > 0) {
      at = putName(placeScratch, at, xidName)
      at = putNumber(placeScratch, at, place.xid)
      count++
    }
    this.ofPlace = { count, bytes: placeScratch.subarray(0, at) }
    this.head = undefined
  }

  /** Makes `count` and `bytes` those of a record; they are valid until the next call. */
  compose(head: EncodedHeaders, marks: RecordMarks): void {
    this.putFront(head, marks)
    let at = this.frontBytes
    let count = head.count + this.ofPlace.count
    if (marks.sequence > 0) {
      at = this.putSequence(at, marks.sequence)
      count++
    }
    if (marks.oldKey.end > marks.oldKey.start) {
      at = this.putRange(at, oldKeyName, marks.bytes, marks.oldKey)
      count++
    }
    if (marks.unchanged.end > marks.unchanged.start) {
      at = this.putRange(at, unchangedName, marks.bytes, marks.unchanged)
      count++
    }
    if (marks.columns !== undefined) {
      at = copyBytes(this.scratch, at, marks.columns.bytes, 0, marks.columns.bytes.length)
      count += marks.columns.count
    }
    if (marks.isLast) {
      at = copyBytes(this.scratch, at, lastHeader.bytes, 0, lastHeader.bytes.length)
      count += lastHeader.count
    }
    this.count = count
    this.bytes = this.viewOf(at)
  }

  private putFront(head: EncodedHeaders, marks: RecordMarks): void {
    const { ofPlace } = this
    this.reserve(head, marks)
    if (head === this.head) return
    const at = copyBytes(this.scratch, 0, head.bytes, 0, head.bytes.length)
    this.frontBytes = copyBytes(this.scratch, at, ofPlace.bytes, 0, ofPlace.bytes.length)
    this.head = head
  }

  private putSequence(start: number, sequence: number): number {
    const { scratch } = this
    return putNumber(scratch, putName(scratch, start, sequenceName), sequence)
  }

  private putRange(start: number, name: Buffer, bytes: Uint8Array, range: ByteRange): number {
    const { scratch } = this
    const at = writeVarint(scratch, putName(scratch, start, name), range.end - range.start)
    return copyBytes(scratch, at, bytes, range.start, range.end)
  }

  /** Makes room for all that the record may have. */
  private reserve(head: EncodedHeaders, { columns, oldKey, unchanged }: RecordMarks): void {
    const ranges = oldKey.end - oldKey.start + unchanged.end - unchanged.start
    const columnsBytes = columns === undefined ? 0 : columns.bytes.length
    const needed = mostFixedBytes + head.bytes.length + this.ofPlace.bytes.length + ranges + columnsBytes
    if (needed <= this.scratch.length) return
    this.scratch = Buffer.allocUnsafeSlow(needed * 2)
    this.views = []
    this.head = undefined
  }

  private viewOf(end: number): Uint8Array {
    if (end > mostViewedBytes) return this.scratch.subarray(0, end)
    return (this.views[end] ??= this.scratch.subarray(0, end))
  }
}

function putName(target: Buffer, at: number, name: Buffer): number {
  return copyBytes(target, writeVarint(target, at, name.length), name, 0, name.length)
}

/** A number as a value of digits. */
function putNumber(target: Buffer, at: number, value: number): number {
  return writeDecimal(target, writeVarint(target, at, digitCount(value)), value)
}

/** ASCII as a value: for a few letters a loop costs less than a call. */
function putShortText(target: Buffer, at: number, text: string): number {
  let to = writeVarint(target, at, text.length)
  for (let index = 0; index < text.length; index++) target[to++] = text.charCodeAt(index)
  return to
}

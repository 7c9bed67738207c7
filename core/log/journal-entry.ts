// The entries in a frame's body, one behind the other:
//
//   batch:  kind u8 = 1, 3 bytes 0, partition u32, topic id 16 bytes, segment base offset u64, position u32,
//           batch bytes u32, then the batch as it stands in the segment
//   change: kind u8 = 2, 3 bytes 0, bytes u32, then a LogChange as JSON
//
// A batch entry names the place of its bytes, so a replay is a write at a known place and may be repeated.

import { readInt32, readInt64, writeInt32, writeInt64 } from '../bytes/big-endian.js'

export const batchEntryBytes = 40
export const changeEntryBytes = 8

const batchKind = 1
const changeKind = 2

/** A change of the catalogue or of the set of segments; applied in the order of the journal. */
export type LogChange =
  | { readonly type: 'topic-created'; readonly topic: TopicRecord }
  | { readonly type: 'topic-altered'; readonly topic: TopicRecord }
  | { readonly type: 'topic-deleted'; readonly topicId: string }
  | {
      readonly type: 'log-start-moved'
      readonly topicId: string
      readonly partition: number
      readonly logStartOffset: number
    }
  | {
      readonly type: 'segments-swapped'
      readonly topicId: string
      readonly partition: number
      /** Base offsets of the segments that were replaced, ascending; the first is the new one's. */
      readonly sources: readonly number[]
      readonly segment: SegmentRecord
    }
  | { readonly type: 'producer-ids-reserved'; readonly nextProducerId: number }

/** A topic as the catalogue keeps it; the settings are the engine's affair. */
export interface TopicRecord {
  readonly id: string
  readonly name: string
  readonly partitions: number
  readonly settings: Readonly<Record<string, unknown>>
}

/** A segment as the checkpoint keeps it. */
export interface SegmentRecord {
  readonly base: number
  readonly bytes: number
  /** The largest record timestamp in it, -1 when it is empty. */
  readonly maxTimestampMs: number
  /** When its first batch was appended; segments roll by it. */
  readonly createdAtMs: number
  /** When compaction went over it first; 0 when it never did. */
  readonly cleanedAtMs: number
}

export interface BatchEntry {
  readonly kind: 'batch'
  readonly topicId: string
  readonly partition: number
  readonly segmentBase: number
  readonly position: number
  /** Where the batch lies in the bytes that were walked. */
  readonly start: number
  readonly end: number
}

export interface ChangeEntry {
  readonly kind: 'change'
  readonly change: LogChange
}

/** The part of a batch entry that is the same for all entries of a partition. */
export function batchEntryTemplate(topicId: string, partition: number): Buffer {
  const template = Buffer.alloc(batchEntryBytes)
  template[0] = batchKind
  writeInt32(template, 4, partition)
  Buffer.from(topicId.replaceAll('-', ''), 'hex').copy(template, 8)
  return template
}

/** Completes a copy of the template that stands at `at`. */
export function placeBatchEntry(
  bytes: Buffer,
  at: number,
  place: { readonly segmentBase: number; readonly position: number; readonly batchBytes: number },
): void {
  writeInt64(bytes, at + 24, place.segmentBase)
  writeInt32(bytes, at + 32, place.position)
  writeInt32(bytes, at + 36, place.batchBytes)
}

export function encodeChange(change: LogChange): Buffer {
  const json = Buffer.from(JSON.stringify(change))
  const entry = Buffer.alloc(changeEntryBytes + json.length)
  entry[0] = changeKind
  writeInt32(entry, 4, json.length)
  json.copy(entry, changeEntryBytes)
  return entry
}

/**
 * Walks the entries between `start` and `end`. The frame's CRC was checked, so an entry that does not fit is a defect
 * of the writer; the walk then ends with `undefined` in place of the entry.
 */
export function* walkEntries(
  bytes: Buffer,
  start: number,
  end: number,
): Generator<BatchEntry | ChangeEntry | undefined> {
  let at = start
  while (at < end) {
    const entry = entryAt(bytes, at, end)
    yield entry?.entry
    if (entry === undefined) return
    at = entry.next
  }
}

function entryAt(
  bytes: Buffer,
  at: number,
  end: number,
): { entry: BatchEntry | ChangeEntry; next: number } | undefined {
  if (bytes[at] === batchKind && at + batchEntryBytes <= end) {
    const from = at + batchEntryBytes
    const next = from + (readInt32(bytes, at + 36) >>> 0)
    if (next > end) return undefined
    const entry: BatchEntry = {
      kind: 'batch',
      topicId: uuidAt(bytes, at + 8),
      partition: readInt32(bytes, at + 4),
      segmentBase: readInt64(bytes, at + 24),
      position: readInt32(bytes, at + 32) >>> 0,
      start: from,
      end: next,
    }
    return { entry, next }
  }
  if (bytes[at] === changeKind && at + changeEntryBytes <= end) {
    const from = at + changeEntryBytes
    const next = from + (readInt32(bytes, at + 4) >>> 0)
    if (next > end) return undefined
    const change = JSON.parse(bytes.toString('utf8', from, next)) as LogChange
    return { entry: { kind: 'change', change }, next }
  }
  return undefined
}

function uuidAt(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

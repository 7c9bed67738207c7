// Dead letters: records that an edge could not use, in the dead-letter topic, as they were. docs/formats/dead-letters.md
// is the page about them.
//
// A dead letter has the key, value, time stamp and headers of its record and further headers whose names begin with
// `tailrace.error.`. It goes into the log in one atomic append with the offset (of a sink) or the resume point (of a
// source) that passes the record, so that it exists exactly once.

import type { PartitionAppend } from '../engine/log-engine.js'
import { encodeBatch, type PlainRecord } from '../record/encode-batch.js'
import { partitionForKey } from '../record/partitioner.js'
import type { RecordHeader } from '../record/record-headers.js'
import type { AppendTarget } from './append-target.js'

export const deadLetterHeaderPrefix = 'tailrace.error.'

/** A dead-letter topic must take at least this: the headers, and enough of the record to recognise it. */
export const leastDeadLetterBatchBytes = 64 * 1024

/** What a batch and a record take around their parts, at most: the header of the batch and nine varints. */
const overheadBytes = 61 + 9 * 10
const longestMessage = 1_000
const goalBatchBytes = 512 * 1024

/** Where a record failed, and why. */
export interface DeadLetterReason {
  readonly code: string
  readonly message: string
  readonly pipeline: string
  /** Id of the source or sink. */
  readonly edge: string
  /** Where a sink read the record; the topic a source meant it for. */
  readonly topic: string
  /** Id of the topic that a sink or transform read it in. */
  readonly topicId?: string | undefined
  /** The step that it failed in, such as `2 (set)`; undefined when it was none. */
  readonly step?: string | undefined
  /** Undefined at a source: the record has no place in the log yet. */
  readonly partition: number | undefined
  readonly offset: number | undefined
  /** When the dead letter is a batch whose records from `offset` to here nobody could read. */
  readonly lastOffset?: number | undefined
  readonly attempts: number
  readonly atMs: number
}

/**
 * The dead letter of a record, in memory of its own. What is too large for `maxBatchBytes` is cut: headers are left
 * out, then value and key shortened, and the header `tailrace.error.cut` says how large they were.
 */
export function deadLetterOf(record: PlainRecord, reason: DeadLetterReason, maxBatchBytes: number): PlainRecord {
  const ours = reasonHeaders(reason)
  const kept = (record.headers ?? []).filter(({ key }) => !key.startsWith(deadLetterHeaderPrefix))
  const keyBytes = record.key?.length ?? 0
  const valueBytes = record.value?.length ?? 0
  const keptBytes = headerBytes(kept)
  const roomBytes = maxBatchBytes - overheadBytes - headerBytes(ours)
  if (keyBytes + valueBytes + keptBytes <= roomBytes) {
    const headers = [...kept.map(({ key, value }) => ({ key, value: copyOf(value) })), ...ours]
    return { key: copyOf(record.key), value: copyOf(record.value), timestampMs: record.timestampMs, headers }
  }
  const cut = textHeader('cut', `key=${keyBytes} value=${valueBytes} headers=${kept.length}`)
  const contentBytes = roomBytes - headerBytes([cut])
  const key = copyOf(record.key, Math.floor(contentBytes / 2))
  const value = copyOf(record.value, contentBytes - (key?.length ?? 0))
  return { key, value, timestampMs: record.timestampMs, headers: [...ours, cut] }
}

/** About how much memory a dead letter holds, and how many bytes it adds to an append. */
export function deadLetterBytes(letter: PlainRecord): number {
  return overheadBytes + (letter.key?.length ?? 0) + (letter.value?.length ?? 0) + headerBytes(letter.headers ?? [])
}

/** Where a dead letter goes: with its key by murmur2, without one to the partition that it came from. */
export function deadLetterPartition(letter: PlainRecord, fromPartition: number, partitions: number): number {
  return letter.key === null ? fromPartition % partitions : partitionForKey(letter.key, partitions)
}

export interface AddressedDeadLetter {
  readonly letter: PlainRecord
  readonly partition: number
}

/** The batches of dead letters, in their order within each partition. */
export function deadLetterBatches(letters: readonly AddressedDeadLetter[], target: AppendTarget): PartitionAppend[] {
  const byPartition = new Map<number, PlainRecord[]>()
  for (const { letter, partition } of letters) {
    const together = byPartition.get(partition)
    if (together === undefined) byPartition.set(partition, [letter])
    else together.push(letter)
  }
  const { topic } = target
  const batchBytes = Math.min(goalBatchBytes, target.maxBatchBytes)
  return [...byPartition].flatMap(([partition, records]) => {
    return inPieces(records, batchBytes).map((piece) => ({ topic, partition, batch: encodeBatch(piece) }))
  })
}

/** Pieces that are each one record, or together no larger than `pieceBytes`. */
function inPieces(records: readonly PlainRecord[], pieceBytes: number): PlainRecord[][] {
  const pieces: PlainRecord[][] = []
  let roomBytes = 0
  for (const record of records) {
    const bytes = deadLetterBytes(record)
    const piece = pieces.at(-1)
    if (piece === undefined || bytes > roomBytes) {
      pieces.push([record])
      roomBytes = pieceBytes - bytes
    } else {
      piece.push(record)
      roomBytes -= bytes
    }
  }
  return pieces
}

function reasonHeaders(reason: DeadLetterReason): RecordHeader[] {
  const message =
    reason.message.length > longestMessage ? `${reason.message.slice(0, longestMessage)}…` : reason.message
  const headers = [
    textHeader('code', reason.code),
    textHeader('message', message),
    textHeader('pipeline', reason.pipeline),
    textHeader('edge', reason.edge),
    textHeader('topic', reason.topic),
  ]
  if (reason.topicId !== undefined) headers.push(textHeader('topicId', reason.topicId))
  if (reason.step !== undefined) headers.push(textHeader('step', reason.step))
  if (reason.partition !== undefined) headers.push(textHeader('partition', String(reason.partition)))
  if (reason.offset !== undefined) headers.push(textHeader('offset', String(reason.offset)))
  if (reason.lastOffset !== undefined) headers.push(textHeader('lastOffset', String(reason.lastOffset)))
  headers.push(textHeader('attempts', String(reason.attempts)))
  headers.push(textHeader('time', new Date(reason.atMs).toISOString()))
  return headers
}

function textHeader(name: string, text: string): RecordHeader {
  return { key: deadLetterHeaderPrefix + name, value: Buffer.from(text) }
}

function headerBytes(headers: readonly RecordHeader[]): number {
  // Two lengths of at most five bytes each.
  return headers.reduce((sum, { key, value }) => sum + Buffer.byteLength(key) + (value?.length ?? 0) + 10, 0)
}

function copyOf(bytes: Uint8Array | null, longest = Infinity): Uint8Array | null {
  return bytes === null ? null : new Uint8Array(bytes.subarray(0, longest))
}

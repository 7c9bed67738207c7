// Batches from records as plain objects, for callers that have few: state, dead letters, tests.

import { BatchBuilder, type RecordParts } from './batch-builder.js'
import { batchHeaderBytes } from './batch-layout.js'
import { encodeHeaders, type RecordHeader } from './record-headers.js'

export interface PlainRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers?: readonly RecordHeader[]
}

/** Longest encodings of the length, two deltas, two lengths and the count, and the attributes: 6 x 10 + 1. */
const mostRecordOverheadBytes = 61

/** One sealed batch of at least one record, base offset 0; it belongs to the caller. */
export function encodeBatch(records: readonly PlainRecord[]): Buffer {
  const parts: RecordParts = { key: null, value: null, valueStart: 0, valueEnd: 0, timestampMs: 0, headers: null }
  const encoded = records.map((record) => (record.headers?.length ? encodeHeaders(record.headers) : null))
  let capacityBytes = batchHeaderBytes
  records.forEach((record, number) => {
    capacityBytes += mostRecordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0)
    capacityBytes += encoded[number]?.bytes.length ?? 0
  })
  const builder = new BatchBuilder(capacityBytes)
  records.forEach((record, number) => {
    parts.key = record.key
    parts.value = record.value
    parts.valueEnd = record.value?.length ?? 0
    parts.timestampMs = record.timestampMs
    parts.headers = encoded[number] ?? null
    builder.append(parts)
  })
  return Buffer.from(builder.finish())
}

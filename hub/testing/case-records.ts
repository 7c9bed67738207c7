// The records of a case: from what stands in the file to records of the log, and from those to what is compared.
//
// A value that is a text stands for its bytes; any other value for its JSON text. What comes out is read the same way:
// the JSON that the bytes are, or their text.

import type { PlainRecord } from '../../core/record/encode-batch.js'
import { hubErrors } from '../errors.js'

/** As in the file, behind `$record`; in what is expected, parts may be patterns. */
export interface CaseRecord {
  readonly key?: unknown
  readonly value?: unknown
  readonly headers?: Readonly<Record<string, unknown>>
  readonly time?: unknown
  readonly topic?: string
  /** Of a dead letter: its error. */
  readonly code?: string
}

/** The parts of a record that an item of a case names. */
export function caseRecordOf(item: unknown): CaseRecord {
  const isWrapped = typeof item === 'object' && item !== null && '$record' in item
  return isWrapped ? (item as { readonly $record: CaseRecord }).$record : { value: item }
}

/** The record that goes in. Errors: invalid_test_case. */
export function recordToAppend(item: unknown, defaultTimeMs: number): PlainRecord {
  const { key, value, headers = {}, time } = caseRecordOf(item)
  return {
    key: key === undefined || key === null ? null : Buffer.from(textIn('key', key)),
    value: bytesOf(value),
    timestampMs: time === undefined ? defaultTimeMs : timeIn(time),
    headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: Buffer.from(textIn(name, text)) })),
  }
}

/** The bytes that a value of the file stands for; null without one. */
export function bytesOf(value: unknown): Buffer | null {
  if (value === undefined || value === null) return null
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

/** A record that came out, with all of its parts. */
export function foundRecord(record: PlainRecord, topic: string): CaseRecord {
  const headers = (record.headers ?? []).map(({ key, value }) => [key, value === null ? null : textOf(value)] as const)
  return {
    key: record.key === null ? null : textOf(record.key),
    value: valueOf(record.value),
    headers: Object.fromEntries(headers),
    time: new Date(record.timestampMs).toISOString(),
    topic,
  }
}

/** Times of the file in the form that records are compared in. */
export function comparable(expected: CaseRecord): CaseRecord {
  const { time } = expected
  return typeof time === 'number' || (typeof time === 'string' && !Number.isNaN(Date.parse(time)))
    ? { ...expected, time: new Date(time).toISOString() }
    : expected
}

function valueOf(bytes: Uint8Array | null): unknown {
  if (bytes === null) return null
  const text = textOf(bytes)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

function textIn(part: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw hubErrors.make(
    'invalid_test_case',
    `${part} of a record that goes in must be a text, not ${JSON.stringify(value)}`,
  )
}

function timeIn(time: unknown): number {
  const timeMs = typeof time === 'number' ? time : typeof time === 'string' ? Date.parse(time) : Number.NaN
  if (timeMs >= 0) return timeMs
  throw hubErrors.make('invalid_test_case', `${JSON.stringify(time)} is no time; one looks like 2026-01-31T10:00:00Z`)
}

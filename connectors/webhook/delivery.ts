// A record on its way to an endpoint, and how it lies in the state while it waits for its next attempt.
//
// `parked/TOPIC-ID/PARTITION/OFFSET` holds the whole record and what its request is made of, so that neither retention nor
// another `url` in the file changes what is sent. `buried/…` says that a record became a dead letter although the group's
// offset may not have passed it yet: it is left out when it comes again.

import { hash } from 'node:crypto'
import type { Json } from '../../core/connector/context.js'
import type { RecordOrigin } from '../../core/connector/origin.js'
import type { SinkPartition } from '../../core/connector/sink.js'
import { invariant } from '../../core/errors/invariant.js'
import type { PlainRecord } from '../../core/record/encode-batch.js'

export interface Delivery {
  readonly of: SinkPartition
  readonly offset: number
  /** The same in every attempt, and for a replayed record that of its first delivery. */
  readonly id: string
  readonly url: string
  /** Scheme, host and port of the url: what has a breaker and a queue. */
  readonly endpoint: string
  /** Deliveries of one lane go one behind the other. */
  readonly lane: string
  /** From the templates of the file. */
  readonly headers: Readonly<Record<string, string>>
  /** Owned. */
  readonly record: PlainRecord
  /** What is sent where that is not the record's value. */
  readonly body?: Buffer | undefined
  /** Of a batch, those behind the first. */
  readonly others?: readonly BatchedRecord[] | undefined
  /** Attempts that were made. */
  attempts: number
  /** When the next attempt is due; wall clock. */
  dueMs: number
  /** It lies in the state. */
  isParked: boolean
  /** It lies there, or is on its way there, with its attempts and time of now. */
  isStored: boolean
}

export interface BatchedRecord {
  readonly offset: number
  readonly record: PlainRecord
}

/** All records of the request, in their order. */
export function recordsOf({ offset, record, others = [] }: Delivery): readonly BatchedRecord[] {
  return [{ offset, record }, ...others]
}

/** Of a batch: made of the ids of its records, so that the same records have the same id. */
export function batchId(ids: readonly string[]): string {
  return `msg_${hash('sha256', ids.join('/'), 'buffer').subarray(0, 16).toString('base64url')}`
}

/** `msg_` and 128 bits of a SHA-256 over hub, topic id, partition and offset: without a dot, as signatures ask. */
export function deliveryId(hubId: string, { topicId, partition, offset }: RecordOrigin): string {
  const digest = hash('sha256', `${hubId}/${topicId}/${partition}/${offset}`, 'buffer')
  return `msg_${digest.subarray(0, 16).toString('base64url')}`
}

export const parkedPrefix = 'parked/'
export const buriedPrefix = 'buried/'

export function placeKey(prefix: string, { topicId, partition }: SinkPartition, offset: number): string {
  return `${prefix}${partitionPrefix({ topicId, partition })}${String(offset).padStart(16, '0')}`
}

export function partitionPrefix({ topicId, partition }: Pick<SinkPartition, 'topicId' | 'partition'>): string {
  return `${topicId}/${partition}/`
}

/** The offset at the end of a key. */
export function offsetOfKey(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1))
}

/** About what it takes in the state and in memory; the key is in the name of the lane as well. */
export function deliveryBytes(delivery: Delivery): number {
  const { url, body, record } = delivery
  const ofRecords = recordsOf(delivery).reduce((sum, one) => sum + recordBytes(one.record), 0)
  return 256 + url.length + (record.key?.length ?? 0) + ofRecords + (body?.length ?? 0)
}

function recordBytes({ key, value, headers }: PlainRecord): number {
  const headerBytes = (headers ?? []).reduce((sum, one) => sum + one.key.length + (one.value?.length ?? 0), 0)
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes
}

export function encodeDelivery(delivery: Delivery): Json {
  const { id, url, endpoint, lane, headers, record, attempts, dueMs, body, others } = delivery
  return {
    id,
    url,
    endpoint,
    lane,
    headers,
    ...encodeRecord(record),
    attempts,
    dueMs,
    ...(body === undefined ? {} : { body: base64(body) }),
    ...(others === undefined
      ? {}
      : { others: others.map((one) => ({ offset: one.offset, ...encodeRecord(one.record) })) }),
  }
}

export function decodeDelivery(of: SinkPartition, offset: number, stored: Json): Delivery {
  const entry = stored as unknown as StoredDelivery
  invariant(typeof entry.id === 'string' && typeof entry.url === 'string', 'a parked record is one of ours')
  const { id, url, endpoint, lane, headers, attempts, dueMs, body, others } = entry
  return {
    of,
    offset,
    id,
    url,
    endpoint,
    lane,
    headers,
    record: decodeRecord(entry),
    body: body === undefined ? undefined : Buffer.from(body, 'base64'),
    others: others?.map((one) => ({ offset: one.offset, record: decodeRecord(one) })),
    attempts,
    dueMs,
    isParked: true,
    isStored: true,
  }
}

interface StoredRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly recordHeaders: readonly (readonly [string, string | null])[]
}

interface StoredDelivery extends StoredRecord {
  readonly id: string
  readonly url: string
  readonly endpoint: string
  readonly lane: string
  readonly headers: Readonly<Record<string, string>>
  readonly attempts: number
  readonly dueMs: number
  readonly body?: string
  readonly others?: readonly (StoredRecord & { readonly offset: number })[]
}

function encodeRecord({ key, value, timestampMs, headers }: PlainRecord): Readonly<Record<string, Json>> {
  return {
    key: base64(key),
    value: base64(value),
    timestampMs,
    recordHeaders: (headers ?? []).map((header) => [header.key, base64(header.value)]),
  }
}

function decodeRecord({ key, value, timestampMs, recordHeaders }: StoredRecord): PlainRecord {
  const headers = recordHeaders.map(([name, content]) => ({ key: name, value: bytes(content) }))
  return { key: bytes(key), value: bytes(value), timestampMs, headers }
}

function base64(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
}

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64')
}

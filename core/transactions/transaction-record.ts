// The records of `__tailrace_transactions`: one per transactional id, and one per group in which its open transaction wants
// to commit offsets (docs/formats/transaction-records.md).
//
//   key    kind int8 = 1: transactional id   transactional id string16
//          kind int8 = 2: pending offsets    transactional id string16   group string16
//   value  version int8 = 1, then the fields below; none (a tombstone) removes the id or the offsets
//
// Big endian; string16 is UTF-8 behind an int16 length, a list stands behind its int32 count. Equal keys are equal bytes,
// as compaction needs it.

import { ByteReader } from '../bytes/byte-reader.js'
import { ByteWriter } from '../bytes/byte-writer.js'
import type { ProducerIdentity } from '../engine/producer-service.js'
import { transactionErrors } from './errors.js'
import type { NamedTopic, PendingOffset, PendingOffsets, PendingTopic, TransactionMetadata } from './transaction.js'
import type { TransactionRecord } from './transaction-port.js'

const metadataKind = 1
const pendingKind = 2
const valueVersion = 1

/** By its number in a record. */
const states: readonly TransactionMetadata['state'][] = ['empty', 'ongoing', 'committed', 'aborted']

/** What a record says; `undefined` for what it removes. */
export type DecodedRecord =
  | { readonly kind: 'metadata'; readonly transactionalId: string; readonly metadata: TransactionMetadata | undefined }
  | {
      readonly kind: 'pending'
      readonly transactionalId: string
      readonly group: string
      readonly pending: PendingOffsets | undefined
    }

export function metadataRecord(transactionalId: string, metadata: TransactionMetadata | undefined): TransactionRecord {
  const key = new ByteWriter().int8(metadataKind).string16(transactionalId).finish()
  return { key, value: metadata === undefined ? null : encodeMetadata(metadata) }
}

export function pendingRecord(
  transactionalId: string,
  group: string,
  pending: PendingOffsets | undefined,
): TransactionRecord {
  const key = new ByteWriter().int8(pendingKind).string16(transactionalId).string16(group).finish()
  return { key, value: pending === undefined ? null : encodePending(pending) }
}

/** Errors: transaction_record_unknown, bytes_truncated. Keeps no view of what it is given. */
export function decodeRecord(key: Uint8Array, value: Uint8Array | null): DecodedRecord {
  const reader = new ByteReader(key)
  const kind = reader.int8()
  if (kind === metadataKind) {
    const transactionalId = reader.string16()
    return { kind: 'metadata', transactionalId, metadata: value === null ? undefined : decodeMetadata(value) }
  }
  if (kind !== pendingKind) throw unknown(`the key has kind ${kind}`)
  const transactionalId = reader.string16()
  const group = reader.string16()
  return { kind: 'pending', transactionalId, group, pending: value === null ? undefined : decodePending(value) }
}

function encodeMetadata({ producer, previous, topics, groups, ...rest }: TransactionMetadata): Buffer {
  const writer = new ByteWriter()
    .int8(valueVersion)
    .int64(producer.producerId)
    .int16(producer.epoch)
    .int64(previous?.producerId ?? -1)
    .int16(previous?.epoch ?? -1)
    .int32(rest.timeoutMs)
    .int8(states.indexOf(rest.state))
    .int64(rest.startedAtMs)
    .int64(rest.lastUsedAtMs)
    .int32(topics.size)
  for (const [topic, { topicId, partitions }] of topics) {
    writer.string16(topic).uuid(topicId).int32(partitions.size)
    for (const partition of partitions) writer.int32(partition)
  }
  writer.int32(groups.size)
  for (const group of groups) writer.string16(group)
  return writer.finish()
}

/** The least that an element takes: what a count is held against before a list is made. */
const leastTopicBytes = 22
const leastPartitionBytes = 4
const leastGroupBytes = 2
const leastOffsetBytes = 18

function decodeMetadata(value: Uint8Array): TransactionMetadata {
  const reader = versioned(value)
  const producer = { producerId: reader.int64(), epoch: reader.int16() }
  const previous: ProducerIdentity = { producerId: reader.int64(), epoch: reader.int16() }
  const timeoutMs = reader.int32()
  const stateNumber = reader.int8()
  const state = states[stateNumber]
  if (state === undefined) throw unknown(`the transaction has state ${stateNumber}`)
  const startedAtMs = reader.int64()
  const lastUsedAtMs = reader.int64()
  const topics = new Map<string, NamedTopic>()
  for (let left = reader.count32(leastTopicBytes); left > 0; left--) {
    const topic = reader.string16()
    const topicId = reader.uuid()
    const partitions = new Set<number>()
    for (let more = reader.count32(leastPartitionBytes); more > 0; more--) partitions.add(reader.int32())
    topics.set(topic, { topicId, partitions })
  }
  const groups = new Set<string>()
  for (let left = reader.count32(leastGroupBytes); left > 0; left--) groups.add(reader.string16())
  const known = previous.producerId < 0 ? undefined : previous
  return { producer, previous: known, timeoutMs, state, startedAtMs, lastUsedAtMs, topics, groups }
}

function encodePending(pending: PendingOffsets): Buffer {
  const writer = new ByteWriter().int8(valueVersion).int32(pending.size)
  for (const [topic, { topicId, offsets }] of pending) {
    writer.string16(topic).uuid(topicId).int32(offsets.size)
    for (const [partition, { offset, leaderEpoch, metadata }] of offsets)
      writer.int32(partition).int64(offset).int32(leaderEpoch).string16(metadata)
  }
  return writer.finish()
}

function decodePending(value: Uint8Array): PendingOffsets {
  const reader = versioned(value)
  const topics = new Map<string, PendingTopic>()
  for (let left = reader.count32(leastTopicBytes); left > 0; left--) {
    const topic = reader.string16()
    const topicId = reader.uuid()
    const offsets = new Map<number, PendingOffset>()
    for (let more = reader.count32(leastOffsetBytes); more > 0; more--) {
      const partition = reader.int32()
      offsets.set(partition, { offset: reader.int64(), leaderEpoch: reader.int32(), metadata: reader.string16() })
    }
    topics.set(topic, { topicId, offsets })
  }
  return topics
}

function versioned(value: Uint8Array): ByteReader {
  const reader = new ByteReader(value)
  const version = reader.int8()
  if (version !== valueVersion) throw unknown(`the value has version ${version}, this release reads ${valueVersion}`)
  return reader
}

function unknown(what: string): Error {
  return transactionErrors.make('transaction_record_unknown', `a record of transactions: ${what}`)
}

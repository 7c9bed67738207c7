// The header of a record batch v2, as Kafka lays it out on the wire and on disk; all numbers big endian:
//
//    0 base offset i64                 8 batch length i32 (bytes from 12 on)   12 leader epoch i32   16 magic i8 = 2
//   17 CRC-32C u32 (of 21 to the end) 21 attributes i16                        23 last offset delta i32
//   27 base timestamp i64             35 max timestamp i64                     43 producer id i64
//   51 producer epoch i16             53 base sequence i32                     57 record count i32   61 the records
//
// Base offset and leader epoch lie before what the CRC covers: the log sets them without touching the rest. Every
// function takes the bytes and where the batch begins in them; but for checkBatch they trust that a header is there.

import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '../bytes/big-endian.js'
import { crc32c } from '../bytes/crc32c.js'

/** Fields of the header by their position, for writers of whole headers. */
export const batchField = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const

export const batchHeaderBytes = 61

/** What lies before the part that the batch length counts. */
const batchPrefixBytes = 12

export const batchMagic = 2

const codecMask = 0x07
/** none, gzip, snappy, lz4, zstd. */
export const codecCount = 5
const logAppendTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20

/** The smallest record: its length, attributes, two deltas, two absent lengths and the header count, a byte each. */
export const leastRecordBytes = 7

/**
 * What is wrong with a batch. `short`: it is longer than what is there, as the torn end of a file is. `length`: no
 * batch is that small. `magic`: another format. `crc`: bytes changed. `count`: the record count contradicts the
 * offsets or the size. `codec`: one that there is not.
 */
export type BatchFault = 'short' | 'length' | 'magic' | 'crc' | 'count' | 'codec'

/**
 * Checks the batch at `at`, of which nothing lies beyond `end`; undefined when it is whole and intact. Base offset and
 * leader epoch are outside of its CRC and not judged here. The records inside are not walked, nor decompressed.
 */
export function checkBatch(bytes: Uint8Array, at: number, end: number): BatchFault | undefined {
  const thereBytes = end - at
  if (thereBytes > batchField.magic && bytes[at + batchField.magic] !== batchMagic) return 'magic'
  if (thereBytes < batchPrefixBytes) return 'short'
  const wholeBytes = batchBytes(bytes, at)
  if (wholeBytes < batchHeaderBytes) return 'length'
  if (wholeBytes > thereBytes) return 'short'
  if (crc32c(bytes, at + batchField.attributes, at + wholeBytes) !== crcOf(bytes, at)) return 'crc'
  const codec = codecOf(bytes, at)
  if (codec >= codecCount) return 'codec'
  const count = recordCountOf(bytes, at)
  const lastDelta = readInt32(bytes, at + batchField.lastOffsetDelta)
  // Compaction leaves fewer records than offsets, and at times none; more can never be.
  if (count < 0 || lastDelta < 0 || count > lastDelta + 1) return 'count'
  if (codec === 0 && count * leastRecordBytes > wholeBytes - batchHeaderBytes) return 'count'
  return undefined
}

/** The length of the whole batch, header included. At least 12 bytes of it must be there. */
export function batchBytes(bytes: Uint8Array, at: number): number {
  return batchPrefixBytes + readInt32(bytes, at + batchField.batchLength)
}

export function baseOffsetOf(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at + batchField.baseOffset)
}

/** The offset of the last record, or of the last one that was there before compaction. */
export function lastOffsetOf(bytes: Uint8Array, at: number): number {
  return baseOffsetOf(bytes, at) + readInt32(bytes, at + batchField.lastOffsetDelta)
}

/** The offset that follows the batch. */
export function nextOffsetOf(bytes: Uint8Array, at: number): number {
  return lastOffsetOf(bytes, at) + 1
}

export function recordCountOf(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + batchField.recordCount)
}

export function lastOffsetDeltaOf(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + batchField.lastOffsetDelta)
}

/** Did a producer with an id number the batch? Without one the id is -1. */
export function hasProducer(bytes: Uint8Array, at: number): boolean {
  return bytes[at + batchField.producerId]! < 0x80
}

export function producerIdOf(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at + batchField.producerId)
}

export function producerEpochOf(bytes: Uint8Array, at: number): number {
  return readInt16(bytes, at + batchField.producerEpoch)
}

/** The sequence of the first record; the others follow by one each. */
export function baseSequenceOf(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + batchField.baseSequence)
}

/** Has every offset of the batch its record, as a producer must send it? */
export function isDense(bytes: Uint8Array, at: number): boolean {
  return recordCountOf(bytes, at) === readInt32(bytes, at + batchField.lastOffsetDelta) + 1
}

export function baseTimestampOf(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at + batchField.baseTimestamp)
}

export function maxTimestampOf(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at + batchField.maxTimestamp)
}

function attributesOf(bytes: Uint8Array, at: number): number {
  return readInt16(bytes, at + batchField.attributes)
}

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export function codecOf(bytes: Uint8Array, at: number): number {
  return attributesOf(bytes, at) & codecMask
}

/** Do all records carry the time of their append, which is the max timestamp, instead of their own? */
export function isLogAppendTime(bytes: Uint8Array, at: number): boolean {
  return (attributesOf(bytes, at) & logAppendTimeBit) !== 0
}

/**
 * Makes `timeMs` the time of all records of the batch, as a topic does that keeps the time of the append: sets the bit
 * and the max timestamp and writes the CRC anew. Base timestamp and records stay.
 */
export function stampAppendTime(bytes: Uint8Array, at: number, timeMs: number): void {
  writeInt16(bytes, at + batchField.attributes, attributesOf(bytes, at) | logAppendTimeBit)
  writeInt64(bytes, at + batchField.maxTimestamp, timeMs)
  sealBatch(bytes, at, at + batchBytes(bytes, at))
}

export function isTransactional(bytes: Uint8Array, at: number): boolean {
  return (attributesOf(bytes, at) & transactionalBit) !== 0
}

/** Does it hold a transaction's end instead of records of a producer? */
export function isControl(bytes: Uint8Array, at: number): boolean {
  return (attributesOf(bytes, at) & controlBit) !== 0
}

/** Makes it the end of a transaction; the batch is to be sealed afterwards. */
export function markControl(bytes: Uint8Array, at: number): void {
  writeInt16(bytes, at + batchField.attributes, attributesOf(bytes, at) | transactionalBit | controlBit)
}

export function leaderEpochOf(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + batchField.leaderEpoch)
}

/** The checksum that the header states. */
export function crcOf(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + batchField.crc) >>> 0
}

export function setBaseOffset(bytes: Uint8Array, at: number, offset: number): void {
  writeInt64(bytes, at + batchField.baseOffset, offset)
}

export function setLeaderEpoch(bytes: Uint8Array, at: number, epoch: number): void {
  writeInt32(bytes, at + batchField.leaderEpoch, epoch)
}

/** Writes length and CRC of the batch from `at` to `end`, whose other fields and records stand. */
export function sealBatch(bytes: Uint8Array, at: number, end: number): void {
  writeInt32(bytes, at + batchField.batchLength, end - at - batchPrefixBytes)
  writeInt32(bytes, at + batchField.crc, crc32c(bytes, at + batchField.attributes, end))
}

// Builds record batches v2 record by record, straight into one buffer that is used again for every batch.
//
// A record is, with zigzag varints (v): length v, attributes i8 = 0, timestamp delta v, offset delta v,
// key length v (-1 null), key, value length v (-1 null), value, header count v, and for each header
// key length v, key, value length v (-1 null), value.
//
// Invariant: what was appended ends at `used`; nothing behind it is ever read.

import { writeInt16, writeInt32, writeInt64 } from '../bytes/big-endian.js'
import { copyBytes } from '../bytes/copy-bytes.js'
import { varintBytes, writeVarint } from '../bytes/varint.js'
import { InvariantError, invariant } from '../errors/invariant.js'
import { batchField, batchHeaderBytes, batchMagic, sealBatch } from './batch-layout.js'
import type { EncodedHeaders } from './record-headers.js'
import { recordErrors } from './errors.js'

/** A record to append. The caller keeps one and sets its fields anew: always all of them, so that its shape is stable. */
export interface RecordParts {
  key: Uint8Array | null
  /** Where the value lies; only the range from `valueStart` to `valueEnd` counts. */
  value: Uint8Array | null
  valueStart: number
  valueEnd: number
  timestampMs: number
  headers: EncodedHeaders | null
}

export interface BatchBuilderLimits {
  /** How large a batch with a single record may become beyond the capacity. The capacity, when left out. */
  readonly maxBatchBytes?: number
}

export class BatchBuilder {
  private readonly capacityBytes: number
  private readonly maxBatchBytes: number
  private buffer: Buffer
  private used: number
  private count: number
  private lastDelta: number
  private baseTimestampMs: number
  private maxTimestampMs: number

  /** Allocates `capacityBytes`, the largest batch as a rule, header included. */
  constructor(capacityBytes: number, limits: BatchBuilderLimits = {}) {
    invariant(capacityBytes > batchHeaderBytes, `a batch of ${capacityBytes} bytes has no room for a record`)
    this.capacityBytes = capacityBytes
    this.maxBatchBytes = Math.max(capacityBytes, limits.maxBatchBytes ?? 0)
    this.buffer = Buffer.allocUnsafeSlow(capacityBytes)
    this.used = batchHeaderBytes
    this.count = 0
    this.lastDelta = -1
    this.baseTimestampMs = 0
    this.maxTimestampMs = 0
  }

  get recordCount(): number {
    return this.count
  }

  /** The size of the batch if it were finished now. */
  get sizeBytes(): number {
    return this.used
  }

  /**
   * Copies the record in behind the last one. False when it does not fit, and then nothing changed: finish, reset and
   * append it again. A first record larger than the capacity grows the buffer; beyond `maxBatchBytes` it is
   * record_too_large.
   */
  append(record: RecordParts): boolean {
    return this.appendAt(this.lastDelta + 1, record)
  }

  /** As append, at a place that may leave a gap behind the last record: compaction keeps offsets. */
  appendAt(offsetDelta: number, record: RecordParts): boolean {
    if (offsetDelta <= this.lastDelta) throw new InvariantError(`offset delta ${offsetDelta} after ${this.lastDelta}`)
    const { key, value, headers, timestampMs } = record
    const timestampDelta = this.count === 0 ? 0 : timestampMs - this.baseTimestampMs
    const keyBytes = key === null ? 0 : key.length
    const valueBytes = value === null ? 0 : record.valueEnd - record.valueStart
    const bodyBytes =
      1 +
      varintBytes(timestampDelta) +
      varintBytes(offsetDelta) +
      varintBytes(key === null ? -1 : keyBytes) +
      keyBytes +
      varintBytes(value === null ? -1 : valueBytes) +
      valueBytes +
      (headers === null ? 1 : varintBytes(headers.count) + headers.bytes.length)
    const end = this.used + varintBytes(bodyBytes) + bodyBytes
    if (end > this.buffer.length && !this.grow(end)) return false

    const buffer = this.buffer
    let at = writeVarint(buffer, this.used, bodyBytes)
    buffer[at++] = 0
    at = writeVarint(buffer, at, timestampDelta)
    at = writeVarint(buffer, at, offsetDelta)
    at = writeVarint(buffer, at, key === null ? -1 : keyBytes)
    if (key !== null) at = copyBytes(buffer, at, key, 0, keyBytes)
    at = writeVarint(buffer, at, value === null ? -1 : valueBytes)
    if (value !== null) at = copyBytes(buffer, at, value, record.valueStart, record.valueEnd)
    if (headers === null) {
      buffer[at++] = 0
    } else {
      at = writeVarint(buffer, at, headers.count)
      at = copyBytes(buffer, at, headers.bytes, 0, headers.bytes.length)
    }
    // A time stamp that is no integer, or a value range beyond its bytes, would end here and not in the log.
    if (at !== end) throw new InvariantError(`a record of ${end - this.used} bytes was written as ${at - this.used}`)

    if (this.count === 0) {
      this.baseTimestampMs = timestampMs
      this.maxTimestampMs = timestampMs
    } else if (timestampMs > this.maxTimestampMs) {
      this.maxTimestampMs = timestampMs
    }
    this.used = at
    this.lastDelta = offsetDelta
    this.count++
    return true
  }

  /**
   * The batch with base offset 0, leader epoch -1 and no producer id, sealed; a view that is valid until `reset`.
   * `lastOffsetDelta` keeps a batch's reach when compaction took its last records away.
   */
  finish(lastOffsetDelta: number = this.lastDelta): Buffer {
    invariant(this.count > 0, 'a batch without records was finished')
    invariant(lastOffsetDelta >= this.lastDelta, `last offset delta ${lastOffsetDelta} before ${this.lastDelta}`)
    const buffer = this.buffer
    writeInt64(buffer, batchField.baseOffset, 0)
    writeInt32(buffer, batchField.leaderEpoch, -1)
    buffer[batchField.magic] = batchMagic
    writeInt16(buffer, batchField.attributes, 0)
    writeInt32(buffer, batchField.lastOffsetDelta, lastOffsetDelta)
    writeInt64(buffer, batchField.baseTimestamp, this.baseTimestampMs)
    writeInt64(buffer, batchField.maxTimestamp, this.maxTimestampMs)
    writeInt64(buffer, batchField.producerId, -1)
    writeInt16(buffer, batchField.producerEpoch, -1)
    writeInt32(buffer, batchField.baseSequence, -1)
    writeInt32(buffer, batchField.recordCount, this.count)
    sealBatch(buffer, 0, this.used)
    return buffer.subarray(0, this.used)
  }

  /** Begins the next batch in the same memory; a buffer that had grown is let go. */
  reset(): void {
    if (this.buffer.length > this.capacityBytes) this.buffer = Buffer.allocUnsafeSlow(this.capacityBytes)
    this.used = batchHeaderBytes
    this.count = 0
    this.lastDelta = -1
  }

  /** Only a first record may grow the batch: any other can wait for the next one. */
  private grow(neededBytes: number): boolean {
    if (this.count > 0) return false
    if (neededBytes > this.maxBatchBytes) {
      throw recordErrors.make(
        'record_too_large',
        `a batch of this one record takes ${neededBytes} bytes, ${this.maxBatchBytes} are allowed`,
        { details: { neededBytes, maxBatchBytes: this.maxBatchBytes } },
      )
    }
    this.buffer = Buffer.allocUnsafeSlow(neededBytes)
    return true
  }
}

// Walks the records of whole batches that lie one behind the other, without an object per record.
//
// Every length is held against the end of what encloses it before it is used: a batch against the bytes, a record
// against its batch, a field against its record. CRCs are not looked at: the log checked them. Batches that hold a
// transaction's end are passed over, as they are no records of anybody. A compressed batch is opened when the first of
// its records is asked for, once, into memory of its own; whoever skips it by its offsets pays nothing.

import { VarintReader } from '../bytes/varint.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import {
  baseOffsetOf,
  baseTimestampOf,
  batchBytes,
  batchField,
  batchHeaderBytes,
  batchMagic,
  codecCount,
  codecOf,
  isControl,
  isLogAppendTime,
  maxTimestampOf,
  nextOffsetOf,
  recordCountOf,
} from './batch-layout.js'
import { decompress, mostDecompressedBytes } from './compression.js'
import { recordErrors } from './errors.js'
import { decodeHeaders, type EncodedHeaders, type RecordHeader } from './record-headers.js'

const nothing = Buffer.alloc(0)

/**
 * One cursor serves any number of buffers, one after the other. The fields are those of the record that `next` came
 * to, and hold until its next call; what `key` and its like return stays. Errors: record_malformed and
 * decompression_failed, with the offset of the batch and the place in `details`; the next call throws the same again.
 */
export class RecordCursor {
  /** The bytes that the record's positions point into: the batches, or what a compressed one opened to. */
  bytes: Buffer = nothing
  offset = -1
  timestampMs = -1
  /** Where the key lies; start and end are -1 when it is null. */
  keyStart = -1
  keyEnd = -1
  /** Where the value lies; start and end are -1 when it is null. */
  valueStart = -1
  valueEnd = -1
  headersStart = 0
  headersEnd = 0
  headerCount = 0
  /** Where the record's batch begins in `batches`. */
  batchStart = 0
  /** What was given to `reset`. */
  batches: Buffer = nothing

  private readonly varints = new VarintReader()
  /** Where the next record begins in `bytes`; -1 while the batch is not opened. */
  private at = 0
  /** Where the records end in `bytes`. */
  private recordsEnd = 0
  /** Where the batch ends in `batches`. */
  private batchEnd = 0
  private recordsLeft = 0
  private baseOffset = 0
  private lastOffset = -1
  private baseTimestampMs = 0
  /** -1 when the records have their own time. */
  private appendTimeMs = -1

  /** Begins before the first record of `batches`, which stay the caller's and unchanged while the cursor walks. */
  reset(batches: Buffer): void {
    this.batches = batches
    this.bytes = batches
    this.at = 0
    this.batchEnd = 0
    this.batchStart = 0
    this.recordsLeft = 0
    this.offset = -1
  }

  /** Goes on to the next record; false behind the last one. */
  next(): boolean {
    while (this.recordsLeft === 0) {
      if (!this.enterBatch()) return false
    }
    if (this.at < 0) this.openBatch()
    this.readRecord()
    return true
  }

  /**
   * Goes on to the first record at `offset` or behind it, leaving out whole batches before it; false when there is
   * none. Stays on the present record when that is it.
   */
  skipTo(offset: number): boolean {
    if (this.offset >= offset) return true
    while (this.recordsLeft === 0 || this.lastOffset < offset) {
      if (!this.enterBatch()) return false
    }
    while (this.next()) {
      if (this.offset >= offset) return true
    }
    return false
  }

  /**
   * For who goes on behind a batch that cannot be read: leaves out what is left of it, and returns the error. Throws it
   * again when it says anything else, or when no next batch can be found.
   */
  leaveDamaged(error: unknown): TailraceError {
    const isDamage = recordErrors.is(error, 'record_malformed') || recordErrors.is(error, 'decompression_failed')
    if (!isDamage || this.recordsLeft === 0) throw error
    this.recordsLeft = 0
    return error
  }

  /** A view of the key. */
  key(): Buffer | null {
    return this.keyStart < 0 ? null : this.bytes.subarray(this.keyStart, this.keyEnd)
  }

  /** A view of the value. */
  value(): Buffer | null {
    return this.valueStart < 0 ? null : this.bytes.subarray(this.valueStart, this.valueEnd)
  }

  /** The headers, decoded; their values are views. */
  headers(): RecordHeader[] {
    if (this.headerCount === 0) return []
    return decodeHeaders(this.bytes.subarray(this.headersStart, this.headersEnd), this.headerCount)
  }

  /** The headers as they lie there, to be copied into another batch; null when there are none. */
  encodedHeaders(): EncodedHeaders | null {
    if (this.headerCount === 0) return null
    return { count: this.headerCount, bytes: this.bytes.subarray(this.headersStart, this.headersEnd) }
  }

  /** Reads the header of the batch behind the present one; false when there is none. */
  private enterBatch(): boolean {
    const start = this.batchEnd
    const { batches } = this
    const thereBytes = batches.length - start
    this.recordsLeft = 0
    if (thereBytes === 0) return false
    if (thereBytes < batchHeaderBytes) throw this.malformed('a batch header is cut off', start)
    const sizeBytes = batchBytes(batches, start)
    if (batches[start + batchField.magic] !== batchMagic) throw this.malformed('a batch is not of format v2', start)
    if (sizeBytes < batchHeaderBytes || sizeBytes > thereBytes) {
      throw this.malformed(`a batch states ${sizeBytes} bytes where ${thereBytes} are`, start)
    }
    const baseOffset = baseOffsetOf(batches, start)
    const lastOffset = nextOffsetOf(batches, start) - 1
    const baseTimestampMs = baseTimestampOf(batches, start)
    if (!Number.isSafeInteger(lastOffset) || baseOffset < 0 || !Number.isSafeInteger(baseTimestampMs)) {
      throw this.malformed('a batch has an offset or a time stamp out of range', start)
    }
    const count = recordCountOf(batches, start)
    if (count < 0) throw this.malformed(`a batch states ${count} records`, start)
    this.batchStart = start
    this.batchEnd = start + sizeBytes
    this.at = -1
    this.recordsLeft = isControl(batches, start) ? 0 : count
    this.baseOffset = baseOffset
    this.lastOffset = lastOffset
    this.baseTimestampMs = baseTimestampMs
    this.appendTimeMs = isLogAppendTime(batches, start) ? maxTimestampOf(batches, start) : -1
    return true
  }

  private openBatch(): void {
    const { batches, batchStart, batchEnd } = this
    const codec = codecOf(batches, batchStart)
    if (codec === 0) {
      this.bytes = batches
      this.recordsEnd = batchEnd
      this.at = batchStart + batchHeaderBytes
      return
    }
    this.bytes = this.decompressed(codec)
    this.recordsEnd = this.bytes.length
    this.at = 0
  }

  private decompressed(codec: number): Buffer {
    const { batches, batchStart, batchEnd, baseOffset } = this
    if (codec >= codecCount) throw this.malformed(`a batch is compressed with the unknown codec ${codec}`, batchStart)
    try {
      return decompress(codec, batches.subarray(batchStart + batchHeaderBytes, batchEnd), mostDecompressedBytes)
    } catch (error) {
      if (!recordErrors.is(error, 'decompression_failed')) throw error
      throw recordErrors.make('decompression_failed', `the batch of offset ${baseOffset}: ${error.message}`, {
        cause: error,
        details: { ...error.details, batchStart, baseOffset },
      })
    }
  }

  /** Comparisons say what must hold, so that the NaN of an unreadable varint fails them too. */
  private readRecord(): void {
    const { bytes, varints } = this
    varints.at = this.at
    const bodyBytes = varints.read(bytes, this.recordsEnd)
    const end = varints.at + bodyBytes
    if (!(bodyBytes > 0 && end <= this.recordsEnd)) throw this.malformed('a record reaches beyond its batch', this.at)

    varints.at++ // attributes, unused
    const timestampDelta = varints.read(bytes, end)
    const offset = this.baseOffset + varints.read(bytes, end)
    if (!(offset >= this.baseOffset && offset <= this.lastOffset) || Number.isNaN(timestampDelta)) {
      throw this.malformed('a record has an offset or a time stamp out of range', this.at)
    }

    const keyBytes = varints.read(bytes, end)
    const keyStart = varints.at
    if (!(keyBytes >= -1 && keyStart + keyBytes <= end)) throw this.malformed('a key does not fit', this.at)
    if (keyBytes > 0) varints.at += keyBytes
    const valueBytes = varints.read(bytes, end)
    const valueStart = varints.at
    if (!(valueBytes >= -1 && valueStart + valueBytes <= end)) throw this.malformed('a value does not fit', this.at)
    if (valueBytes > 0) varints.at += valueBytes
    const headerCount = varints.read(bytes, end)
    // A header takes two bytes at least.
    if (!(headerCount >= 0 && headerCount * 2 <= end - varints.at)) throw this.malformed('headers do not fit', this.at)
    if (headerCount === 0 && varints.at !== end) throw this.malformed('a record is longer than its fields', this.at)
    if (this.recordsLeft === 1 && end !== this.recordsEnd) throw this.malformed('bytes follow the last record', end)

    this.offset = offset
    this.timestampMs = this.appendTimeMs < 0 ? this.baseTimestampMs + timestampDelta : this.appendTimeMs
    this.keyStart = keyBytes < 0 ? -1 : keyStart
    this.keyEnd = keyBytes < 0 ? -1 : keyStart + keyBytes
    this.valueStart = valueBytes < 0 ? -1 : valueStart
    this.valueEnd = valueBytes < 0 ? -1 : valueStart + valueBytes
    this.headersStart = varints.at
    this.headersEnd = end
    this.headerCount = headerCount
    this.at = end
    this.recordsLeft--
  }

  private malformed(what: string, position: number): Error {
    return recordErrors.make(
      'record_malformed',
      `${what}, at byte ${position} of ${this.bytes.length}, in the batch of offset ${this.baseOffset}`,
      { details: { position, sizeBytes: this.bytes.length, batchStart: this.batchStart, baseOffset: this.baseOffset } },
    )
  }
}

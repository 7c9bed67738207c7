// Reads what byte-writer writes. Every length is held against what remains before anything is made of it, so that a
// hostile length costs nothing.

import { readInt16, readInt32, readInt64 } from './big-endian.js'
import { bytesErrors } from './errors.js'

/** Errors: bytes_truncated, bytes_unsafe_integer; `details` holds place and counts. */
export class ByteReader {
  private readonly buffer: Buffer
  private at: number

  /** The bytes are read in place: byte fields come out as views of them. */
  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = 0
  }

  get remainingBytes(): number {
    return this.buffer.length - this.at
  }

  int8(): number {
    return (this.buffer[this.take(1)]! << 24) >> 24
  }

  int16(): number {
    return readInt16(this.buffer, this.take(2))
  }

  int32(): number {
    return readInt32(this.buffer, this.take(4))
  }

  uint32(): number {
    return readInt32(this.buffer, this.take(4)) >>> 0
  }

  /** A safe integer, or bytes_unsafe_integer. */
  int64(): number {
    const at = this.take(8)
    const value = readInt64(this.buffer, at)
    if (Number.isSafeInteger(value)) return value
    throw bytesErrors.make('bytes_unsafe_integer', `the 64-bit integer at byte ${at} is beyond 2^53`, {
      details: { position: at },
    })
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8))
  }

  /** Sixteen bytes as canonical text in lower case. */
  uuid(): string {
    const at = this.take(16)
    const hex = this.buffer.toString('hex', at, at + 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  /** A string that must be there. */
  string16(): string {
    return this.present(this.nullableString16())
  }

  nullableString16(): string | null {
    return this.text(this.int16())
  }

  /** A string that must be there. */
  string32(): string {
    return this.present(this.nullableString32())
  }

  nullableString32(): string | null {
    return this.text(this.int32())
  }

  /** A view, valid as long as the bytes under the reader are. */
  bytes32(): Buffer {
    return this.present(this.nullableBytes32())
  }

  nullableBytes32(): Buffer | null {
    const length = this.int32()
    return length === -1 ? null : this.raw(length)
  }

  /** The next `length` bytes as a view. */
  raw(length: number): Buffer {
    const at = this.take(length)
    return this.buffer.subarray(at, at + length)
  }

  /** How many elements follow (int32), each of at least `leastBytes`: a count that cannot fit is bytes_truncated. */
  count32(leastBytes: number): number {
    const at = this.at
    const count = this.int32()
    if (count < 0 || count * leastBytes > this.remainingBytes) throw this.truncated(at, count * leastBytes)
    return count
  }

  private text(length: number): string | null {
    if (length === -1) return null
    const at = this.take(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  private present<T>(value: T | null): T {
    if (value === null) throw this.truncated(this.at, -1)
    return value
  }

  private take(length: number): number {
    const at = this.at
    if (length < 0 || length > this.buffer.length - at) throw this.truncated(at, length)
    this.at = at + length
    return at
  }

  private truncated(position: number, length: number): Error {
    return bytesErrors.make(
      'bytes_truncated',
      `a field of ${length} bytes at byte ${position} does not fit: ${this.buffer.length - position} bytes remain`,
      { details: { position, length, remainingBytes: this.buffer.length - position } },
    )
  }
}

// Reads the fields of versioned messages (declare.ts has the format) for the generated decoders.
//
// Invariants: nothing is made of a length before it is held against the bytes left, an array's also against the least
// size of its elements and the elements that one message may have; whatever the bytes are, the only error is
// malformed_message. Each read names its field, for the error alone.

import { readInt16, readInt32, readInt64 } from '../bytes/big-endian.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { messageErrors } from './errors.js'

/** The longest string, as an int16 length allows it; flexible versions keep the bound. */
export const maxStringBytes = 0x7fff

/**
 * How many array elements and tagged fields one message may have in all. The least element takes one or two bytes, the
 * object made of it a hundred: without the bound a frame of 100 MiB would take gigabytes, and seconds. Nor may who answers
 * all of them hold up others for a second: an answer that is an error takes some ten microseconds. It is more than one for
 * each partition that there can be, and than the largest record of ours has.
 */
export const maxElementsPerMessage = 60_000

/**
 * A cursor over one frame. Views that it returns are valid as long as the frame's memory is.
 *
 * Errors: malformed_message; `details` holds field and position.
 */
export class MessageReader {
  /** Lengths are compact and structs end with tags; a decoder sets it by its version. */
  flexible = false
  private readonly buffer: Buffer
  private at: number
  private elementsLeft: number

  constructor(frame: Uint8Array) {
    this.buffer = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
    this.at = 0
    this.elementsLeft = maxElementsPerMessage
  }

  get remainingBytes(): number {
    return this.buffer.length - this.at
  }

  bool(field: string): boolean {
    return this.buffer[this.take(1, field)] !== 0
  }

  int8(field: string): number {
    return (this.buffer[this.take(1, field)]! << 24) >> 24
  }

  int16(field: string): number {
    return readInt16(this.buffer, this.take(2, field))
  }

  uint16(field: string): number {
    return readInt16(this.buffer, this.take(2, field)) & 0xffff
  }

  int32(field: string): number {
    return readInt32(this.buffer, this.take(4, field))
  }

  uint32(field: string): number {
    return readInt32(this.buffer, this.take(4, field)) >>> 0
  }

  /** A safe integer; one beyond 2^53 is malformed. */
  int64(field: string): number {
    const at = this.take(8, field)
    const value = readInt64(this.buffer, at)
    if (Number.isSafeInteger(value)) return value
    throw malformed(field, at, 'the 64-bit integer is beyond 2^53')
  }

  float64(field: string): number {
    return this.buffer.readDoubleBE(this.take(8, field))
  }

  /** Sixteen bytes as canonical text in lower case. */
  uuid(field: string): string {
    const at = this.take(16, field)
    const hex = this.buffer.toString('hex', at, at + 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  string(field: string): string {
    const at = this.at
    const text = this.nullableString(field)
    if (text === null) throw malformed(field, at, 'a string that must be there is null')
    return text
  }

  nullableString(field: string): string | null {
    return this.text(this.flexible ? this.unsignedVarint(field) - 1 : this.int16(field), field)
  }

  /** A string whose length is an int16 in every version. */
  nullableString16(field: string): string | null {
    return this.text(this.int16(field), field)
  }

  /** A view. */
  bytes(field: string): Buffer {
    const at = this.at
    const view = this.nullableBytes(field)
    if (view === null) throw malformed(field, at, 'bytes that must be there are null')
    return view
  }

  nullableBytes(field: string): Buffer | null {
    const length = this.length(field)
    if (length === -1) return null
    const at = this.take(length, field)
    return this.buffer.subarray(at, at + length)
  }

  /** How many elements follow, each of at least `leastBytes`. */
  count(field: string, leastBytes: number): number {
    const at = this.at
    const count = this.nullableCount(field, leastBytes)
    if (count === -1) throw malformed(field, at, 'an array that must be there is null')
    return count
  }

  /** As `count`; -1 for null. */
  nullableCount(field: string, leastBytes: number): number {
    const at = this.at
    const count = this.length(field)
    if (count === -1) return -1
    if (count < 0 || count * leastBytes > this.remainingBytes) {
      const needed = `${count} elements of at least ${leastBytes} bytes`
      throw malformed(field, at, `${needed} do not fit into the ${this.remainingBytes} bytes left`)
    }
    this.spend(count, field)
    return count
  }

  /** Whether a nullable struct follows. */
  isPresent(field: string): boolean {
    return this.int8(field) >= 0
  }

  /** How many tagged fields follow; none in versions that are not flexible. */
  tagCount(field: string): number {
    if (!this.flexible) return 0
    const at = this.at
    const count = this.unsignedVarint(field)
    // Each takes a byte for its number and one for its size.
    if (count * 2 > this.remainingBytes) throw malformed(field, at, `${count} tagged fields do not fit`)
    this.spend(count, field)
    return count
  }

  /** The number of a tagged field. */
  tag(field: string): number {
    return this.unsignedVarint(field)
  }

  /** Reads the size of a tagged field and returns the position behind it. */
  tagEnd(field: string): number {
    const size = this.unsignedVarint(field)
    if (size > this.remainingBytes) throw this.tooLong(field, this.at, size)
    return this.at + size
  }

  /** Passes over the rest of a tagged field that is not known. */
  skipTo(end: number): void {
    this.at = end
  }

  /** Fails unless a tagged field took the bytes that it announced. */
  expectAt(end: number, field: string): void {
    if (this.at !== end) throw malformed(field, this.at, `the tagged field announced that it ends at byte ${end}`)
  }

  /** Passes over all tagged fields of a struct that knows none. */
  skipTags(field: string): void {
    for (let left = this.tagCount(field); left > 0; left--) {
      this.tag(field)
      this.skipTo(this.tagEnd(field))
    }
  }

  /** Counts elements and tagged fields against what one message may have. */
  private spend(count: number, field: string): void {
    if (count > this.elementsLeft) {
      throw malformed(field, this.at, `with ${count} more the message has above ${maxElementsPerMessage} elements`)
    }
    this.elementsLeft -= count
  }

  /** A length of bytes or an array: -1 for null. What is below comes back as it is, for the caller's check. */
  private length(field: string): number {
    return this.flexible ? this.unsignedVarint(field) - 1 : this.int32(field)
  }

  private text(length: number, field: string): string | null {
    if (length === -1) return null
    if (length > maxStringBytes) throw malformed(field, this.at, `a string of ${length} bytes is too long`)
    const at = this.take(length, field)
    return this.buffer.toString('utf8', at, at + length)
  }

  /** Up to 32 bits, seven a byte, lowest first. */
  private unsignedVarint(field: string): number {
    const start = this.at
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.buffer[this.take(1, field)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.buffer[this.take(1, field)]!
    if (last > 0x0f) throw malformed(field, start, 'the varint has more than 32 bits')
    return value + last * 0x10000000
  }

  private take(length: number, field: string): number {
    const at = this.at
    if (length < 0 || length > this.buffer.length - at) throw this.tooLong(field, at, length)
    this.at = at + length
    return at
  }

  private tooLong(field: string, position: number, length: number): TailraceError {
    return malformed(field, position, `${length} bytes are to follow, and ${this.buffer.length - position} are left`)
  }
}

function malformed(field: string, position: number, what: string): TailraceError {
  return messageErrors.make('malformed_message', `${field} at byte ${position}: ${what}`, {
    details: { field, position },
  })
}

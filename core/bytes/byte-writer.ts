// Writes binary fields, big endian, into a buffer that grows.
//
// Numbers are the caller's to keep in range: an integer that does not fit is a broken assumption and fails at once,
// never a value cut in silence.

import { invariant } from '../errors/invariant.js'
import { writeInt16, writeInt32, writeInt64 } from './big-endian.js'

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export class ByteWriter {
  private buffer: Buffer
  private used: number

  constructor(initialBytes = 256) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(initialBytes, 16))
    this.used = 0
  }

  /** How many bytes were written since the start or the last `reset`. */
  get sizeBytes(): number {
    return this.used
  }

  int8(value: number): this {
    checkRange(value, -0x80, 0x7f)
    const at = this.take(1)
    this.buffer[at] = value
    return this
  }

  int16(value: number): this {
    checkRange(value, -0x8000, 0x7fff)
    const at = this.take(2)
    writeInt16(this.buffer, at, value)
    return this
  }

  int32(value: number): this {
    checkRange(value, -0x80000000, 0x7fffffff)
    const at = this.take(4)
    writeInt32(this.buffer, at, value)
    return this
  }

  uint32(value: number): this {
    checkRange(value, 0, 0xffffffff)
    const at = this.take(4)
    writeInt32(this.buffer, at, value)
    return this
  }

  /** A safe integer. */
  int64(value: number): this {
    checkRange(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    const at = this.take(8)
    writeInt64(this.buffer, at, value)
    return this
  }

  float64(value: number): this {
    const at = this.take(8)
    this.buffer.writeDoubleBE(value, at)
    return this
  }

  /** Sixteen bytes from the canonical text of 36 characters in lower case. */
  uuid(text: string): this {
    invariant(uuidText.test(text), `not a canonical UUID: ${text}`)
    const at = this.take(16)
    this.buffer.write(text.replaceAll('-', ''), at, 'hex')
    return this
  }

  /** UTF-8 behind its length as int16; null is -1. At most 32767 bytes. */
  string16(text: string | null): this {
    if (text === null) return this.int16(-1)
    const length = Buffer.byteLength(text)
    this.int16(length)
    const at = this.take(length)
    this.buffer.write(text, at, 'utf8')
    return this
  }

  /** UTF-8 behind its length as int32; null is -1. */
  string32(text: string | null): this {
    if (text === null) return this.int32(-1)
    const length = Buffer.byteLength(text)
    this.int32(length)
    const at = this.take(length)
    this.buffer.write(text, at, 'utf8')
    return this
  }

  /** Bytes behind their length as int32; null is -1. */
  bytes32(bytes: Uint8Array | null): this {
    if (bytes === null) return this.int32(-1)
    return this.int32(bytes.length).raw(bytes)
  }

  /** The bytes alone. */
  raw(bytes: Uint8Array): this {
    const at = this.take(bytes.length)
    this.buffer.set(bytes, at)
    return this
  }

  /** What was written, valid until the next write or `reset`. */
  view(): Buffer {
    return this.buffer.subarray(0, this.used)
  }

  /** A copy of what was written, which belongs to the caller. */
  finish(): Buffer {
    return Buffer.from(this.view())
  }

  /** Starts anew in the same memory. */
  reset(): void {
    this.used = 0
  }

  /** Makes room and returns where it begins; `this.buffer` may be another one afterwards. */
  private take(count: number): number {
    const at = this.used
    const needed = at + count
    if (needed > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2))
      this.buffer.copy(grown, 0, 0, at)
      this.buffer = grown
    }
    this.used = needed
    return at
  }
}

function checkRange(value: number, lowest: number, highest: number): void {
  invariant(
    Number.isInteger(value) && value >= lowest && value <= highest,
    `an integer from ${lowest} to ${highest} was expected, not ${value}`,
  )
}

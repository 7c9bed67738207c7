// Values one behind the other in memory that grows, in the form that value-layout says.

import { copyBytes } from '../../../core/bytes/copy-bytes.js'
import { giveMemoryBack, takeMemory } from './spare-memory.js'

const firstCapacityBytes = 256
/** Up to here words in a loop are faster than a call into native code. */
const nativeBeyondBytes = 192
const twoTo32 = 2 ** 32

const nothing = Buffer.alloc(0)

export class PlainValues {
  /** What is behind `usedBytes` is no value. */
  bytes: Buffer = nothing
  usedBytes = 0
  #view: DataView = new DataView(nothing.buffer, 0, 0)

  /** The values from `start` up to `end`, as a view that holds until the next one is put. */
  slice(start: number, end: number): Buffer {
    return this.bytes.subarray(start, end)
  }

  readInt32(at: number): number {
    return this.#view.getInt32(at, true)
  }

  readUint32(at: number): number {
    return this.#view.getUint32(at, true)
  }

  readFloat(at: number): number {
    return this.#view.getFloat32(at, true)
  }

  readDouble(at: number): number {
    return this.#view.getFloat64(at, true)
  }

  readBigInt64(at: number): bigint {
    return this.#view.getBigInt64(at, true)
  }

  putByte(value: number): void {
    const at = this.take(1)
    this.bytes[at] = value
  }

  putUint16(value: number): void {
    const at = this.take(2)
    this.#view.setUint16(at, value, true)
  }

  putInt32(value: number): void {
    const at = this.take(4)
    this.#view.setInt32(at, value, true)
  }

  /** A safe integer, in 8 bytes. */
  putInteger(value: number): void {
    const at = this.take(8)
    this.#view.setInt32(at, value, true)
    this.#view.setInt32(at + 4, Math.floor(value / twoTo32), true)
  }

  putBigInt64(value: bigint): void {
    const at = this.take(8)
    this.#view.setBigInt64(at, value, true)
  }

  /** In 16 bytes, big endian. */
  putBigInt128(value: bigint): void {
    const at = this.take(16)
    this.#view.setBigInt64(at, value >> 64n)
    this.#view.setBigUint64(at + 8, BigInt.asUintN(64, value))
  }

  /** A safe integer, in 16 bytes, big endian. */
  putInteger128(value: number): void {
    const at = this.take(16)
    const sign = value < 0 ? -1 : 0
    this.#view.setInt32(at, sign)
    this.#view.setInt32(at + 4, sign)
    this.#view.setInt32(at + 8, Math.floor(value / twoTo32))
    this.#view.setInt32(at + 12, value)
  }

  putFloat(value: number): void {
    const at = this.take(4)
    this.#view.setFloat32(at, value, true)
  }

  putDouble(value: number): void {
    const at = this.take(8)
    this.#view.setFloat64(at, value, true)
  }

  putFixed(source: Uint8Array, start: number, end: number): void {
    const at = this.take(end - start)
    copyBytes(this.bytes, at, source, start, end)
  }

  /** The bytes from `start` up to `end` of what `source` is a view of, behind their length. */
  putSized(source: DataView, start: number, end: number): void {
    const length = end - start
    const at = this.take(4 + length)
    const view = this.#view
    view.setUint32(at, length, true)
    if (length > nativeBeyondBytes) {
      const bytes = new Uint8Array(source.buffer, source.byteOffset + start, length)
      this.bytes.set(bytes, at + 4)
      return
    }
    let to = at + 4
    let from = start
    for (const lastWord = end - 4; from <= lastWord; from += 4, to += 4) view.setInt32(to, source.getInt32(from))
    for (; from < end; from++, to++) view.setUint8(to, source.getUint8(from))
  }

  /** Is the value whose length begins at `at` that from `start` up to `end` of what `source` is a view of? */
  // oxlint-disable-next-line max-params -- once for each value: an object per call would cost more than the comparison
  holdsSized(at: number, source: DataView, start: number, end: number): boolean {
    const view = this.#view
    if (view.getUint32(at, true) !== end - start) return false
    let held = at + 4
    let from = start
    for (const lastWord = end - 4; from <= lastWord; from += 4, held += 4) {
      if (view.getInt32(held) !== source.getInt32(from)) return false
    }
    for (; from < end; from++, held++) if (view.getUint8(held) !== source.getUint8(from)) return false
    return true
  }

  /** Forgets the values and gives their memory back. */
  clear(): void {
    giveMemoryBack(this.bytes)
    this.bytes = nothing
    this.usedBytes = 0
    this.#view = new DataView(nothing.buffer, 0, 0)
  }

  /** Makes room and returns where it begins; `bytes` may be others afterwards. */
  take(count: number): number {
    const at = this.usedBytes
    this.usedBytes = at + count
    if (this.usedBytes > this.bytes.length) this.#grow(at)
    return at
  }

  #grow(keptBytes: number): void {
    const held = this.bytes
    const grown = takeMemory(Math.max(this.usedBytes, held.length * 2, firstCapacityBytes))
    held.copy(grown, 0, 0, keptBytes)
    giveMemoryBack(held)
    this.bytes = grown
    this.#view = new DataView(grown.buffer, grown.byteOffset, grown.length)
  }
}

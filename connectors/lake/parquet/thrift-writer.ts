// Thrift's compact protocol, as far as Parquet's footers and page headers need it.
//
//   field: (step from the field before it << 4) | type, or type and the id as a zigzag varint · value
//   type:  1 true, 2 false, 5 i32, 6 i64, 8 binary, 9 list, 12 struct          end of a struct: 00
//   integers are zigzag varints; binary is a varint length and the bytes; a list is (count << 4) | type, from 15
//   elements on f0 | type and the count as a varint
//
// (thrift-compact-protocol.md of apache/thrift.) Every begun struct must be ended; fields come in the order of their ids.

import { copyBytes } from '../../../core/bytes/copy-bytes.js'
import { writeVarint } from '../../../core/bytes/varint.js'
import { present } from '../../../core/errors/invariant.js'

export const elementTypes = { i32: 5, binary: 8, struct: 12 } as const

export const types = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const
const longList = 15
const mostVarintBytes = 10

export class ThriftWriter {
  #bytes: Buffer
  #used = 0
  /** The last id of the struct that is being written, and of those around it. */
  #lastId = 0
  readonly #outerIds: number[] = []

  constructor(initialBytes = 256) {
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes)
  }

  /** What was written, valid as long as nothing more is. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }

  bool(id: number, value: boolean): this {
    this.#field(id, value ? types.true : types.false)
    return this
  }

  i32(id: number, value: number): this {
    this.#field(id, types.i32)
    this.#varint(value)
    return this
  }

  /** A safe integer. */
  i64(id: number, value: number): this {
    this.#field(id, types.i64)
    this.#varint(value)
    return this
  }

  binary(id: number, bytes: Uint8Array): this {
    this.#field(id, types.binary)
    this.binaryElement(bytes)
    return this
  }

  text(id: number, text: string): this {
    return this.binary(id, Buffer.from(text, 'utf8'))
  }

  /** `count` elements have to follow. */
  list(id: number, elementType: number, count: number): this {
    this.#field(id, types.list)
    this.#room(1 + mostVarintBytes)
    if (count < longList) {
      this.#bytes[this.#used++] = (count << 4) | elementType
    } else {
      this.#bytes[this.#used++] = (longList << 4) | elementType
      this.#count(count)
    }
    return this
  }

  i32Element(value: number): this {
    this.#varint(value)
    return this
  }

  binaryElement(bytes: Uint8Array): this {
    this.#room(mostVarintBytes + bytes.length)
    this.#count(bytes.length)
    this.#used = copyBytes(this.#bytes, this.#used, bytes, 0, bytes.length)
    return this
  }

  /** An element that has been written elsewhere. */
  rawElement(bytes: Uint8Array): this {
    this.#room(bytes.length)
    this.#used = copyBytes(this.#bytes, this.#used, bytes, 0, bytes.length)
    return this
  }

  beginStruct(id: number): this {
    this.#field(id, types.struct)
    return this.beginElement()
  }

  /** A struct in a list, or the outermost one. */
  beginElement(): this {
    this.#outerIds.push(this.#lastId)
    this.#lastId = 0
    return this
  }

  end(): this {
    this.#room(1)
    this.#bytes[this.#used++] = 0
    this.#lastId = present(this.#outerIds.pop(), 'a struct that ends')
    return this
  }

  /** A field that says all by being there. */
  emptyStruct(id: number): this {
    return this.beginStruct(id).end()
  }

  #field(id: number, type: number): void {
    const step = id - this.#lastId
    this.#room(1 + mostVarintBytes)
    if (step > 0 && step < 16) {
      this.#bytes[this.#used++] = (step << 4) | type
    } else {
      this.#bytes[this.#used++] = type
      this.#varint(id)
    }
    this.#lastId = id
  }

  #varint(value: number): void {
    this.#room(mostVarintBytes)
    this.#used = writeVarint(this.#bytes, this.#used, value)
  }

  /** A varint without a sign. */
  #count(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#used++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#used++] = rest
  }

  #room(count: number): void {
    const needed = this.#used + count
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#used)
    this.#bytes = grown
  }
}

// Reads what thrift-writer.ts writes, and nothing else: a struct as its fields by id, each with its type, so that it can
// be written again as it was. What is not Thrift's compact protocol, or has types that are never written, is a mistake.

import { VarintReader } from '../../../core/bytes/varint.js'
import { elementTypes, type ThriftWriter, types } from './thrift-writer.js'

export type ThriftStruct = ReadonlyMap<number, ThriftField>

export type ThriftField =
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'binary'; readonly value: Buffer }
  | { readonly type: 'list'; readonly value: ThriftList }
  | { readonly type: 'struct'; readonly value: ThriftStruct }

export type ThriftList =
  | { readonly of: 'i32'; readonly items: readonly number[] }
  | { readonly of: 'binary'; readonly items: readonly Buffer[] }
  | { readonly of: 'struct'; readonly items: readonly ThriftStruct[] }

/** What was read is no struct that this program writes. */
export class ThriftMistake extends Error {}

/** Structs within structs; a footer has a handful. */
const mostDepth = 32

/** The struct that the bytes are. Throws ThriftMistake. */
export function readThriftStruct(bytes: Buffer): ThriftStruct {
  const reader = new Reader(bytes)
  const struct = reader.struct(0)
  if (reader.at !== bytes.length) throw new ThriftMistake(`${bytes.length - reader.at} bytes follow the struct`)
  return struct
}

/** Behind `beginElement` or `beginStruct`, which the caller ends. */
export function writeThriftFields(to: ThriftWriter, struct: ThriftStruct): void {
  for (const [id, field] of struct) {
    switch (field.type) {
      case 'bool':
        to.bool(id, field.value)
        break
      case 'i32':
        to.i32(id, field.value)
        break
      case 'i64':
        to.i64(id, field.value)
        break
      case 'binary':
        to.binary(id, field.value)
        break
      case 'struct':
        to.beginStruct(id)
        writeThriftFields(to, field.value)
        to.end()
        break
      case 'list':
        writeList(to, id, field.value)
    }
  }
}

function writeList(to: ThriftWriter, id: number, list: ThriftList): void {
  to.list(id, elementTypes[list.of], list.items.length)
  if (list.of === 'i32') for (const item of list.items) to.i32Element(item)
  else if (list.of === 'binary') for (const item of list.items) to.binaryElement(item)
  else {
    for (const item of list.items) {
      to.beginElement()
      writeThriftFields(to, item)
      to.end()
    }
  }
}

class Reader {
  readonly #bytes: Buffer
  readonly #varints = new VarintReader()

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get at(): number {
    return this.#varints.at
  }

  struct(depth: number): ThriftStruct {
    if (depth > mostDepth) throw new ThriftMistake('structs lie too deep in each other')
    const fields = new Map<number, ThriftField>()
    let id = 0
    for (;;) {
      const header = this.#byte()
      if (header === 0) return fields
      const step = header >>> 4
      id = step === 0 ? this.#integer() : id + step
      fields.set(id, this.#field(header & 0x0f, depth))
    }
  }

  #field(type: number, depth: number): ThriftField {
    switch (type) {
      case types.true:
      case types.false:
        return { type: 'bool', value: type === types.true }
      case types.i32:
        return { type: 'i32', value: this.#integer() }
      case types.i64:
        return { type: 'i64', value: this.#integer() }
      case types.binary:
        return { type: 'binary', value: this.#binary() }
      case types.list:
        return { type: 'list', value: this.#list(depth) }
      case types.struct:
        return { type: 'struct', value: this.struct(depth + 1) }
      default:
        throw new ThriftMistake(`a field of type ${type}`)
    }
  }

  #list(depth: number): ThriftList {
    const header = this.#byte()
    const count = header >>> 4 === 15 ? this.#count() : header >>> 4
    // An element has a byte at least.
    if (count > this.#bytes.length - this.at) throw new ThriftMistake(`a list of ${count}`)
    const each = <T>(read: () => T): readonly T[] => Array.from({ length: count }, read)
    switch (header & 0x0f) {
      case elementTypes.i32:
        return { of: 'i32', items: each(() => this.#integer()) }
      case elementTypes.binary:
        return { of: 'binary', items: each(() => this.#binary()) }
      case elementTypes.struct:
        return { of: 'struct', items: each(() => this.struct(depth + 1)) }
      default:
        throw new ThriftMistake(`a list of type ${header & 0x0f}`)
    }
  }

  #binary(): Buffer {
    const start = this.at
    const length = this.#count()
    const from = this.at
    if (length > this.#bytes.length - from) throw new ThriftMistake(`${length} bytes at ${start}`)
    this.#varints.at = from + length
    return this.#bytes.subarray(from, from + length)
  }

  #byte(): number {
    const at = this.#varints.at++
    const byte = this.#bytes[at]
    if (byte === undefined) throw new ThriftMistake(`the bytes end at ${at}`)
    return byte
  }

  #integer(): number {
    const value = this.#varints.read(this.#bytes, this.#bytes.length)
    if (!Number.isSafeInteger(value)) throw new ThriftMistake(`no integer at ${this.at}`)
    return value
  }

  /** A varint without a sign, of up to 32 bits. */
  #count(): number {
    let value = 0
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new ThriftMistake(`no count at ${this.at}`)
  }
}

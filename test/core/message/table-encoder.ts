// A second encoder: it walks a table instead of running generated code, and shares no line with it. What both write
// must be the same. On demand it puts tagged fields that no table knows into every struct.

import { Buffer } from 'node:buffer'
import type { Field, Fields, FieldType, MessageDeclaration } from '../../../core/message/declare.js'
import { hasVersion } from '../../../core/message/versions.js'
import type { PlainMessage } from './arbitrary-message.js'
import { defaultOf } from './field-default.js'

export interface TableEncoding {
  readonly version: number
  /** Contents of tagged fields with numbers above all known ones, for the end of every struct. */
  readonly unknownTags: readonly Buffer[]
}

interface Form extends TableEncoding {
  readonly isFlexible: boolean
}

export function encodeByTable(declared: MessageDeclaration, message: PlainMessage, encoding: TableEncoding): Buffer {
  return struct(declared.fields, message, {
    ...encoding,
    isFlexible: hasVersion(declared.flexible, encoding.version),
  })
}

function struct(fields: Fields, message: PlainMessage, form: Form): Buffer {
  const there = Object.entries(fields).filter(([, field]) => hasVersion(field.versions, form.version))
  const parts = there
    .filter(([, field]) => field.tag === undefined)
    .map(([name, field]) => fieldBytes(field, message[name], form))
  if (!form.isFlexible) return Buffer.concat(parts)
  const tagged = there
    .filter(([name, field]) => field.tag !== undefined && !isDefault(field, message[name]))
    .sort(([, one], [, other]) => Number(one.tag) - Number(other.tag))
    .map(([name, field]) => tag(Number(field.tag), valueBytes(field.type, message[name], form)))
  const unknown = form.unknownTags.map((content, index) => tag(1000 + index, content))
  return Buffer.concat([...parts, varint(tagged.length + unknown.length), ...tagged, ...unknown])
}

function isDefault(field: Field, value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : value === (field.type.kind === 'struct' ? null : defaultOf(field))
}

function tag(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(number), varint(content.length), content])
}

function fieldBytes(field: Field, value: unknown, form: Form): Buffer {
  if (field.type.kind === 'struct' && hasVersion(field.nullable, form.version)) {
    return value === null ? Buffer.from([0xff]) : Buffer.concat([Buffer.from([1]), valueBytes(field.type, value, form)])
  }
  return valueBytes(field.type, value, field.isNeverFlexible ? { ...form, isFlexible: false } : form)
}

function valueBytes(type: FieldType, value: unknown, form: Form): Buffer {
  if (type.kind === 'struct') return struct(type.fields, value as PlainMessage, form)
  if (type.kind === 'array') {
    if (value === null) return length(-1, 4, form)
    const elements = value as readonly unknown[]
    return Buffer.concat([
      length(elements.length, 4, form),
      ...elements.map((one) => valueBytes(type.element, one, form)),
    ])
  }
  if (type.kind === 'string') {
    if (value === null) return length(-1, 2, form)
    const text = Buffer.from(value as string)
    return Buffer.concat([length(text.length, 2, form), text])
  }
  if (type.kind === 'bytes' || type.kind === 'records' || type.kind === 'recordChunks') {
    return value === null
      ? length(-1, 4, form)
      : Buffer.concat([length((value as Buffer).length, 4, form), value as Buffer])
  }
  if (type.kind === 'uuid') return Buffer.from((value as string).replaceAll('-', ''), 'hex')
  return fixed(type.kind, Number(value))
}

function fixed(
  kind: 'bool' | 'int8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'float64',
  value: number,
): Buffer {
  const bytes = Buffer.alloc(8)
  if (kind === 'bool' || kind === 'int8') return bytes.subarray(0, bytes.writeInt8(value))
  if (kind === 'int16') return bytes.subarray(0, bytes.writeInt16BE(value))
  if (kind === 'uint16') return bytes.subarray(0, bytes.writeUInt16BE(value))
  if (kind === 'int32') return bytes.subarray(0, bytes.writeInt32BE(value))
  if (kind === 'uint32') return bytes.subarray(0, bytes.writeUInt32BE(value))
  if (kind === 'int64') return bytes.subarray(0, bytes.writeBigInt64BE(BigInt(value)))
  return bytes.subarray(0, bytes.writeDoubleBE(value))
}

function length(count: number, plainBytes: 2 | 4, form: Form): Buffer {
  if (form.isFlexible) return varint(count + 1)
  return fixed(plainBytes === 2 ? 'int16' : 'int32', count)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}

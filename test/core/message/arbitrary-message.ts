// Makes arbitrary messages of a table's version, as a decoder would give them: fields that the version lacks hold their
// default.

import * as fc from 'fast-check'
import type { Field, Fields, FieldType, MessageDeclaration, ScalarKind } from '../../../core/message/declare.js'
import { hasVersion } from '../../../core/message/versions.js'
import { defaultOf } from './field-default.js'

export type PlainMessage = Readonly<Record<string, unknown>>

const arbitraryBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))

const scalars: Readonly<Record<ScalarKind, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  uint32: fc.integer({ min: 0, max: 0xffffffff }),
  int64: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  uuid: fc.uuid(),
  string: fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', minLength: 60, maxLength: 70 })),
  bytes: arbitraryBytes,
  records: arbitraryBytes,
  recordChunks: arbitraryBytes,
}

export function arbitraryMessage(declared: MessageDeclaration, version: number): fc.Arbitrary<PlainMessage> {
  return arbitraryStruct(declared.fields, version)
}

function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<PlainMessage> {
  const members = Object.entries(fields).map(([name, field]) => [name, arbitraryField(field, version)] as const)
  return fc.record(Object.fromEntries(members), { noNullPrototype: true })
}

function arbitraryField(field: Field, version: number): fc.Arbitrary<unknown> {
  if (!hasVersion(field.versions, version)) return fc.constant(defaultOf(field))
  const value = arbitraryValue(field.type, version)
  const mayBeNull = hasVersion(field.nullable, version) || (field.tag !== undefined && field.type.kind === 'struct')
  return mayBeNull ? fc.option(value, { nil: null }) : value
}

function arbitraryValue(type: FieldType, version: number): fc.Arbitrary<unknown> {
  if (type.kind === 'struct') return arbitraryStruct(type.fields, version)
  if (type.kind === 'array') return fc.array(arbitraryValue(type.element, version), { maxLength: 3 })
  return scalars[type.kind]
}

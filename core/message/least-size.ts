// The least bytes that a value takes in any version: what an array's announced length is held against.

import { invariant } from '../errors/invariant.js'
import type { Field, FieldType, MessageDeclaration, ScalarKind } from './declare.js'
import { hasVersion, intersectVersions } from './versions.js'

const fixedBytes: Readonly<Partial<Record<ScalarKind, number>>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

/** The least size of an element of the array field, over all versions that have the field; at least 1. */
export function leastElementBytes(declared: MessageDeclaration, field: Field): number {
  invariant(field.type.kind === 'array', 'only an array has elements')
  const { from, to } = intersectVersions(field.versions, declared.versions)
  let least = Infinity
  for (let version = from; version <= to; version++) {
    least = Math.min(least, leastBytes(declared, field.type.element, version))
  }
  invariant(least > 0 && Number.isFinite(least), `an array of ${declared.name} has elements without a byte`)
  return least
}

function leastBytes(declared: MessageDeclaration, type: FieldType, version: number): number {
  const isFlexible = hasVersion(declared.flexible, version)
  if (type.kind === 'struct') {
    // A flexible struct ends with the count of its tagged fields.
    let total = isFlexible ? 1 : 0
    for (const field of Object.values(type.fields)) {
      if (field.tag !== undefined || !hasVersion(field.versions, version)) continue
      const isNullableStruct = field.type.kind === 'struct' && hasVersion(field.nullable, version)
      total += isNullableStruct ? 1 : leastBytes(declared, field.type, version)
    }
    return total
  }
  if (type.kind !== 'array') {
    const fixed = fixedBytes[type.kind]
    if (fixed !== undefined) return fixed
  }
  if (isFlexible) return 1
  return type.kind === 'string' ? 2 : 4
}

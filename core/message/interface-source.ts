// The text of interfaces: what a decoded struct holds, with the versions that have each field.

import { invariant } from '../errors/invariant.js'
import type { Place } from './codec-place.js'
import { condition, innermost, isRoot, versionsOf } from './codec-place.js'
import type { Field, MessageDeclaration, ScalarKind, StructType } from './declare.js'
import { mayBeNull } from './declare.js'
import type { VersionRange } from './versions.js'
import { intersectVersions, noVersions } from './versions.js'

/** Names that the functions use themselves. */
const takenNames = new Set([
  'reader',
  'writer',
  'message',
  'version',
  'tag',
  'end',
  'left',
  'element',
  'content',
  'more',
])

const typeScriptTypes: Readonly<Record<ScalarKind, string>> = {
  bool: 'boolean',
  int8: 'number',
  int16: 'number',
  uint16: 'number',
  int32: 'number',
  uint32: 'number',
  int64: 'number',
  float64: 'number',
  uuid: 'string',
  string: 'string',
  bytes: 'Uint8Array',
  records: 'Buffer',
  recordChunks: 'RecordChunks',
}

/** The interface of the struct. */
export function interfaceSource(place: Place): string {
  const { declared, struct } = place
  const flexible =
    declared.flexible === noVersions ? 'none of them flexible' : `flexible from ${declared.flexible.from}`
  const summary = `/** Versions ${declared.versions.from} to ${declared.versions.to}, ${flexible}. */\n`
  const fields = Object.entries(struct.fields).map(([name, field]) => {
    invariant(!takenNames.has(name), `${place.path}.${name} has a name that generated code uses`)
    return `${fieldNote(place, field)}  readonly ${name}: ${fieldType(field)}`
  })
  return `${isRoot(place) ? summary : ''}export interface ${struct.name} {\n${fields.join('\n')}\n}`
}

function fieldNote(place: Place, field: Field): string {
  const notes: string[] = []
  const versions = versionsOf(place, field)
  if (condition(versions, place.versions) !== '') notes.push(`Versions ${rangeSource(versions, place.declared)}.`)
  const nullable = intersectVersions(field.nullable, versions)
  if (nullable !== noVersions && condition(nullable, versions) !== '') {
    notes.push(`May be null in versions ${rangeSource(nullable, place.declared)}.`)
  }
  return notes.length === 0 ? '' : `  /** ${notes.join(' ')} */\n`
}

function rangeSource(range: VersionRange, declared: MessageDeclaration): string {
  if (range.from === range.to) return `${range.from}`
  return range.to === declared.versions.to ? `${range.from}+` : `${range.from}-${range.to}`
}

/** The type of the field’s value. */
export function fieldType(field: Field): string {
  const element = elementType(innermost(field.type))
  const whole = field.type.kind === 'array' ? `readonly ${element}[]` : element
  return mayBeNull(field) ? `${whole} | null` : whole
}

/** The type of a value, or of an element of an array. */
export function elementType(type: { readonly kind: ScalarKind } | StructType): string {
  return type.kind === 'struct' ? type.name : typeScriptTypes[type.kind]
}

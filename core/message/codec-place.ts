// Where a struct stands in its message, and what follows from the versions that have it: the conditions, defaults and
// signatures that decoders and encoders share.

import { invariant } from '../errors/invariant.js'
import type { Field, FieldType, MessageDeclaration, ScalarKind, StructType } from './declare.js'
import type { VersionRange } from './versions.js'
import { intersectVersions, noVersions } from './versions.js'

const zeroUuid = "'00000000-0000-0000-0000-000000000000'"

/** The types that have a form for null. */
export const nullableKinds: readonly string[] = ['string', 'bytes', 'records', 'recordChunks', 'struct', 'array']

/** A struct with what its place in the message tells. */
export interface Place {
  readonly declared: MessageDeclaration
  readonly struct: StructType
  /** The versions of the message that have it. */
  readonly versions: VersionRange
  /** The names of the fields that lead here, for errors. */
  readonly path: string
}

/** The structs within a struct, at any depth. */
export function innerPlaces(place: Place): readonly Place[] {
  return Object.entries(place.struct.fields).flatMap(([name, field]) => {
    const inner = innermost(field.type)
    if (inner.kind !== 'struct') return []
    const versions = versionsOf(place, field)
    const found = { declared: place.declared, struct: inner, versions, path: `${place.path}.${name}` }
    return [found, ...innerPlaces(found)]
  })
}

/** The type of a field, or of its elements. */
export function innermost(type: FieldType): { readonly kind: ScalarKind } | StructType {
  return type.kind === 'array' ? type.element : type
}

/** Is it the message itself? */
export function isRoot(place: Place): boolean {
  return place.struct.name === place.declared.name
}

/** What tells by `version` that it lies in `range`, when it is known to lie in `within`; empty when it always does. */
export function condition(range: VersionRange, within: VersionRange): string {
  const parts: string[] = []
  if (range.from > within.from) parts.push(`version >= ${range.from}`)
  if (range.to < within.to) parts.push(`version <= ${range.to}`)
  return parts.join(' && ')
}

/** The versions that have the field at its place. */
export function versionsOf(place: Place, field: Field): VersionRange {
  return intersectVersions(field.versions, place.versions)
}

/** The condition under which the field is there; empty when it always is. */
export function presence(place: Place, field: Field): string {
  return condition(versionsOf(place, field), place.versions)
}

/** What reads or writes a field where it may be null, and where it may not. */
export interface Forms {
  readonly nullable: string
  readonly plain: string
}

/** An expression that chooses between the two forms by version. */
export function byNullability(place: Place, field: Field, forms: Forms): string {
  const versions = versionsOf(place, field)
  const nullable = intersectVersions(field.nullable, versions)
  if (nullable === noVersions) return forms.plain
  const when = condition(nullable, versions)
  return when === '' ? forms.nullable : `${when} ? ${forms.nullable} : ${forms.plain}`
}

/** What stands for the field in versions that lack it. */
export function defaultSource(field: Field, path: string): string {
  if (field.default === null) return 'null'
  const { kind } = field.type
  invariant(kind !== 'struct', `${path} is a struct that some versions lack: it needs a tag or a default of null`)
  if (kind === 'array') return '[]'
  if (kind === 'bytes' || kind === 'records' || kind === 'recordChunks') return 'Buffer.alloc(0)'
  if (kind === 'string') return `'${field.default ?? ''}'`
  if (kind === 'uuid') return zeroUuid
  return String(field.default ?? (kind === 'bool' ? false : 0))
}

interface Signature {
  readonly verb: 'decode' | 'encode'
  readonly first: string
  readonly result: string
}

/** A function over a struct; that of the message is exported and sets the form of lengths. */
export function functionSource(place: Place, signature: Signature, lines: readonly string[]): string {
  const body = [...lines]
  let parameters = signature.first
  if (isRoot(place)) {
    const flexible = condition(place.declared.flexible, place.declared.versions)
    const isFlexible = place.declared.flexible === noVersions ? 'false' : flexible === '' ? 'true' : flexible
    body.unshift(`${signature.verb === 'decode' ? 'reader' : 'writer'}.flexible = ${isFlexible}`)
    parameters += `, ${body.some((line) => /\bversion\b/.test(line)) ? '' : '_'}version: number`
  } else if (dependsOnVersion(place)) parameters += ', version: number'
  const exported = isRoot(place) ? 'export ' : ''
  const name = `${signature.verb}${place.struct.name}`
  return `${exported}function ${name}(${parameters}): ${signature.result} {\n${body.join('\n')}\n}`
}

/** A call of the function over a struct within `place`. */
export function callSource(place: Place, verb: string, type: StructType, values: readonly string[]): string {
  const inner = innerPlaces(place).find((one) => one.struct === type)
  const all = inner !== undefined && dependsOnVersion(inner) ? [...values, 'version'] : values
  return `${verb}${type.name}(${all.join(', ')})`
}

/** Does the form of the struct differ between its versions, apart from what being flexible changes? */
function dependsOnVersion(place: Place): boolean {
  const differs = Object.values(place.struct.fields).some((field) => {
    const nullable = byNullability(place, field, { nullable: '', plain: '' })
    return presence(place, field) !== '' || nullable !== ''
  })
  return differs || innerPlaces(place).some(dependsOnVersion)
}

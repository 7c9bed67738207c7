// Declares versioned binary messages as tables: the order of the fields is their order on the wire, and each field
// says in which versions it is there, in which it may be null, and what it is where it is absent.
//
// The format is Kafka's: big endian; in versions that are not flexible a string has an int16 length, bytes and arrays
// an int32 one, and null is -1; in flexible ones lengths are unsigned varints of n + 1 with 0 for null, and every
// struct ends with tagged fields. codec-source.ts writes the encoders and decoders of a declaration.

import { invariant } from '../errors/invariant.js'
import type { VersionRange } from './versions.js'
import { includesVersions, intersectVersions, noVersions, parseVersions } from './versions.js'

/**
 * The types without parts. `int64` is a safe integer. `bytes` and `records` are read as views of the frame;
 * `recordChunks` has the format of `records`, and is written by reference, from one array or several.
 */
export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'recordChunks'

export type ScalarDefault = number | boolean | string | null

/** A group of fields with a name of its own, which becomes the name of an interface. */
export interface StructType {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: Fields
}

export type FieldType =
  | { readonly kind: ScalarKind }
  | StructType
  | { readonly kind: 'array'; readonly element: { readonly kind: ScalarKind } | StructType }

/** One field of a struct. Absent versions read as `default`; undefined stands for zero, empty or false. */
export interface Field {
  readonly type: FieldType
  readonly versions: VersionRange
  readonly nullable: VersionRange
  readonly default: ScalarDefault | undefined
  /** The number of a tagged field, which is written only when it is not its default. */
  readonly tag: number | undefined
  /** Lengths keep their older form in flexible versions too. */
  readonly isNeverFlexible: boolean
}

export type Fields = Readonly<Record<string, Field>>

export interface FieldOptions {
  /** Versions in which the field may be null. */
  readonly nullable?: string
  readonly default?: ScalarDefault
  readonly tag?: number
  readonly isNeverFlexible?: boolean
}

/** A whole message: what codec-source.ts takes. */
export interface MessageDeclaration {
  readonly name: string
  readonly versions: VersionRange
  readonly flexible: VersionRange
  readonly fields: Fields
}

/** A field of a type without parts, for `versions`. */
export function scalar(kind: ScalarKind, versions: string, options: FieldOptions = {}): Field {
  return field({ kind }, versions, options)
}

export const bool = (versions: string, options?: FieldOptions): Field => scalar('bool', versions, options)
export const int8 = (versions: string, options?: FieldOptions): Field => scalar('int8', versions, options)
export const int16 = (versions: string, options?: FieldOptions): Field => scalar('int16', versions, options)
export const int32 = (versions: string, options?: FieldOptions): Field => scalar('int32', versions, options)
export const int64 = (versions: string, options?: FieldOptions): Field => scalar('int64', versions, options)
export const uuid = (versions: string, options?: FieldOptions): Field => scalar('uuid', versions, options)
export const string = (versions: string, options?: FieldOptions): Field => scalar('string', versions, options)
export const bytes = (versions: string, options?: FieldOptions): Field => scalar('bytes', versions, options)

/** The type of a group of fields. */
export function struct(name: string, fields: Fields): StructType {
  return { kind: 'struct', name, fields }
}

/** One struct as a field. A tagged one is null where it is absent. */
export function one(type: StructType, versions: string, options: FieldOptions = {}): Field {
  return field(type, versions, options.tag === undefined ? options : { ...options, default: null })
}

/** A field that holds any number of elements, none of which is null. */
export function array(element: ScalarKind | StructType, versions: string, options: FieldOptions = {}): Field {
  return field({ kind: 'array', element: typeof element === 'string' ? { kind: element } : element }, versions, options)
}

/** May the field's value be null: in some version, or as what stands for its absence? */
export function mayBeNull(field: Field): boolean {
  return field.nullable !== noVersions || field.default === null
}

function field(type: FieldType, versions: string, options: FieldOptions): Field {
  return {
    type,
    versions: parseVersions(versions),
    nullable: parseVersions(options.nullable ?? 'none'),
    default: options.default,
    tag: options.tag,
    isNeverFlexible: options.isNeverFlexible ?? false,
  }
}

/** Declares a message and checks its table; a table that cannot be right is a broken assumption. */
export function message(
  name: string,
  ranges: { readonly versions: string; readonly flexible: string },
  fields: Fields,
): MessageDeclaration {
  const versions = parseVersions(ranges.versions)
  const flexible = intersectVersions(parseVersions(ranges.flexible), versions)
  invariant(Number.isFinite(versions.to), `${name} has no last version`)
  invariant(flexible === noVersions || flexible.to === versions.to, `${name} ceases to be flexible`)
  const declared = { name, versions, flexible, fields }
  checkFields(declared, fields, new Set([name]))
  return declared
}

function checkFields(declared: MessageDeclaration, fields: Fields, structNames: Set<string>): void {
  const tags: number[] = []
  for (const [name, field] of Object.entries(fields)) {
    const place = `${declared.name}: ${name}`
    const versions = intersectVersions(field.versions, declared.versions)
    invariant(versions !== noVersions, `${place} is in no version of its message`)
    invariant(includesVersions(field.versions, field.nullable), `${place} is nullable where it is absent`)
    if (field.tag !== undefined) {
      invariant(includesVersions(declared.flexible, versions), `${place} has a tag in a version without tags`)
      tags.push(field.tag)
    }
    if (field.isNeverFlexible) {
      const isFitting = field.type.kind === 'string' && includesVersions(field.nullable, versions)
      invariant(isFitting, `${place} is never flexible: only a string that may be null can be`)
    }
    const inner = field.type.kind === 'array' ? field.type.element : field.type
    if (inner.kind !== 'struct') continue
    invariant(!structNames.has(inner.name), `${place}: there are two structs ${inner.name}`)
    structNames.add(inner.name)
    checkFields(declared, inner.fields, structNames)
  }
  const isCounted = tags.sort((a, b) => a - b).every((tag, index) => tag === index)
  invariant(isCounted, `${declared.name} has tags ${tags.join(', ')}: they count from 0, each once`)
}

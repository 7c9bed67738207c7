// Writes the TypeScript of a declared message: its interfaces, and straight-line functions that read and write it.
//
// The text is valid and not yet formatted. Of each struct there is an interface, a decoder and an encoder; conditions
// on versions that hold in every version of the message are left out. Fields that a version does not have are read as
// their default and not written, whatever they hold.

import { invariant } from '../errors/invariant.js'
import type { Field, FieldType, MessageDeclaration, ScalarKind, StructType } from './declare.js'
import { mayBeNull } from './declare.js'
import { leastElementBytes } from './least-size.js'
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

const zeroUuid = "'00000000-0000-0000-0000-000000000000'"

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

/** The reader's and the writer's method for each type; those that have a form for null are named in `nullable`. */
const readMethods: Readonly<Partial<Record<ScalarKind, string>>> = { records: 'bytes', recordChunks: 'bytes' }
const writeMethods: Readonly<Partial<Record<ScalarKind, string>>> = { recordChunks: 'records' }
const nullableKinds: readonly string[] = ['string', 'bytes', 'records', 'recordChunks', 'struct', 'array']

/** A struct with what its place in the message tells. */
interface Place {
  readonly declared: MessageDeclaration
  readonly struct: StructType
  /** The versions of the message that have it. */
  readonly versions: VersionRange
  /** The names of the fields that lead here, for errors. */
  readonly path: string
}

/** The text of the module, behind `header`; `kitPath` leads from the module to this folder. */
export function codecSource(declared: MessageDeclaration, header: string, kitPath: string): string {
  const root: Place = {
    declared,
    struct: { kind: 'struct', name: declared.name, fields: declared.fields },
    versions: declared.versions,
    path: declared.name,
  }
  const places = [root, ...innerPlaces(root)]
  const body = [...places.map(interfaceSource), ...places.map(decoderSource), ...places.map(encoderSource)]
  const writerTypes = body.some((text) => text.includes('RecordChunks'))
    ? 'MessageWriter, RecordChunks'
    : 'MessageWriter'
  const imports = [
    `import type { MessageReader } from '${kitPath}/message-reader.js'`,
    `import type { ${writerTypes} } from '${kitPath}/message-writer.js'`,
  ]
  return `${[header, imports.join('\n'), ...body].join('\n\n')}\n`
}

function innerPlaces(place: Place): readonly Place[] {
  return Object.entries(place.struct.fields).flatMap(([name, field]) => {
    const inner = innermost(field.type)
    if (inner.kind !== 'struct') return []
    const versions = versionsOf(place, field)
    const found = { declared: place.declared, struct: inner, versions, path: `${place.path}.${name}` }
    return [found, ...innerPlaces(found)]
  })
}

function innermost(type: FieldType): { readonly kind: ScalarKind } | StructType {
  return type.kind === 'array' ? type.element : type
}

function isRoot(place: Place): boolean {
  return place.struct.name === place.declared.name
}

// ---- interfaces

function interfaceSource(place: Place): string {
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

function fieldType(field: Field): string {
  const element = elementType(innermost(field.type))
  const whole = field.type.kind === 'array' ? `readonly ${element}[]` : element
  return mayBeNull(field) ? `${whole} | null` : whole
}

function elementType(type: { readonly kind: ScalarKind } | StructType): string {
  return type.kind === 'struct' ? type.name : typeScriptTypes[type.kind]
}

// ---- conditions and defaults

/** What tells by `version` that it lies in `range`, when it is known to lie in `within`; empty when it always does. */
function condition(range: VersionRange, within: VersionRange): string {
  const parts: string[] = []
  if (range.from > within.from) parts.push(`version >= ${range.from}`)
  if (range.to < within.to) parts.push(`version <= ${range.to}`)
  return parts.join(' && ')
}

/** The versions that have the field at its place. */
function versionsOf(place: Place, field: Field): VersionRange {
  return intersectVersions(field.versions, place.versions)
}

function presence(place: Place, field: Field): string {
  return condition(versionsOf(place, field), place.versions)
}

/** What reads or writes a field where it may be null, and where it may not. */
interface Forms {
  readonly nullable: string
  readonly plain: string
}

/** An expression that chooses between the two forms by version. */
function byNullability(
  place: Place,
  field: Field,
  forms: { readonly nullable: string; readonly plain: string },
): string {
  const versions = versionsOf(place, field)
  const nullable = intersectVersions(field.nullable, versions)
  if (nullable === noVersions) return forms.plain
  const when = condition(nullable, versions)
  return when === '' ? forms.nullable : `${when} ? ${forms.nullable} : ${forms.plain}`
}

function defaultSource(field: Field, path: string): string {
  if (field.default === null) return 'null'
  const { kind } = field.type
  invariant(kind !== 'struct', `${path} is a struct that some versions lack: it needs a tag or a default of null`)
  if (kind === 'array') return '[]'
  if (kind === 'bytes' || kind === 'records' || kind === 'recordChunks') return 'Buffer.alloc(0)'
  if (kind === 'string') return `'${field.default ?? ''}'`
  if (kind === 'uuid') return zeroUuid
  return String(field.default ?? (kind === 'bool' ? false : 0))
}

// ---- decoders

function decoderSource(place: Place): string {
  const { declared, struct } = place
  const fields = Object.entries(struct.fields)
  const lines = fields
    .filter(([, field]) => field.tag === undefined)
    .map(([name, field]) => readField(place, name, field))
  const tagged = fields.filter(([, field]) => field.tag !== undefined)
  if (tagged.length > 0) lines.push(readTags(place, tagged))
  else if (declared.flexible !== noVersions) lines.push(`reader.skipTags('${place.path}')`)
  const members = fields.map(([name, field]) =>
    field.tag === undefined && field.type.kind === 'array' && mayBeNull(field)
      ? `${name}: ${name}Count === -1 ? null : ${name}`
      : name,
  )
  lines.push(`return { ${members.join(', ')} }`)
  return functionSource(place, { verb: 'decode', first: 'reader: MessageReader', result: struct.name }, lines)
}

function readField(place: Place, name: string, field: Field): string {
  const path = `${place.path}.${name}`
  const when = presence(place, field)
  if (field.type.kind === 'array') {
    const count = readCount(place, path, field)
    const absent = field.default === null ? '-1' : '0'
    return [
      `const ${name}Count = ${when === '' ? count : `${when} ? (${count}) : ${absent}`}`,
      `const ${name}: ${elementType(field.type.element)}[] = []`,
      `for (let left = ${name}Count; left > 0; left--) ${name}.push(${readElement(place, path, field)})`,
    ].join('\n')
  }
  const value = readValue(place, path, field)
  return `const ${name} = ${when === '' ? value : `${when} ? (${value}) : ${defaultSource(field, path)}`}`
}

function readCount(place: Place, path: string, field: Field): string {
  const least = `'${path}', ${leastElementBytes(place.declared, field)}`
  return byNullability(place, field, { nullable: `reader.nullableCount(${least})`, plain: `reader.count(${least})` })
}

function readElement(place: Place, path: string, field: Field): string {
  const type = innermost(field.type)
  if (type.kind === 'struct') return callSource(place, 'decode', type, ['reader'])
  return `reader.${readMethods[type.kind] ?? type.kind}('${path}')`
}

function readValue(place: Place, path: string, field: Field): string {
  const plain = readElement(place, path, field)
  const { kind } = field.type
  if (kind === 'struct') {
    return byNullability(place, field, { nullable: `(reader.isPresent('${path}') ? ${plain} : null)`, plain })
  }
  if (field.isNeverFlexible) return `reader.nullableString16('${path}')`
  if (!nullableKinds.includes(kind)) return plain
  const nullable = kind === 'string' ? 'nullableString' : 'nullableBytes'
  return byNullability(place, field, { nullable: `reader.${nullable}('${path}')`, plain })
}

/** Tagged fields come in any order, among others that are not known. */
function readTags(place: Place, tagged: readonly (readonly [string, Field])[]): string {
  const defaults = tagged.map(([name, field]) => {
    const array = field.type.kind === 'array' ? `${elementType(field.type.element)}[]` : fieldType(field)
    return `let ${name}: ${array} = ${defaultSource(field, `${place.path}.${name}`)}`
  })
  const branches = tagged.map(([name, field]) => {
    const path = `${place.path}.${name}`
    const when = condition(versionsOf(place, field), intersectVersions(place.declared.flexible, place.versions))
    const body =
      field.type.kind === 'array'
        ? [
            `${name} = []`,
            `for (let more = ${readCount(place, path, field)}; more > 0; more--) {`,
            `${name}.push(${readElement(place, path, field)})`,
            '}',
          ]
        : [`${name} = ${readValue(place, path, field)}`]
    const known = [...body, `reader.expectAt(end, '${path}')`].join('\n')
    return `if (tag === ${field.tag}${when === '' ? '' : ` && ${when}`}) {\n${known}\n} else `
  })
  return [
    ...defaults,
    `for (let left = reader.tagCount('${place.path}'); left > 0; left--) {`,
    `const tag = reader.tag('${place.path}')`,
    `const end = reader.tagEnd('${place.path}')`,
    `${branches.join('')}{\nreader.skipTo(end)\n}`,
    '}',
  ].join('\n')
}

// ---- encoders

function encoderSource(place: Place): string {
  const { declared, struct } = place
  const fields = Object.entries(struct.fields)
  const lines = fields
    .filter(([, field]) => field.tag === undefined)
    .map(([name, field]) => guarded(presence(place, field), writeField(place, name, field, 'writer')))
  const tagged = fields
    .filter(([, field]) => field.tag !== undefined)
    .sort(([, one], [, other]) => (one.tag ?? 0) - (other.tag ?? 0))
  if (tagged.length > 0) lines.push(writeTags(place, tagged))
  else if (declared.flexible !== noVersions) lines.push('writer.tagCount(0)')
  return functionSource(
    place,
    { verb: 'encode', first: `writer: MessageWriter, message: ${struct.name}`, result: 'void' },
    lines,
  )
}

function guarded(when: string, statements: string): string {
  if (when === '') return statements
  return statements.includes('\n') ? `if (${when}) {\n${statements}\n}` : `if (${when}) ${statements}`
}

function writeField(place: Place, name: string, field: Field, writer: string): string {
  const value = `message.${name}`
  if (field.type.kind === 'array') {
    const elements = mayBeNull(field) ? `${value} ?? []` : value
    return [
      chooseByNullability(place, field, {
        nullable: `${writer}.nullableCount(${value})`,
        plain: `${writer}.count(${value})`,
      }),
      `for (const element of ${elements}) ${writeElement(place, field.type.element, 'element', writer)}`,
    ].join('\n')
  }
  if (field.type.kind === 'struct') return writeStruct(place, field.type, field, value)
  if (field.isNeverFlexible) return `${writer}.nullableString16(${value})`
  const plain = writeElement(place, field.type, value, writer)
  if (!nullableKinds.includes(field.type.kind)) return plain
  const method = capitalized(writeMethods[field.type.kind] ?? field.type.kind)
  return chooseByNullability(place, field, { nullable: `${writer}.nullable${method}(${value})`, plain })
}

function writeStruct(place: Place, type: StructType, field: Field, value: string): string {
  const plain = writeElement(place, type, value, 'writer')
  invariant(
    !mayBeNull(field) || byNullability(place, field, { nullable: '', plain: '-' }) === '',
    `${place.path}: a struct without a tag is nullable in all of its versions or in none`,
  )
  if (!mayBeNull(field)) return plain
  return `writer.isPresent(${value} !== null)\nif (${value} !== null) ${plain}`
}

function chooseByNullability(place: Place, field: Field, forms: Forms): string {
  const versions = versionsOf(place, field)
  const nullable = intersectVersions(field.nullable, versions)
  if (nullable === noVersions) return forms.plain
  const when = condition(nullable, versions)
  return when === '' ? forms.nullable : `if (${when}) ${forms.nullable}\nelse ${forms.plain}`
}

function writeElement(
  place: Place,
  type: { readonly kind: ScalarKind } | StructType,
  value: string,
  writer: string,
): string {
  if (type.kind === 'struct') return callSource(place, 'encode', type, [writer, value])
  return `${writer}.${writeMethods[type.kind] ?? type.kind}(${value})`
}

function writeTags(place: Place, tagged: readonly (readonly [string, Field])[]): string {
  const flags = tagged.map(([name, field]) => {
    const when = presence(place, field)
    return `const ${flagName(name)} = ${when === '' ? '' : `${when} && `}${differsFromDefault(place, name, field)}`
  })
  const count = tagged.map(([name]) => `Number(${flagName(name)})`).join(' + ')
  const writes = tagged.map(([name, field]) => {
    const written =
      field.type.kind === 'struct'
        ? writeElement(place, field.type, `message.${name}`, 'content')
        : writeField(place, name, field, 'content')
    return guarded(flagName(name), `const content = writer.content()\n${written}\nwriter.tagged(${field.tag}, content)`)
  })
  return [...flags, `writer.tagCount(${count})`, ...writes].join('\n')
}

function flagName(name: string): string {
  return `has${capitalized(name)}`
}

function capitalized(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`
}

function differsFromDefault(place: Place, name: string, field: Field): string {
  const path = `${place.path}.${name}`
  if (field.type.kind === 'array' && field.default !== null) return `message.${name}.length > 0`
  invariant(!['bytes', 'records', 'recordChunks'].includes(field.type.kind), `${path}: tagged bytes are not supported`)
  return `message.${name} !== ${defaultSource(field, path)}`
}

// ---- functions

interface Signature {
  readonly verb: 'decode' | 'encode'
  readonly first: string
  readonly result: string
}

function functionSource(place: Place, signature: Signature, lines: readonly string[]): string {
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

function callSource(place: Place, verb: string, type: StructType, values: readonly string[]): string {
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

// The text of encoders: one function a struct, which writes the fields that the version has.

import { invariant } from '../errors/invariant.js'
import type { Place } from './codec-place.js'
import {
  byNullability,
  callSource,
  condition,
  defaultSource,
  functionSource,
  nullableKinds,
  presence,
  versionsOf,
} from './codec-place.js'
import type { Forms } from './codec-place.js'
import type { Field, ScalarKind, StructType } from './declare.js'
import { mayBeNull } from './declare.js'
import { intersectVersions, noVersions } from './versions.js'

/** Types that the writer has under the name of another. */
const writeMethods: Readonly<Record<string, string>> = { recordChunks: 'records' }

/** The function that writes the struct. */
export function encoderSource(place: Place): string {
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

// The text of decoders: one function a struct, which reads its fields in order into constants.

import type { Field } from './declare.js'
import { mayBeNull } from './declare.js'
import { leastElementBytes } from './least-size.js'
import type { Place } from './codec-place.js'
import {
  byNullability,
  callSource,
  condition,
  defaultSource,
  functionSource,
  innermost,
  nullableKinds,
  presence,
  versionsOf,
} from './codec-place.js'
import { elementType, fieldType } from './interface-source.js'
import { intersectVersions, noVersions } from './versions.js'

/** Types that the reader has under the name of another. */
const readMethods: Readonly<Record<string, string>> = { records: 'bytes', recordChunks: 'bytes' }

/** The function that reads the struct. */
export function decoderSource(place: Place): string {
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

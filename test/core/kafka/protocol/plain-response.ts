// Responses that the parsers of foreign clients can be held to: without tagged fields, which @platformatic/kafka cannot
// pass over, without records, which they open, and without errors, which they know only as far as Kafka had them then.

import type * as fc from 'fast-check'
import type { Field, FieldType, MessageDeclaration } from '../../../../core/message/declare.js'
import { noVersions } from '../../../../core/message/versions.js'
import type { PlainMessage } from '../../message/arbitrary-message.js'
import { arbitraryMessage } from '../../message/arbitrary-message.js'

export function arbitraryPlainResponse(declared: MessageDeclaration, version: number): fc.Arbitrary<PlainMessage> {
  return arbitraryMessage(plain(declared), version).map((message) => withoutErrors(message) as PlainMessage)
}

/** The table without its tagged fields and without records. */
function plain(declared: MessageDeclaration): MessageDeclaration {
  return { ...declared, fields: plainFields(declared.fields) }
}

function plainFields(fields: MessageDeclaration['fields']): MessageDeclaration['fields'] {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, plainField(field)]))
}

function plainField(field: Field): Field {
  const isLeftOut = field.tag !== undefined || field.type.kind === 'recordChunks'
  return { ...field, type: plainType(field.type), versions: isLeftOut ? noVersions : field.versions }
}

function plainType(type: FieldType): FieldType {
  if (type.kind === 'struct') return { ...type, fields: plainFields(type.fields) }
  if (type.kind === 'array' && type.element.kind === 'struct') {
    return { ...type, element: { ...type.element, fields: plainFields(type.element.fields) } }
  }
  return type
}

function withoutErrors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutErrors)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const members = Object.entries(value)
  return Object.fromEntries(members.map(([name, one]) => [name, /errorCode$/i.test(name) ? 0 : withoutErrors(one)]))
}

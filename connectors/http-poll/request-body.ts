// The body of a request with {since} and {page} filled in.
//
// In JSON a text that is nothing but a placeholder becomes the value itself: a number where it is one, null where there
// is none. Anywhere else the value is written into the text, as nothing where there is none.

import type { Json } from '../../core/connector/context.js'
import { stringifyJson } from '../../core/format/json-object.js'
import type { JsonValue } from '../../core/format/parsed.js'
import type { Scalar } from './body-path.js'
import { numberOf } from './rank.js'

type Name = 'since' | 'page'

export type BodyValues = Readonly<Record<Name, Scalar | undefined>>

const placeholder = /\{(since|page)\}/g

/** Which placeholders stand in the body. */
export function namesIn(body: Json): ReadonlySet<Name> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Set(Array.from(text.matchAll(placeholder), ([, name]) => name as Name))
}

export function fillBody(body: Json, values: BodyValues, contentType: string): string {
  if (typeof body !== 'string') return stringifyJson(filled(body, values))
  if (/json/i.test(contentType)) return fillText(body, values, (text) => JSON.stringify(text).slice(1, -1))
  const isForm = /form-urlencoded/i.test(contentType)
  return fillText(body, values, isForm ? encodeURIComponent : (text) => text)
}

function filled(value: Json, values: BodyValues): JsonValue {
  if (typeof value === 'string') return filledText(value, values)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((element: Json) => filled(element, values))
  const fields = Object.entries(value).map(([name, field]) => [name, filled(field, values)] as const)
  return Object.fromEntries(fields)
}

function filledText(text: string, values: BodyValues): JsonValue {
  const name = /^\{(since|page)\}$/.exec(text)?.[1] as Name | undefined
  if (name === undefined) return fillText(text, values, (value) => value)
  const value = values[name]
  if (value === undefined) return null
  return value.isNumber ? numberOf(value.text) : value.text
}

function fillText(text: string, values: BodyValues, encode: (text: string) => string): string {
  return text.replaceAll(placeholder, (_, name: Name) => encode(values[name]?.text ?? ''))
}

// JSON values as the literals of nested types: arrays `{1,NULL,"a"}`, rows `(1,,"a")`, hstore `"a"=>"1"`.
//
// Numbers stay the digits they were written with: the JSON is walked as text, only strings are parsed. It has been
// checked before, so that the walk need not look for what is no JSON. The reverse of nested-text.ts, and the same formats.

import { invariant } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'

/** What a value of the target becomes; made once for a column. */
export type Shape =
  | { readonly kind: 'text' | 'bytea' | 'json' | 'hstore' }
  | { readonly kind: 'array'; readonly element: Shape; readonly delimiter: string }
  | { readonly kind: 'composite'; readonly fields: readonly { readonly name: string; readonly shape: Shape }[] }

/** The literal of what is one JSON value; null for null. Errors: postgres_record_unfit. */
export function literalOf(shape: Shape, json: string): string | null {
  const text = json.trim()
  if (text === 'null') return null
  if (shape.kind === 'json') return text
  const first = text[0]
  // A string may hold a literal as the server prints it, such as an array with other bounds.
  if (first === '"') return shape.kind === 'bytea' ? byteaText(stringOf(text)) : stringOf(text)
  if (shape.kind === 'array' && first === '[') return arrayText(shape, text)
  if (shape.kind === 'composite' && first === '{') return rowText(shape, text)
  if (shape.kind === 'hstore' && first === '{') return hstoreText(text)
  return text
}

/** `\x` and hexadecimal digits, of base64; what is in that form already stays. Errors: postgres_record_unfit. */
export function byteaText(text: string): string {
  if (/^\\x(?:[0-9a-fA-F]{2})*$/.test(text)) return text
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw unfit('a text for a bytea column is no base64')
  return `\\x${Buffer.from(text, 'base64').toString('hex')}`
}

type ArrayShape = Extract<Shape, { kind: 'array' }>
type CompositeShape = Extract<Shape, { kind: 'composite' }>

function arrayText(shape: ArrayShape, text: string): string {
  const parts = elementsOf(text).map((element) => {
    if (element.startsWith('[') && shape.element.kind !== 'json') return arrayText(shape, element)
    const literal = literalOf(shape.element, element)
    return literal === null ? 'NULL' : `"${literal.replaceAll(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(shape.delimiter)}}`
}

function rowText({ fields }: CompositeShape, text: string): string {
  const members = new Map(membersOf(text))
  const parts = fields.map(({ name, shape }) => {
    const literal = literalOf(shape, members.get(name) ?? 'null')
    return literal === null ? '' : `"${literal.replaceAll(/["\\]/g, '$&$&')}"`
  })
  return `(${parts.join(',')})`
}

function hstoreText(text: string): string {
  const quoted = (part: string): string => `"${part.replaceAll(/["\\]/g, '\\$&')}"`
  const parts = membersOf(text).map(([name, value]) => {
    const literal = literalOf({ kind: 'text' }, value)
    return `${quoted(name)}=>${literal === null ? 'NULL' : quoted(literal)}`
  })
  return parts.join(',')
}

/** The texts of a JSON array's elements. */
function elementsOf(text: string): readonly string[] {
  const elements: string[] = []
  let at = skipSpace(text, 1)
  while (at < text.length && text[at] !== ']') {
    const end = valueEnd(text, at)
    elements.push(text.slice(at, end).trimEnd())
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return elements
}

/** Names and texts of a JSON object's members. */
function membersOf(text: string): readonly (readonly [string, string])[] {
  const members: [string, string][] = []
  let at = skipSpace(text, 1)
  while (at < text.length && text[at] !== '}') {
    const nameEnd = valueEnd(text, at)
    const name = stringOf(text.slice(at, nameEnd))
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1)
    const end = valueEnd(text, start)
    members.push([name, text.slice(start, end).trimEnd()])
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return members
}

/** Behind the value at `at`. */
function valueEnd(text: string, at: number): number {
  let depth = 0
  let place = at
  for (; place < text.length; place++) {
    const letter = text[place]!
    if (letter === '"') {
      place = stringEnd(text, place)
      if (depth === 0) return place + 1
    } else if (letter === '[' || letter === '{') depth++
    else if (letter === ']' || letter === '}') {
      if (depth <= 1) return depth === 0 ? place : place + 1
      depth--
    } else if (depth === 0 && letter === ',') return place
  }
  invariant(depth === 0, 'the JSON was checked before')
  return place
}

function stringEnd(text: string, at: number): number {
  let place = at + 1
  while (text[place] !== '"') place += text[place] === '\\' ? 2 : 1
  return place
}

function skipSpace(text: string, at: number): number {
  let place = at
  while (place < text.length && text.charCodeAt(place) <= 0x20) place++
  return place
}

const stringOf = (json: string): string => JSON.parse(json) as string

function unfit(what: string): Error {
  return postgresErrors.make('postgres_record_unfit', what)
}

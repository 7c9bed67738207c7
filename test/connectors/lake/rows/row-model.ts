// What rows of JSON records are, said a second time: schemas as maps, values as JavaScript's own, one walk for each
// question. Slow, and nothing of it is the product's.

import type { ColumnType, TableSchema } from '../../../../connectors/lake/table/column-type.js'

/** JSON as the tests make it: numbers as they are written, members in order and perhaps twice. */
export type Source =
  | null
  | boolean
  | string
  | { readonly numeral: string }
  | { readonly list: readonly Source[] }
  | { readonly members: readonly (readonly [string, Source])[] }

export type Value = null | boolean | string | number | bigint | readonly Value[] | ReadonlyMap<string, Value>

export type Type = 'boolean' | 'int64' | 'double' | 'string' | { readonly list: Type } | Fields
export type Fields = ReadonlyMap<string, Type>

/** `spaced`: with spaces and escapes where they may stand. */
export function textOf(source: Source, spaced: boolean): string {
  const gap = spaced ? ' \t' : ''
  if (source === null || typeof source === 'boolean') return String(source)
  if (typeof source === 'string') return quoted(source, spaced)
  if ('numeral' in source) return source.numeral
  if ('list' in source) return `[${gap}${source.list.map((one) => textOf(one, spaced)).join(`${gap},${gap}`)}${gap}]`
  const members = source.members.map(([name, value]) => `${quoted(name, spaced)}${gap}:${gap}${textOf(value, spaced)}`)
  return `{${gap}${members.join(`${gap},${gap}`)}${gap}}`
}

function quoted(text: string, escaped: boolean): string {
  const first = text.charCodeAt(0)
  if (!escaped || !(first > 0)) return JSON.stringify(text)
  return `"\\u${first.toString(16).padStart(4, '0')}${JSON.stringify(text.slice(1)).slice(1)}`
}

export function valueOf(source: Source): Value {
  if (source === null || typeof source !== 'object') return source
  if ('list' in source) return source.list.map(valueOf)
  if ('members' in source) return new Map(source.members.map(([name, value]) => [name, valueOf(value)]))
  const { numeral } = source
  return /[.eE]/.test(numeral) || Number.isSafeInteger(Number(numeral)) ? Number(numeral) + 0 : BigInt(numeral)
}

/** The fields that also hold the record; undefined when there are none. */
export function widened(fields: Fields, record: ReadonlyMap<string, Value>): Fields | undefined {
  const wider = structOf(fields, record)
  // What came first in a list has to fit what came later.
  return wider !== undefined && structOf(wider, record) !== undefined ? wider : undefined
}

export function isSame(one: Type, other: Type): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  if (one instanceof Map || other instanceof Map) {
    if (!(one instanceof Map && other instanceof Map) || one.size !== other.size) return false
    return [...(one as Fields)].every(([name, type]) => {
      const same = (other as Fields).get(name)
      return same !== undefined && isSame(type, same)
    })
  }
  return isSame((one as { list: Type }).list, (other as { list: Type }).list)
}

function structOf(fields: Fields, record: ReadonlyMap<string, Value>): Fields | undefined {
  const wider = new Map(fields)
  for (const [name, value] of record) {
    if (isMute(value)) continue
    if (name === '' || name !== unicode(name)) return undefined
    const type = typeFor(fields.get(name), value)
    if (type === undefined) return undefined
    wider.set(name, type)
  }
  return wider
}

/** Of a value that says something. */
function typeFor(known: Type | undefined, value: Value): Type | undefined {
  if (value instanceof Map) {
    if (known !== undefined && !(known instanceof Map)) return undefined
    return structOf(known ?? new Map(), value as ReadonlyMap<string, Value>)
  }
  if (Array.isArray(value)) {
    if (known !== undefined && (typeof known === 'string' || known instanceof Map)) return undefined
    let element = (known as { readonly list: Type } | undefined)?.list
    for (const one of value as readonly Value[]) {
      if (isMute(one)) continue
      element = typeFor(element, one)
      if (element === undefined) return undefined
    }
    return { list: element! }
  }
  if (known === undefined) {
    if (typeof value === 'boolean' || typeof value === 'string') return typeof value as 'boolean' | 'string'
    return holds('int64', value) ? 'int64' : holds('double', value) ? 'double' : undefined
  }
  if (holds(known, value)) return known
  return known === 'int64' && holds('double', value) ? 'double' : undefined
}

function holds(type: Type, value: Value): boolean {
  if (type === 'boolean' || type === 'string') return typeof value === type
  if (type === 'double') {
    if (typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity') return true
    const long = longOf(value)
    return long !== undefined && BigInt(Number(long)) === long
  }
  return type === 'int64' && longOf(value) !== undefined
}

/** Texts of 16 digits and more are how Postgres' int8 comes. */
function longOf(value: Value): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'bigint' && !(typeof value === 'string' && /^-?\d{16,19}$/.test(value))) return undefined
  const long = BigInt(value)
  return BigInt.asIntN(64, long) === long ? long : undefined
}

function isMute(value: Value): boolean {
  if (value === null) return true
  if (value instanceof Map) return [...(value as ReadonlyMap<string, Value>).values()].every(isMute)
  return Array.isArray(value) && (value as readonly Value[]).every(isMute)
}

/** The record without what says nothing and has no column yet: it is null for good, whatever comes later. */
export function known(fields: Fields, record: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  const pairs = [...record].flatMap(([name, value]) => {
    const type = fields.get(name)
    return type === undefined ? [] : [[name, knownPart(type, value)] as const]
  })
  return new Map(pairs)
}

function knownPart(type: Type, value: Value): Value {
  if (value instanceof Map)
    return type instanceof Map ? known(type as Fields, value as ReadonlyMap<string, Value>) : null
  if (!Array.isArray(value)) return value
  if (typeof type === 'string' || type instanceof Map) return null
  const { list } = type as { readonly list: Type }
  return value.map((one: Value) => knownPart(list, one))
}

/** What a reader finds: structs as maps of all fields. */
export function read(type: Type, value: Value | undefined): unknown {
  if (value === null || value === undefined) return null
  if (type instanceof Map) {
    if (!(value instanceof Map)) return null
    const given = value as ReadonlyMap<string, Value>
    return new Map([...(type as Fields)].map(([name, field]) => [name, read(field, given.get(name))]))
  }
  if (typeof type !== 'string') {
    return Array.isArray(value) ? value.map((one: Value) => read((type as { list: Type }).list, one)) : null
  }
  if (typeof value === 'object') return null
  if (type === 'int64') return BigInt(value as bigint)
  if (type === 'double') return Number(value) + 0
  return typeof value === 'string' ? unicode(value) : value
}

export function fieldsOf({ columns }: TableSchema): Fields {
  return new Map(columns.map(({ name, type }) => [name, typeOf(type)]))
}

function typeOf(type: ColumnType): Type {
  const { kind } = type
  if (kind === 'struct') return fieldsOf({ columns: type.fields })
  if (kind === 'list') return { list: typeOf(type.element) }
  if (kind === 'boolean' || kind === 'int64' || kind === 'double' || kind === 'string') return kind
  throw new Error(`${kind} is not inferred`)
}

/** Half a surrogate pair has no bytes. */
function unicode(text: string): string {
  return Buffer.from(text).toString()
}

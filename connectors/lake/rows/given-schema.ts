// The columns of a table from a JSON Schema of its values, as a pipeline file gives it.
//
//   type boolean, integer, number      boolean; int64 (int32 with bounds within it, `format: "int32"`); double
//   type string                        string; by `format` date, date-time (timestamp, UTC), time, uuid; by
//                                      `contentEncoding: "base64"` binary; by `format: "decimal(10,2)"` a decimal
//   type array, `items`                list
//   type object, `properties`          struct; with `additionalProperties` alone a map
//   no type                            json: any value, as text
//
// A type may be a list with "null"; every column may be null, so `required` changes nothing. Words that only describe
// are passed over, others are refused: a schema that means more than its columns do would promise what nobody checks.

import type { Column, ColumnType, TableSchema } from '../table/column-type.js'
import { boundsFault } from './type-widening.js'

type SchemaObject = Readonly<Record<string, unknown>>

const describing = new Set(['$schema', '$id', '$comment', 'title', 'description', 'examples', 'default', 'required'])
const known: Readonly<Record<string, readonly string[]>> = {
  boolean: [],
  integer: ['format', 'minimum', 'maximum'],
  number: ['format', 'minimum', 'maximum'],
  string: ['format', 'contentEncoding'],
  array: ['items'],
  object: ['properties', 'additionalProperties'],
  any: [],
}
const formats: Readonly<Record<string, ColumnType>> = {
  date: { kind: 'date' },
  time: { kind: 'time' },
  'date-time': { kind: 'timestamp', isUtc: true },
  uuid: { kind: 'uuid' },
}
const decimalPattern = /^decimal\((\d{1,2}),(\d{1,2})\)$/
const mostDepth = 32

/** What is wrong with a schema, and where in it. */
export class SchemaMistake {
  readonly path: readonly string[]
  readonly message: string

  constructor(path: readonly string[], message: string) {
    this.path = path
    this.message = message
  }
}

/** The table that the schema describes, or what is wrong with it. */
export function readGivenSchema(schema: unknown): TableSchema | SchemaMistake {
  try {
    const type = typeOf(schema, [], 'object')
    if (type.kind !== 'struct') throw new SchemaMistake([], 'must describe an object with "properties"')
    const fault = boundsFault(type.fields)
    if (fault !== undefined) throw new SchemaMistake([], `has ${fault}`)
    return { columns: type.fields }
  } catch (mistake) {
    if (mistake instanceof SchemaMistake) return mistake
    throw mistake
  }
}

function typeOf(schema: unknown, path: readonly string[], assumed: string): ColumnType {
  if (path.length > mostDepth) throw new SchemaMistake(path, `is nested deeper than ${mostDepth}`)
  if (!isObject(schema)) throw new SchemaMistake(path, 'must be an object')
  const name = typeName(schema, path) ?? ('properties' in schema ? 'object' : assumed)
  const words = known[name]
  if (words === undefined) throw new SchemaMistake([...path, 'type'], `"${name}" is no type of JSON`)
  for (const word of Object.keys(schema)) {
    if (word === 'type' || describing.has(word) || words.includes(word)) continue
    throw new SchemaMistake([...path, word], `says nothing about a column of type ${name}`)
  }
  switch (name) {
    case 'boolean':
      return { kind: 'boolean' }
    case 'integer':
      return { kind: isInt32(schema) ? 'int32' : 'int64' }
    case 'number':
      return formatOf(schema, path) ?? { kind: 'double' }
    case 'string':
      return stringType(schema, path)
    case 'array':
      return { kind: 'list', element: typeOf(schema['items'] ?? {}, [...path, 'items'], 'any') }
    case 'object':
      return objectType(schema, path)
    default:
      return { kind: 'json' }
  }
}

/** Without "null", which every column takes. */
function typeName({ type }: SchemaObject, path: readonly string[]): string | undefined {
  if (type === undefined || typeof type === 'string') return type
  const names = Array.isArray(type) ? type.filter((name) => name !== 'null') : []
  if (names.length === 1 && typeof names[0] === 'string') return names[0]
  throw new SchemaMistake([...path, 'type'], 'must be one type, or one besides "null"')
}

function isInt32({ format, minimum, maximum }: SchemaObject): boolean {
  if (format === 'int32') return true
  return typeof minimum === 'number' && typeof maximum === 'number' && minimum >= -(2 ** 31) && maximum < 2 ** 31
}

function stringType(schema: SchemaObject, path: readonly string[]): ColumnType {
  const { contentEncoding } = schema
  if (contentEncoding === undefined) return formatOf(schema, path) ?? { kind: 'string' }
  if (contentEncoding === 'base64') return { kind: 'binary' }
  throw new SchemaMistake([...path, 'contentEncoding'], 'must be "base64"')
}

function formatOf({ format, type }: SchemaObject, path: readonly string[]): ColumnType | undefined {
  if (format === undefined) return undefined
  const decimal = typeof format === 'string' ? decimalPattern.exec(format) : null
  if (decimal !== null) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])]
    if (precision >= 1 && precision <= 38 && scale <= precision) return { kind: 'decimal', precision, scale }
    throw new SchemaMistake([...path, 'format'], 'has at most 38 digits, and not more of them behind the point')
  }
  const found = type === 'number' || typeof format !== 'string' ? undefined : formats[format]
  if (found !== undefined) return found
  const names = [...Object.keys(formats), 'decimal(P,S)'].join(', ')
  throw new SchemaMistake([...path, 'format'], `${JSON.stringify(format)} is none of ${names}`)
}

function objectType({ properties, additionalProperties }: SchemaObject, path: readonly string[]): ColumnType {
  if (properties === undefined && isObject(additionalProperties)) {
    return { kind: 'map', value: typeOf(additionalProperties, [...path, 'additionalProperties'], 'any') }
  }
  if (properties === undefined) return { kind: 'json' }
  if (!isObject(properties)) throw new SchemaMistake([...path, 'properties'], 'must be an object')
  if (additionalProperties === true) {
    throw new SchemaMistake([...path, 'additionalProperties'], 'cannot be true: only what is named has a column')
  }
  if (isObject(additionalProperties)) {
    throw new SchemaMistake(
      [...path, 'additionalProperties'],
      'stands beside "properties": a column is one or the other',
    )
  }
  const fields: Column[] = []
  for (const [name, property] of Object.entries(properties)) {
    if (name === '') throw new SchemaMistake([...path, 'properties'], 'has a property without a name')
    fields.push({ name, type: typeOf(property, [...path, 'properties', name], 'any') })
  }
  if (fields.length === 0) throw new SchemaMistake([...path, 'properties'], 'names no property')
  return { kind: 'struct', fields }
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

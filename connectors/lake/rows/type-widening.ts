// How the types of a table grow with what records hold: a join in a lattice, so that nothing ever narrows.
//
//   nothing seen < everything      int32 < int64 < double      float < double      a struct < one with more fields
//
// What says nothing (null, an empty object or list, those of such) fits everything, as null where it is of another kind.
// What has no join is unfit, and stays so whatever the table becomes: every larger type refuses it as well. That keeps
// dead letters, files and files made again in step. A number that a column cannot hold exactly is unfit too.

import type { JsonObject, JsonValue } from '../../../core/format/parsed.js'
import { isNested } from '../table/column-type.js'
import { schemaBytes, type Column, type ColumnType, type ScalarType, type TableSchema } from '../table/column-type.js'
import { isLong, scalarOf } from './scalar-value.js'

/** Leaves of a table: beyond it readers and footers become slow. */
const mostLeaves = 2000
const mostNameBytes = 256
/** Of a schema as it is remembered: the log takes 4 MiB as one value, in which a plan has a few of them. */
const mostSchemaBytes = 1024 * 1024
/** Of structs, lists and maps inside each other; beyond it no reader was seen to be of use. */
const mostDepth = 32
/** Of lists and maps inside each other: DuckDB needs memory that doubles with each of them. */
const mostListDepth = 8

/** Why a value fits no column; thrown within this folder only. */
export class Unfit {
  /** Names from the table down. */
  readonly path: readonly string[]
  readonly why: string

  constructor(path: readonly string[], why: string) {
    this.path = path
    this.why = why
  }
}

/** The schema that also holds the record; the same object when it does already. Throws Unfit. */
export function widenSchema(schema: TableSchema, record: JsonObject): TableSchema {
  const columns = widenFields(schema.columns, record, [])
  if (columns === schema.columns) return schema
  // What stands in front in a list has to fit what the list grew for behind it.
  widenFields(columns, record, [])
  const fault = boundsFault(columns)
  if (fault !== undefined) throw new Unfit([], `the table would have ${fault}`)
  return { columns }
}

/** What no table may have so much of, and how much is possible; undefined within the bounds. */
export function boundsFault(columns: readonly Column[]): string | undefined {
  const leaves = leafCount(columns)
  if (leaves > mostLeaves) return `${leaves} columns, ${mostLeaves} are possible`
  const depth = depthOf(columns, () => 1)
  if (depth > mostDepth) return `columns of ${depth} levels, ${mostDepth} are possible`
  const listDepth = depthOf(columns, ({ kind }) => (kind === 'list' || kind === 'map' ? 1 : 0))
  if (listDepth > mostListDepth) return `${listDepth} lists inside each other, ${mostListDepth} are possible`
  const bytes = schemaBytes({ columns })
  return bytes > mostSchemaBytes ? `a schema of ${bytes} bytes, ${mostSchemaBytes} are possible` : undefined
}

/** Of the deepest column, each type on the way counted by its weight. */
function depthOf(columns: readonly Column[], weight: (type: ColumnType) => number): number {
  let deepest = 0
  for (const { type } of columns) {
    const inside = partsOf(type)
    deepest = Math.max(deepest, weight(type) + depthOf(inside, weight))
  }
  return deepest
}

function partsOf(type: ColumnType): readonly Column[] {
  if (type.kind === 'struct') return type.fields
  if (type.kind === 'list') return [{ name: 'element', type: type.element }]
  return type.kind === 'map' ? [{ name: 'value', type: type.value }] : []
}

function widenFields(fields: readonly Column[], record: JsonObject, path: readonly string[]): readonly Column[] {
  let widened: Column[] | undefined
  const indexes = indexOf(fields)
  for (const name of Object.keys(record)) {
    const index = indexes.get(name)
    const before = index === undefined ? undefined : fields[index]!.type
    const after = widenType(before, record[name]!, [...path, name])
    if (after === before || after === undefined) continue
    widened ??= [...fields]
    if (index === undefined) widened.push({ name: checkedName(name, path), type: after })
    else widened[index] = { name, type: after }
  }
  return widened ?? fields
}

const indexes = new WeakMap<readonly Column[], ReadonlyMap<string, number>>()

function indexOf(fields: readonly Column[]): ReadonlyMap<string, number> {
  const known = indexes.get(fields)
  if (known !== undefined) return known
  const made = new Map(fields.map(({ name }, index) => [name, index]))
  indexes.set(fields, made)
  return made
}

/** Can a column have the name? */
export function isColumnName(name: string): boolean {
  return name !== '' && Buffer.byteLength(name) <= mostNameBytes && isUnicode(name)
}

/** Half a surrogate pair has no bytes in UTF-8: two such names would become one column. */
function isUnicode(name: string): boolean {
  return Buffer.from(name).toString() === name
}

function checkedName(name: string, path: readonly string[]): string {
  if (name === '') throw new Unfit(path, 'a field without a name cannot become a column')
  if (Buffer.byteLength(name) > mostNameBytes) {
    throw new Unfit(path, `a field has a name of ${Buffer.byteLength(name)} bytes, ${mostNameBytes} are possible`)
  }
  if (!isUnicode(name)) throw new Unfit(path, 'a field has a name that is no Unicode text')
  return name
}

/** Undefined while nothing says what the type is: null, an empty object, a list of such. */
function widenType(type: ColumnType | undefined, value: JsonValue, path: readonly string[]): ColumnType | undefined {
  if (saysNothing(value)) return type
  if (type === undefined) return typeOf(value, path)
  if (!isNested(type)) {
    if (scalarOf(type, value) !== undefined) return type
    // The least one that holds it: what int64 refuses and double takes must not depend on which came first.
    for (const kind of wider[type.kind] ?? []) {
      const larger: ScalarType = { kind }
      if (scalarOf(larger, value) !== undefined) return larger
    }
    throw unfit(type, value, path)
  }
  switch (type.kind) {
    case 'struct': {
      if (!isObject(value)) throw unfit(type, value, path)
      const fields = widenFields(type.fields, value, path)
      return fields === type.fields ? type : { kind: 'struct', fields }
    }
    case 'list': {
      if (!Array.isArray(value)) throw unfit(type, value, path)
      let element: ColumnType | undefined = type.element
      for (const item of value) element = widenType(element, item, path)
      return element === type.element || element === undefined ? type : { kind: 'list', element }
    }
    case 'map': {
      if (!isObject(value)) throw unfit(type, value, path)
      let widest: ColumnType | undefined = type.value
      for (const name of Object.keys(value)) widest = widenType(widest, value[name]!, [...path, name])
      return widest === type.value || widest === undefined ? type : { kind: 'map', value: widest }
    }
  }
}

function typeOf(value: JsonValue, path: readonly string[]): ColumnType | undefined {
  if (typeof value === 'boolean') return { kind: 'boolean' }
  if (typeof value === 'string') return { kind: 'string' }
  if (typeof value === 'number') return { kind: Number.isSafeInteger(value) ? 'int64' : 'double' }
  if (typeof value === 'bigint') {
    if (isLong(value)) return { kind: 'int64' }
    throw new Unfit(path, `${value} is beyond 64 bits, and a decimal would round it`)
  }
  if (Array.isArray(value)) {
    let element: ColumnType | undefined
    for (const item of value) element = widenType(element, item, path)
    return element === undefined ? undefined : { kind: 'list', element }
  }
  const fields = widenFields([], value as JsonObject, path)
  return fields.length === 0 ? undefined : { kind: 'struct', fields }
}

/** Is there nothing in it that a column could be made of? */
function saysNothing(value: JsonValue): boolean {
  if (typeof value !== 'object') return false
  if (value === null) return true
  if (Array.isArray(value)) return value.every(saysNothing)
  for (const name of Object.keys(value)) {
    if (!saysNothing(value[name]!)) return false
  }
  return true
}

/** The schema that holds what both hold; undefined when there is none. */
export function joinSchemas(one: TableSchema, other: TableSchema): TableSchema | undefined {
  const columns = joinFields(one.columns, other.columns)
  if (columns === undefined || boundsFault(columns) !== undefined) return undefined
  return columns === one.columns ? one : { columns }
}

/**
 * The schema with what somebody says of it who knows types but not the records. A column that cannot be so stays as it
 * is: then each value decides, now and whenever a file is made again without having been told.
 */
export function learnSchema(schema: TableSchema, told: readonly Column[]): TableSchema {
  const columns = joinFields(schema.columns, told, learnType) ?? schema.columns
  return columns === schema.columns || boundsFault(columns) !== undefined ? schema : { columns }
}

function learnType(known: ColumnType, told: ColumnType): ColumnType {
  if (known.kind !== 'struct' || told.kind !== 'struct') return joinTypes(known, told) ?? known
  const fields = joinFields(known.fields, told.fields, learnType) ?? known.fields
  return fields === known.fields ? known : { kind: 'struct', fields }
}

function joinFields(
  ones: readonly Column[],
  others: readonly Column[],
  join: (one: ColumnType, other: ColumnType) => ColumnType | undefined = joinTypes,
): readonly Column[] | undefined {
  let joined: Column[] | undefined
  const places = indexOf(ones)
  for (const { name, type } of others) {
    const index = places.get(name)
    const before = index === undefined ? undefined : ones[index]!.type
    const after = before === undefined ? type : join(before, type)
    if (after === undefined) return undefined
    if (after === before) continue
    joined ??= [...ones]
    if (index === undefined) joined.push({ name, type })
    else joined[index] = { name, type: after }
  }
  return joined ?? ones
}

/** Each larger than the one before it. */
const wider: Readonly<Record<string, readonly ('int64' | 'double')[]>> = {
  int32: ['int64', 'double'],
  int64: ['double'],
  float: ['double'],
}

function joinTypes(one: ColumnType, other: ColumnType): ColumnType | undefined {
  if (one.kind === 'struct' && other.kind === 'struct') {
    const fields = joinFields(one.fields, other.fields)
    if (fields === undefined) return undefined
    return fields === one.fields ? one : { kind: 'struct', fields }
  }
  if (one.kind === 'list' && other.kind === 'list') {
    const element = joinTypes(one.element, other.element)
    if (element === undefined) return undefined
    return element === one.element ? one : { kind: 'list', element }
  }
  if (one.kind === 'map' && other.kind === 'map') {
    const value = joinTypes(one.value, other.value)
    if (value === undefined) return undefined
    return value === one.value ? one : { kind: 'map', value }
  }
  if (JSON.stringify(one) === JSON.stringify(other)) return one
  return joinNumbers(one, other)
}

function joinNumbers(one: ColumnType, other: ColumnType): ColumnType | undefined {
  const [ofOne, ofOther] = [wider[one.kind] ?? [], wider[other.kind] ?? []]
  if (ofOne.some((kind) => kind === other.kind)) return other
  if (ofOther.some((kind) => kind === one.kind)) return one
  const kind = ofOne.find((larger) => ofOther.includes(larger))
  return kind === undefined ? undefined : { kind }
}

function leafCount(columns: readonly Column[]): number {
  return columns.reduce((sum, { type }) => sum + leavesOf(type), 0)
}

function leavesOf(type: ColumnType): number {
  if (!isNested(type)) return 1
  switch (type.kind) {
    case 'struct':
      return leafCount(type.fields)
    case 'list':
      return leavesOf(type.element)
    case 'map':
      return 1 + leavesOf(type.value)
  }
}

export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unfit(type: ColumnType, value: JsonValue, path: readonly string[]): Unfit {
  return new Unfit(path, `${inShort(value)} is no ${typeText(type)}`)
}

function inShort(value: JsonValue): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** For people. */
function typeText(type: ColumnType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`
  if (type.kind === 'timestamp') return type.isUtc ? 'timestamp with zone' : 'timestamp without zone'
  return type.kind
}

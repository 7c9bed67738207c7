// A schema as Parquet's footer has it: its parts depth first, each with its logical type and the older converted type.
//
// Lists have three levels with the names that LogicalTypes.md asks for, maps a required key. Everything else is optional.

import type { Column, ColumnType, ScalarType, TableSchema } from '../table/column-type.js'
import { valueLayout } from '../table/value-layout.js'
import { convertedTypes, logicalTypes, microseconds, physicalTypes, repetitions } from './format-numbers.js'
import { elementTypes } from './thrift-writer.js'
import type { ThriftWriter } from './thrift-writer.js'

const rootName = 'schema'

/** Writes the list of SchemaElement as field `id`. */
export function writeSchema(to: ThriftWriter, id: number, schema: TableSchema): void {
  to.list(id, elementTypes.struct, 1 + countOf(schema.columns))
  to.beginElement().text(4, rootName).i32(5, schema.columns.length).end()
  for (const column of schema.columns) writeColumn(to, column)
}

function countOf(fields: readonly Column[]): number {
  return fields.reduce((sum, { type }) => sum + partsOf(type), 0)
}

function partsOf(type: ColumnType): number {
  if (type.kind === 'struct') return 1 + countOf(type.fields)
  if (type.kind === 'list') return 2 + partsOf(type.element)
  if (type.kind === 'map') return 3 + partsOf(type.value)
  return 1
}

function writeColumn(to: ThriftWriter, { name, type }: Column): void {
  if (type.kind === 'struct') {
    to.beginElement().i32(3, repetitions.optional).text(4, name).i32(5, type.fields.length).end()
    for (const field of type.fields) writeColumn(to, field)
  } else if (type.kind === 'list') {
    writeAnnotated(to, name, 'list')
    writeRepeated(to, 'list', 1)
    writeColumn(to, { name: 'element', type: type.element })
  } else if (type.kind === 'map') {
    writeAnnotated(to, name, 'map')
    writeRepeated(to, 'key_value', 2)
    writeLeaf(to, { name: 'key', type: { kind: 'string' } }, repetitions.required)
    writeColumn(to, { name: 'value', type: type.value })
  } else {
    writeLeaf(to, { name, type }, repetitions.optional)
  }
}

function writeAnnotated(to: ThriftWriter, name: string, kind: 'list' | 'map'): void {
  to.beginElement().i32(3, repetitions.optional).text(4, name).i32(5, 1).i32(6, convertedTypes[kind])
  to.beginStruct(10).emptyStruct(logicalTypes[kind]).end()
  to.end()
}

function writeRepeated(to: ThriftWriter, name: string, childCount: number): void {
  to.beginElement().i32(3, repetitions.repeated).text(4, name).i32(5, childCount).end()
}

interface Leaf {
  readonly name: string
  readonly type: ScalarType
}

function writeLeaf(to: ThriftWriter, { name, type }: Leaf, repetition: number): void {
  const { physical, widthBytes } = valueLayout(type)
  to.beginElement().i32(1, physicalTypes[physical])
  if (physical === 'fixed') to.i32(2, widthBytes)
  to.i32(3, repetition).text(4, name)
  writeLogicalType(to, type)
  to.end()
}

/** The fields 6 to 10 of a SchemaElement. */
function writeLogicalType(to: ThriftWriter, type: ScalarType): void {
  switch (type.kind) {
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'float':
    case 'double':
    case 'binary':
      return
    case 'string':
      to.i32(6, convertedTypes.utf8).beginStruct(10).emptyStruct(logicalTypes.string).end()
      return
    case 'json':
      to.i32(6, convertedTypes.json).beginStruct(10).emptyStruct(logicalTypes.json).end()
      return
    case 'uuid':
      to.beginStruct(10).emptyStruct(logicalTypes.uuid).end()
      return
    case 'date':
      to.i32(6, convertedTypes.date).beginStruct(10).emptyStruct(logicalTypes.date).end()
      return
    case 'time':
      to.i32(6, convertedTypes.timeMicros).beginStruct(10)
      writeMicroseconds(to, logicalTypes.time, false)
      to.end()
      return
    case 'timestamp':
      to.i32(6, convertedTypes.timestampMicros).beginStruct(10)
      writeMicroseconds(to, logicalTypes.timestamp, type.isUtc)
      to.end()
      return
    case 'decimal':
      to.i32(6, convertedTypes.decimal).i32(7, type.scale).i32(8, type.precision)
      to.beginStruct(10).beginStruct(logicalTypes.decimal).i32(1, type.scale).i32(2, type.precision).end().end()
      return
  }
}

function writeMicroseconds(to: ThriftWriter, id: number, isUtc: boolean): void {
  to.beginStruct(id).bool(1, isUtc).beginStruct(2).emptyStruct(microseconds).end().end()
}

// A schema as it is remembered: read back with every field checked.

import type { FieldReader } from '../bookkeeping.js'
import type { Column, ColumnType, TableSchema } from '../table/column-type.js'

const kinds = [
  'boolean',
  'int32',
  'int64',
  'float',
  'double',
  'string',
  'json',
  'binary',
  'uuid',
  'date',
  'time',
  'timestamp',
  'decimal',
  'struct',
  'list',
  'map',
] as const satisfies readonly ColumnType['kind'][]

/** Errors: lake_bookkeeping_malformed. */
export function readTableSchema(fields: FieldReader): TableSchema {
  return { columns: fields.objects('columns').map(readColumn) }
}

function readColumn(fields: FieldReader): Column {
  return { name: fields.text('name'), type: readType(fields.object('type')) }
}

function readType(fields: FieldReader): ColumnType {
  const kind = fields.oneOf('kind', kinds)
  if (kind === 'struct') return { kind, fields: fields.objects('fields').map(readColumn) }
  if (kind === 'list') return { kind, element: readType(fields.object('element')) }
  if (kind === 'map') return { kind, value: readType(fields.object('value')) }
  if (kind === 'timestamp') return { kind, isUtc: fields.flag('isUtc') }
  if (kind === 'decimal') return { kind, precision: fields.count('precision'), scale: fields.count('scale') }
  return { kind }
}

// What a database says of its columns, as columns of a table.

import { describe, expect, it } from 'vitest'
import { readPostgresColumns, typeOfPostgres } from '../../../../connectors/lake/rows/postgres-columns.js'
import type { ColumnType } from '../../../../connectors/lake/table/column-type.js'

const types: readonly (readonly [string, ColumnType | undefined])[] = [
  ['boolean', { kind: 'boolean' }],
  ['smallint', { kind: 'int32' }],
  ['integer', { kind: 'int32' }],
  ['bigint', { kind: 'int64' }],
  ['oid', { kind: 'int64' }],
  ['real', { kind: 'float' }],
  ['double precision', { kind: 'double' }],
  ['numeric(10,2)', { kind: 'decimal', precision: 10, scale: 2 }],
  ['numeric(39,2)', { kind: 'string' }],
  ['numeric(0,0)', { kind: 'string' }],
  ['numeric', { kind: 'string' }],
  ['money', { kind: 'string' }],
  ['bytea', { kind: 'binary' }],
  ['date', { kind: 'date' }],
  ['time without time zone', { kind: 'time' }],
  ['time with time zone', { kind: 'string' }],
  ['timestamp(3) without time zone', { kind: 'timestamp', isUtc: false }],
  ['timestamp with time zone', { kind: 'timestamp', isUtc: true }],
  ['interval', { kind: 'string' }],
  ['json', { kind: 'json' }],
  ['jsonb', { kind: 'json' }],
  ['hstore', { kind: 'map', value: { kind: 'string' } }],
  ['uuid', { kind: 'uuid' }],
  ['inet', { kind: 'string' }],
  ['character varying(20)', { kind: 'string' }],
  ['character(3)', { kind: 'string' }],
  ['bit varying(4)', { kind: 'string' }],
  ['integer[]', { kind: 'list', element: { kind: 'int32' } }],
  ['numeric(4,1)[]', { kind: 'list', element: { kind: 'decimal', precision: 4, scale: 1 } }],
  // An enum, a domain or a composite type: its values tell.
  ['shop.mood', undefined],
  ['shop.mood[]', undefined],
  ['constructor', undefined],
  [`integer${'[]'.repeat(100_000)}`, undefined],
]

describe('columns of a Postgres table', () => {
  it('have the type of a table that holds their values', () => {
    for (const [name, type] of types) expect(typeOfPostgres(name), name.slice(0, 40)).toEqual(type)
  })

  it('are read from what a source writes, and from nothing else', () => {
    const text = '{"key":["id"],"columns":[["id","integer"],["mood","shop.mood"]]}'
    expect(readPostgresColumns(text)).toEqual([{ name: 'id', type: { kind: 'int32' } }])
    for (const other of [
      'x',
      'null',
      '{}',
      '{"columns":[["a"]]}',
      '{"columns":[["a","text"],["a","integer"]]}',
      '{"columns":[["","text"]]}',
      '{"columns":[["\\ud800","text"]]}',
    ]) {
      expect(readPostgresColumns(other), other).toBeUndefined()
    }
  })
})

// A relation as the source knows it, and the two forms in which its columns leave: the header `pg.columns` and the
// record on the schema topic. Both name the types of what is written, so a hashed or masked column is `text`.

import { createHash } from 'node:crypto'
import type { Relation } from '../pgoutput/relation.js'
import type { ValueEncoder } from '../values/value-encoder.js'
import { formatLsn, type Lsn } from '../wire/lsn.js'
import type { ColumnRules, WrittenColumn } from './written-columns.js'

/** What a column's type is called, and how its values leave; `ColumnType` of the catalog is one. */
export interface WrittenType {
  /** As format_type prints it: "numeric(10,2)". */
  readonly name: string
  readonly encode: ValueEncoder
}

export interface DescribedRelation {
  readonly relation: Relation
  /** Of the columns of the relation, in their order. */
  readonly types: readonly WrittenType[]
  /** From the catalog; undefined when the table has none. */
  readonly primaryKey: readonly string[] | undefined
  /** Where its records go. */
  readonly topic: string
  readonly rules?: ColumnRules
}

/** `{"identity":…,"key":[name…],"columns":[[name, type]…]}`: the value of the header `pg.columns`. */
export function columnsText(relation: Relation, columns: readonly WrittenColumn[]): string {
  return JSON.stringify(describedColumns(relation, columns))
}

/** The same for the same columns of the same table: what to remember in order to see a change. */
export function fingerprintOf(relation: Relation, columns: readonly WrittenColumn[]): string {
  const { schema, table } = relation
  const described = JSON.stringify({ schema, table, ...describedColumns(relation, columns) })
  return createHash('sha256').update(described).digest('hex')
}

/** The value of a record on the schema topic. */
export function schemaText(relation: Relation, columns: readonly WrittenColumn[], lsn: Lsn): string {
  const { schema, table } = relation
  return JSON.stringify({ op: 'schema', schema, table, ...describedColumns(relation, columns), lsn: formatLsn(lsn) })
}

function describedColumns({ identity }: Relation, columns: readonly WrittenColumn[]) {
  const key = columns.flatMap(({ name, isKey }) => (isKey ? [name] : []))
  return { identity, key, columns: columns.map(({ name, typeName }) => [name, typeName]) }
}

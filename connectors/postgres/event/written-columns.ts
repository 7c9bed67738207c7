// Which columns of a relation are written, which of them make the record's key, and how their values leave.
//
// The key is the replica identity where the server marks it, since that is what deletions carry; the primary key where
// it marks none or all (identity full). Invariant: a column under a rule leaves nowhere as it is, so a rule for a column
// that is not there stops the source: a renamed column would otherwise pass unseen.

import { createHmac, createSecretKey } from 'node:crypto'
import type { Secret } from '../../../core/connector/secret.js'
import { present } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'
import type { Relation, RelationColumn } from '../pgoutput/relation.js'
import type { ValueEncoder } from '../values/value-encoder.js'
import type { DescribedRelation } from './described-relation.js'

/** What is left out of a table's rows, or leaves as something else. */
export interface ColumnRules {
  readonly only?: readonly string[] | undefined
  readonly except?: readonly string[] | undefined
  readonly hash?: readonly string[] | undefined
  readonly mask?: readonly string[] | undefined
}

export interface WrittenColumn {
  /** Its place in the tuples. */
  readonly index: number
  readonly name: string
  /** Of what is written. */
  readonly typeName: string
  readonly typeOid: number
  readonly encode: ValueEncoder
  /** Part of the record's key. */
  readonly isKey: boolean
}

/**
 * The columns that are written, in the order of the relation. Errors: postgres_column_rule_unfit, for a rule that
 * leaves out or masks a column of the key, or names one that is not there.
 */
export function writtenColumns(described: DescribedRelation, hashKey: Secret | undefined): readonly WrittenColumn[] {
  const { relation, types, rules = {} } = described
  const isKey = keyOf(relation, described.primaryKey)
  checkRules(described, isKey)
  return relation.columns.flatMap((column, index) => {
    if (isLeftOut(column.name, rules)) return []
    const type = present(types[index], `the type of ${relation.schema}.${relation.table}.${column.name}`)
    const { name, typeOid } = column
    const replaced = replacement(name, rules, hashKey)
    const written = replaced === undefined ? type : { name: 'text', encode: replaced }
    return [{ index, name, typeOid, typeName: written.name, encode: written.encode, isKey: isKey(column) }]
  })
}

type KeyTest = (column: RelationColumn) => boolean

function keyOf({ identity, columns }: Relation, primaryKey: readonly string[] | undefined): KeyTest {
  if (identity !== 'full' && columns.some((column) => column.isKey)) return ({ isKey }) => isKey
  const isWhole = primaryKey?.every((name) => columns.some((column) => column.name === name)) ?? false
  return ({ name }) => isWhole && primaryKey!.includes(name)
}

function isLeftOut(name: string, { only, except }: ColumnRules): boolean {
  return except?.includes(name) === true || only?.includes(name) === false
}

function checkRules({ relation, rules = {} }: DescribedRelation, isKey: KeyTest): void {
  for (const column of relation.columns) {
    if (!isKey(column)) continue
    const { name } = column
    if (isLeftOut(name, rules)) throw unfit(relation, name, 'is part of the key and cannot be left out')
    if (rules.mask?.includes(name)) throw unfit(relation, name, 'is part of the key: masked, all rows would be one')
  }
  for (const name of [...(rules.hash ?? []), ...(rules.mask ?? [])]) {
    if (isLeftOut(name, rules) || relation.columns.some((column) => column.name === name)) continue
    throw unfit(relation, name, 'is to be hashed or masked, and the table has no such column')
  }
}

function unfit({ schema, table }: Relation, column: string, what: string): Error {
  return postgresErrors.make('postgres_column_rule_unfit', `column ${column} of ${schema}.${table} ${what}`, {
    details: { schema, table, column },
  })
}

function replacement(name: string, rules: ColumnRules, hashKey: Secret | undefined): ValueEncoder | undefined {
  if (rules.mask?.includes(name)) return writeMask
  if (rules.hash?.includes(name)) return hashEncoder(present(hashKey, 'hashKey, which a source that hashes must have'))
  return undefined
}

const mask = '"***"'

const writeMask: ValueEncoder = (_input, _start, _end, out) => {
  out.ensure(mask.length)
  out.at += out.bytes.write(mask, out.at, 'latin1')
}

/** 128 bits: equal values can be told from others, and nobody finds a second value for one. */
const hashDigits = 32

/** HMAC-SHA-256 of the value in the server's text form, the first half of it in hexadecimal digits. */
function hashEncoder(hashKey: Secret): ValueEncoder {
  const key = createSecretKey(hashKey.reveal(), 'utf8')
  return (input, start, end, out) => {
    const digest = createHmac('sha256', key).update(input.subarray(start, end)).digest('hex')
    out.ensure(hashDigits + 2)
    out.at += out.bytes.write(`"${digest.slice(0, hashDigits)}"`, out.at, 'latin1')
  }
}

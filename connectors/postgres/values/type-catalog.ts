// How the values of columns leave: from what the server says of their types.

import { present } from '../../../core/errors/invariant.js'
import { writeText } from './json-text.js'
import { arrayEncoder, compositeEncoder, hstoreEncoder } from './nested-text.js'
import { scalarByOid } from './scalars.js'
import { fieldsOf, isHstore, type TypeRow, TypeRows, type TypeSource } from './type-rows.js'
import type { ValueEncoder } from './value-encoder.js'

export interface ColumnType {
  readonly oid: number
  readonly typmod: number
  /** As format_type prints it: "numeric(10,2)", "public.mood[]". */
  readonly name: string
  readonly encode: ValueEncoder
  /** May the server store a value outside of the row, and leave it out of an update? */
  readonly mayBeLarge: boolean
}

export interface TypeReference {
  readonly typeOid: number
  readonly typmod: number
}

export class TypeCatalog {
  private readonly source: TypeSource
  private readonly rows: TypeRows
  private readonly names = new Map<string, string>()

  constructor(source: TypeSource) {
    this.source = source
    this.rows = new TypeRows(source)
  }

  /** In the order of the columns. A type that is gone is written as text. Errors: those of the query. */
  async resolve(columns: readonly TypeReference[]): Promise<readonly ColumnType[]> {
    await this.loadNames(columns)
    await this.rows.load(columns.map(({ typeOid }) => typeOid))
    return columns.map(({ typeOid, typmod }) => ({
      oid: typeOid,
      typmod,
      name: present(this.names.get(nameKey(typeOid, typmod)), `the name of type ${typeOid}`),
      encode: this.encoderOf(typeOid),
      mayBeLarge: this.mayBeLarge(typeOid),
    }))
  }

  /** Types may have been changed: they are asked for again. */
  forget(): void {
    this.rows.forget()
    this.names.clear()
  }

  private async loadNames(columns: readonly TypeReference[]): Promise<void> {
    const missing = columns.filter(({ typeOid, typmod }) => !this.names.has(nameKey(typeOid, typmod)))
    if (missing.length === 0) return
    const found = await this.source.query<{ readonly oid: string; readonly typmod: string; readonly name: string }>(
      'SELECT o::text AS oid, m::text AS typmod, format_type(o, m) AS name FROM unnest($1::oid[], $2::int4[]) AS t (o, m)',
      [missing.map(({ typeOid }) => typeOid), missing.map(({ typmod }) => typmod)],
    )
    for (const { oid, typmod, name } of found) this.names.set(nameKey(Number(oid), Number(typmod)), name)
  }

  /** An encoder with a scratch of its own for each place that a type stands in: encoders are inside of each other. */
  private encoderOf(oid: number): ValueEncoder {
    const row = this.rows.of(oid)
    if (row === undefined) return scalarByOid.get(oid) ?? writeText
    if (row.kind === 'd') return this.encoderOf(Number(row.base))
    if (row.kind === 'c') {
      return compositeEncoder(fieldsOf(row).map(([name, type]) => ({ name, encode: this.encoderOf(Number(type)) })))
    }
    if (row.isArray) return this.arrayOf(row)
    if (isHstore(row)) return hstoreEncoder()
    return scalarByOid.get(oid) ?? writeText
  }

  private arrayOf({ element, delimiter }: TypeRow): ValueEncoder {
    const oid = Number(element)
    const { isArray, isJson } = this.rows.nature(oid)
    return arrayEncoder({
      // A domain over an array inside of an array: nested, it could not be told from a dimension.
      encode: isArray ? writeText : this.encoderOf(oid),
      mayBeArray: isJson,
      delimiter: delimiter.charCodeAt(0),
    })
  }

  private mayBeLarge(oid: number): boolean {
    const row = this.rows.of(oid)
    return row === undefined || (row.isVariable && row.storage !== 'p')
  }
}

const nameKey = (oid: number, typmod: number): string => `${oid}/${typmod}`

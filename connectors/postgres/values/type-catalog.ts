// What the server says of types, and how their values leave. Asked once for each type; types keep their OIDs.

import { present } from '../../../core/errors/invariant.js'
import { arrayEncoder, compositeEncoder, hstoreEncoder } from './nested-text.js'
import { writeText } from './json-text.js'
import { scalarByOid } from './scalars.js'
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

/** Where queries go; a Session is one. */
export interface TypeSource {
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export interface TypeReference {
  readonly typeOid: number
  readonly typmod: number
}

interface TypeRow {
  readonly oid: string
  readonly name: string
  readonly schema: string
  /** b base, c composite, d domain, e enum, r range, m multirange, p pseudo. */
  readonly kind: string
  readonly element: string
  readonly isArray: boolean
  readonly delimiter: string
  readonly base: string
  readonly isVariable: boolean
  readonly storage: string
  /** A JSON list of [name, type] for composites. */
  readonly fields: string | null
}

const typesQuery = `
  SELECT t.oid::text AS oid, t.typname::text AS name, n.nspname::text AS schema, t.typtype::text AS kind,
         t.typelem::text AS element, t.typsubscript = 'array_subscript_handler'::regproc AS "isArray",
         coalesce(e.typdelim, ',')::text AS delimiter, t.typbasetype::text AS base, t.typlen = -1 AS "isVariable",
         t.typstorage::text AS storage,
         (SELECT json_agg(json_build_array(a.attname, a.atttypid::text) ORDER BY a.attnum)::text
            FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped) AS fields
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
   WHERE t.oid = ANY ($1::oid[])`

/** Types within types, such as arrays of composites of arrays. A cycle cannot be made; this bounds a mistake. */
const mostDepth = 32

export class TypeCatalog {
  private readonly source: TypeSource
  private readonly rows = new Map<number, TypeRow>()
  private readonly names = new Map<string, string>()

  constructor(source: TypeSource) {
    this.source = source
  }

  /** In the order of the columns. A type that is gone is written as text. Errors: those of the query. */
  async resolve(columns: readonly TypeReference[]): Promise<readonly ColumnType[]> {
    await this.loadNames(columns)
    await this.loadTypes(columns.map(({ typeOid }) => typeOid))
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
    this.rows.clear()
    this.names.clear()
  }

  private async loadNames(columns: readonly TypeReference[]): Promise<void> {
    const missing = columns.filter(({ typeOid, typmod }) => !this.names.has(nameKey(typeOid, typmod)))
    if (missing.length === 0) return
    const found = await this.source.query<{ readonly oid: string; readonly typmod: string; readonly name: string }>(
      `SELECT o::text AS oid, m::text AS typmod, format_type(o, m) AS name FROM unnest($1::oid[], $2::int4[]) AS t (o, m)`,
      [missing.map(({ typeOid }) => typeOid), missing.map(({ typmod }) => typmod)],
    )
    for (const { oid, typmod, name } of found) this.names.set(nameKey(Number(oid), Number(typmod)), name)
  }

  private async loadTypes(oids: readonly number[]): Promise<void> {
    let wanted = [...new Set(oids)].filter((oid) => oid !== 0 && !this.rows.has(oid))
    for (let depth = 0; wanted.length > 0 && depth < mostDepth; depth++) {
      const found = await this.source.query<TypeRow>(typesQuery, [wanted])
      for (const row of found) this.rows.set(Number(row.oid), row)
      const inner = found.flatMap((row) => [row.element, row.base, ...fieldsOf(row).map(([, oid]) => oid)].map(Number))
      wanted = [...new Set(inner)].filter((oid) => oid !== 0 && !this.rows.has(oid))
    }
  }

  private encoderOf(oid: number): ValueEncoder {
    const row = this.rows.get(oid)
    if (row === undefined) return scalarByOid.get(oid) ?? writeText
    if (row.kind === 'd') return this.encoderOf(Number(row.base))
    if (row.kind === 'c') {
      return compositeEncoder(fieldsOf(row).map(([name, type]) => ({ name, encode: this.encoderOf(Number(type)) })))
    }
    if (row.isArray) return arrayEncoder(this.encoderOf(Number(row.element)), row.delimiter.charCodeAt(0))
    if (row.name === 'hstore' && row.kind === 'b' && row.schema !== 'pg_catalog') return hstoreEncoder()
    return scalarByOid.get(oid) ?? writeText
  }

  private mayBeLarge(oid: number): boolean {
    const row = this.rows.get(oid)
    if (row === undefined) return true
    return row.isVariable && row.storage !== 'p'
  }
}

const nameKey = (oid: number, typmod: number): string => `${oid}/${typmod}`

function fieldsOf({ fields }: TypeRow): readonly (readonly [string, string])[] {
  return fields === null ? [] : (JSON.parse(fields) as [string, string][])
}

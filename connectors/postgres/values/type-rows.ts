// What pg_type says of types and of the types inside of them. Asked once for each; types keep their OIDs.

/** Where queries go; a Session is one. */
export interface TypeSource {
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export interface TypeRow {
  readonly oid: string
  readonly name: string
  readonly schema: string
  /** b base, c composite, d domain, e enum, r range, m multirange, p pseudo. */
  readonly kind: string
  readonly element: string
  /** Printed with braces: int2vector and oidvector are arrays too, but for their text. */
  readonly isArray: boolean
  /** Between elements: a comma, but for boxes. */
  readonly delimiter: string
  readonly base: string
  readonly isVariable: boolean
  readonly storage: string
  /** A JSON list of [name, type] for composites. */
  readonly fields: string | null
}

const typesQuery = `
  SELECT t.oid::text AS oid, t.typname::text AS name, n.nspname::text AS schema, t.typtype::text AS kind,
         t.typelem::text AS element, t.typoutput = 'array_out'::regproc AS "isArray",
         coalesce(e.typdelim, ',')::text AS delimiter, t.typbasetype::text AS base, t.typlen = -1 AS "isVariable",
         t.typstorage::text AS storage,
         (SELECT json_agg(json_build_array(a.attname, a.atttypid::text) ORDER BY a.attnum)::text
            FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped) AS fields
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
   WHERE t.oid = ANY ($1::oid[])`

export const jsonOid = 114
export const jsonbOid = 3802

/** Types within types, such as arrays of composites of arrays. A cycle cannot be made; this bounds a mistake. */
const mostDepth = 32

export class TypeRows {
  private readonly source: TypeSource
  private readonly rows = new Map<number, TypeRow>()

  constructor(source: TypeSource) {
    this.source = source
  }

  /** Asks for the types, and those inside of them, that are not known. Errors: those of the query. */
  async load(oids: readonly number[]): Promise<void> {
    let wanted = this.unknown(oids)
    for (let depth = 0; wanted.length > 0 && depth < mostDepth; depth++) {
      const found = await this.source.query<TypeRow>(typesQuery, [wanted])
      for (const row of found) this.rows.set(Number(row.oid), row)
      wanted = this.unknown(
        found.flatMap((row) => [row.element, row.base, ...fieldsOf(row).map(([, oid]) => oid)].map(Number)),
      )
    }
  }

  /** undefined when the type is gone, or was not loaded. */
  of(oid: number): TypeRow | undefined {
    return this.rows.get(oid)
  }

  /** What a value is below its domains. */
  nature(oid: number): { readonly isArray: boolean; readonly isJson: boolean } {
    const row = this.rows.get(oid)
    if (row?.kind === 'd') return this.nature(Number(row.base))
    return { isArray: row?.isArray ?? false, isJson: oid === jsonOid || oid === jsonbOid }
  }

  forget(): void {
    this.rows.clear()
  }

  private unknown(oids: readonly number[]): readonly number[] {
    return [...new Set(oids)].filter((oid) => oid !== 0 && !this.rows.has(oid))
  }
}

/** [name, type] of a composite's fields. */
export function fieldsOf({ fields }: TypeRow): readonly (readonly [string, string])[] {
  return fields === null ? [] : (JSON.parse(fields) as [string, string][])
}

/** An extension's type, which has another OID in every database. */
export function isHstore({ name, kind, schema }: TypeRow): boolean {
  return name === 'hstore' && kind === 'b' && schema !== 'pg_catalog'
}

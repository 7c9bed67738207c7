// A table of the target as its catalog has it: columns and their types, the key, and who refers to whom.

import type { Session } from '../wire/connect.js'
import { postgresErrors } from '../errors.js'
import { qualifiedName } from '../wire/identifiers.js'
import { ColumnSets } from './column-set.js'
import type { TableName } from './table-template.js'

export interface TargetColumn {
  readonly name: string
  readonly typeOid: number
  readonly typmod: number
  /** As format_type prints it. */
  readonly typeName: string
  /** The server computes it: it cannot be written. */
  readonly isGenerated: boolean
}

export interface TargetTable extends TableName {
  readonly oid: number
  /** Quoted, with its schema. */
  readonly qualified: string
  readonly columns: readonly TargetColumn[]
  readonly byName: ReadonlyMap<string, number>
  /** Places of the key's columns, ascending; undefined when the rows have none. */
  readonly key: readonly number[] | undefined
  /** An identity column that is GENERATED ALWAYS takes values only when told so. */
  readonly hasAlwaysIdentity: boolean
  /** Tables whose foreign keys refer to this one. */
  readonly isReferenced: boolean
  readonly sets: ColumnSets
}

interface ColumnRow {
  readonly attname: string
  readonly atttypid: string
  readonly atttypmod: number
  readonly type_name: string
  readonly is_generated: boolean
  readonly is_always: boolean
}

interface TableRow {
  readonly oid: string
  readonly relkind: string
  readonly is_referenced: boolean
}

/** What can be written with COPY and INSERT … ON CONFLICT: ordinary and partitioned tables. */
const writableKinds = 'rp'

/**
 * Reads the table; undefined when there is none. `wantedKey` are the names of the setting `key`; empty stands for the
 * primary key. Errors: postgres_target_unfit for a view, for a key that no unique index holds or that is not there.
 */
export async function describeTable(
  session: Session,
  name: TableName,
  wantedKey: readonly string[] | undefined,
): Promise<TargetTable | undefined> {
  const qualified = qualifiedName(name.schema, name.table)
  const [table] = await session.query<TableRow>(
    `SELECT c.oid::text, c.relkind::text,
  EXISTS (SELECT FROM pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f') AS is_referenced
FROM pg_class c WHERE c.oid = to_regclass($1)`,
    [qualified],
  )
  if (table === undefined) return undefined
  if (!writableKinds.includes(table.relkind)) {
    throw unfit(`${qualified} is no table that can be written, but of kind "${table.relkind}"`, { qualified })
  }
  const rows = await session.query<ColumnRow>(
    `SELECT attname, atttypid::text, atttypmod, format_type(atttypid, atttypmod) AS type_name,
  attgenerated <> '' AS is_generated, attidentity = 'a' AS is_always
FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table.oid],
  )
  const columns = rows.map(({ attname, atttypid, atttypmod, type_name, is_generated }) => ({
    name: attname,
    typeOid: Number(atttypid),
    typmod: atttypmod,
    typeName: type_name,
    isGenerated: is_generated,
  }))
  const byName = new Map(columns.map(({ name: column }, index) => [column, index]))
  const key =
    wantedKey === undefined ? undefined : await findKey(session, { qualified, oid: table.oid, byName }, wantedKey)
  return {
    ...name,
    oid: Number(table.oid),
    qualified,
    columns,
    byName,
    key,
    hasAlwaysIdentity: rows.some(({ is_always }) => is_always),
    isReferenced: table.is_referenced,
    sets: new ColumnSets(),
  }
}

interface KeyedTable {
  readonly qualified: string
  readonly oid: string
  readonly byName: ReadonlyMap<string, number>
}

/** ON CONFLICT takes a unique index over exactly these columns, valid, immediate, without predicate or expression. */
async function findKey(
  session: Session,
  { qualified, oid, byName }: KeyedTable,
  wanted: readonly string[],
): Promise<readonly number[] | undefined> {
  const indexes = await session.query<{ readonly indisprimary: boolean; readonly names: string }>(
    `SELECT indisprimary, (SELECT json_agg(a.attname) FROM pg_attribute a
  WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))::text AS names
FROM pg_index i
WHERE indrelid = $1 AND indisunique AND indisvalid AND indimmediate AND indpred IS NULL AND indexprs IS NULL`,
    [oid],
  )
  const keys = indexes.map(({ indisprimary, names }) => ({ indisprimary, names: JSON.parse(names) as string[] }))
  const found =
    wanted.length === 0
      ? keys.find(({ indisprimary }) => indisprimary)
      : keys.find(({ names }) => names.length === wanted.length && wanted.every((name) => names.includes(name)))
  if (found !== undefined) return found.names.map((name) => byName.get(name)!).sort((a, b) => a - b)
  if (wanted.length === 0) return undefined
  throw unfit(`${qualified} has no unique index over exactly its columns ${wanted.join(', ')}`, {
    qualified,
    key: wanted,
  })
}

/**
 * The tables with those that others refer to first; parents that are not among them do not count, and within a circle
 * the order stays as given.
 */
export async function parentsFirst(session: Session, tables: readonly TargetTable[]): Promise<readonly TargetTable[]> {
  const edges = await session.query<{ readonly child: string; readonly parent: string }>(
    `SELECT DISTINCT conrelid::oid::text AS child, confrelid::oid::text AS parent FROM pg_constraint
WHERE contype = 'f' AND conrelid <> confrelid AND conrelid = ANY ($1::oid[]) AND confrelid = ANY ($1::oid[])`,
    [tables.map(({ oid }) => oid)],
  )
  const byOid = new Map(tables.map((table) => [table.oid, table]))
  const parents = new Map<number, number[]>()
  for (const { child, parent } of edges) {
    const list = parents.get(Number(child)) ?? []
    parents.set(Number(child), list)
    list.push(Number(parent))
  }
  const ordered: TargetTable[] = []
  const seen = new Set<number>()
  const visit = (oid: number): void => {
    if (seen.has(oid)) return
    seen.add(oid)
    for (const parent of parents.get(oid) ?? []) visit(parent)
    ordered.push(byOid.get(oid)!)
  }
  for (const { oid } of tables) visit(oid)
  return ordered
}

function unfit(message: string, details: Readonly<Record<string, unknown>>): Error {
  return postgresErrors.make('postgres_target_unfit', message, { details })
}

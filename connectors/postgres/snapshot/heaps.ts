// The heaps behind the tables of a snapshot: a table itself, or the leaves of its partition tree, as the transaction
// that asks sees them. Sizes are those of now, which is at least what the transaction's snapshot needs.

import type { Session } from '../wire/connect.js'
import { wasShownIn } from './row-visibility.js'

/** A table that is read. For one that is partitioned its columns and filter go for all of its leaves. */
export interface SnapshotTable {
  readonly oid: number
  readonly schema: string
  readonly table: string
  /** What is read, in the order in which the rows' values are to come. */
  readonly columns: readonly { readonly name: string; readonly typeOid: number }[]
  /** The row filter of the publication as SQL; undefined for all rows. */
  readonly where: string | undefined
}

export interface Heap {
  readonly oid: number
  readonly tableOid: number
  readonly fileNode: number
  readonly pages: number
  readonly pageBytes: number
  readonly isIdentityFull: boolean
  /** Is its catalog row one that the slot's snapshot shows? Then nothing has rewritten the heap since. */
  readonly isUntouched: boolean
  /** Do values lie outside of the rows, so that a change may leave them out? */
  readonly hasLargeValues: boolean
}

interface HeapRow {
  readonly table_oid: string
  readonly oid: string
  readonly file_node: string
  readonly bytes: string
  readonly page_bytes: string
  readonly is_full: boolean
  readonly has_large: boolean
  readonly is_untouched: boolean
}

/** A plain table is its only leaf; pg_partition_tree has nothing to say of it. Foreign tables are never published. */
const heapsQuery = (originShown: string, now: string): string => `
  SELECT t.oid::text AS table_oid, c.oid::text AS oid, c.relfilenode::text AS file_node,
         coalesce(pg_relation_size(c.oid), 0)::text AS bytes, current_setting('block_size') AS page_bytes,
         c.relreplident = 'f' AS is_full, coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) > 0 AS has_large,
         ${wasShownIn(originShown, now, 'c.xmin')} AS is_untouched
    FROM unnest($1::oid[]) WITH ORDINALITY AS t (oid, place)
    CROSS JOIN LATERAL (
           SELECT relid FROM pg_catalog.pg_partition_tree(t.oid::regclass) WHERE isleaf
            UNION SELECT t.oid) AS leaf (oid)
    JOIN pg_catalog.pg_class c ON c.oid = leaf.oid
   WHERE c.relkind = 'r'
   ORDER BY t.place, c.oid`

export interface HeapQuestion {
  readonly tables: readonly SnapshotTable[]
  /** The snapshot that the slot exported, and the one of the transaction that asks. */
  readonly originShown: string
  readonly shown: string
}

/** In the order of the tables. Tables that are gone have none. */
export async function findHeaps(session: Session, question: HeapQuestion): Promise<readonly Heap[]> {
  const { tables, originShown, shown } = question
  const rows = await session.query<HeapRow>(heapsQuery(originShown, shown), [tables.map(({ oid }) => String(oid))])
  return rows.map((row) => {
    const pageBytes = Number(row.page_bytes)
    return {
      oid: Number(row.oid),
      tableOid: Number(row.table_oid),
      fileNode: Number(row.file_node),
      pages: Math.ceil(Number(row.bytes) / pageBytes),
      pageBytes,
      isIdentityFull: row.is_full,
      isUntouched: row.is_untouched,
      hasLargeValues: row.has_large,
    }
  })
}

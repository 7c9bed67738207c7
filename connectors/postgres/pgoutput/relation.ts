// What a Relation message says of a table: its columns at the time of the changes that follow.

/** Which columns of the old row an update or delete carries. */
export type ReplicaIdentity = 'default' | 'nothing' | 'full' | 'index'

export interface RelationColumn {
  readonly name: string
  readonly typeOid: number
  /** Length or precision as the type packs it; -1 when it has none. */
  readonly typmod: number
  /** Is it part of the replica identity? */
  readonly isKey: boolean
}

/** A table as its changes are sent; a partitioned one under its root's name when the publication says so. */
export interface Relation {
  readonly oid: number
  readonly schema: string
  readonly table: string
  readonly identity: ReplicaIdentity
  /** In the order of the values of a row. */
  readonly columns: readonly RelationColumn[]
}

/** pg_class.relreplident, as a character code. */
export const identityByCode: Readonly<Record<number, ReplicaIdentity>> = {
  0x64: 'default',
  0x6e: 'nothing',
  0x66: 'full',
  0x69: 'index',
}

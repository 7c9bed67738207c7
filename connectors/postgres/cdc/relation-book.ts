// The tables that the stream speaks of. The server describes a table before its first change and again after every
// change of its columns; what the description leaves out (type names, primary key) is asked of the catalogs.
//
// The catalogs answer as of now, the stream stands in the past: types keep their OIDs, and a key that changed meanwhile
// is described again when the stream comes to it.

import type { SourceContext } from '../../../core/connector/context.js'
import type { RecordWriter } from '../../../core/connector/source.js'
import type { ChangeWriter } from '../event/change-writer.js'
import type { DescribedRelation } from '../event/described-relation.js'
import { postgresErrors } from '../errors.js'
import type { Relation } from '../pgoutput/relation.js'
import type { ColumnType, TypeCatalog } from '../values/type-catalog.js'
import type { Session } from '../wire/connect.js'
import type { Lsn } from '../wire/lsn.js'
import { type CapturedTable, primaryKeyOf } from './database.js'
import { optionsOf } from './publication.js'
import type { CdcSettings } from './settings.js'
import { matches, parseTablePattern, tableText, type TablePattern } from './table-names.js'
import { checkedTopic } from './topic-names.js'

export interface RelationBookParts {
  readonly context: SourceContext
  readonly session: Session
  readonly types: TypeCatalog
  readonly changes: ChangeWriter
  readonly settings: CdcSettings
}

/** Under it the state holds what was said last of a table on the schemas topic: a fingerprint. */
const schemaKey = (relation: Relation): string => `schema/${tableText(relation)}`

export class RelationBook {
  private readonly parts: RelationBookParts
  private readonly patterns: readonly TablePattern[]
  private readonly known = new Map<number, boolean>()
  private readonly given = new Set<string>()
  /** Fingerprints that are on their way into the log. */
  private readonly fingerprints = new Map<string, string>()
  /** Described, but its schema record found no room. */
  private unsaid: DescribedRelation | undefined

  constructor(parts: RelationBookParts) {
    this.parts = parts
    this.patterns = parts.settings.tables.map(parseTablePattern)
  }

  isCaptured(oid: number): boolean {
    return this.known.get(oid) === true
  }

  captured(oids: readonly number[]): readonly number[] {
    return oids.filter((oid) => this.isCaptured(oid))
  }

  /** Topics of the tables that were described so far. */
  get topics(): readonly string[] {
    return [...this.given]
  }

  /** A table as the catalogs show it, for the snapshot: described from now on. */
  async describeTable(table: CapturedTable): Promise<DescribedRelation> {
    const described = await this.describe(table, table.primaryKey)
    this.known.set(table.oid, true)
    return described
  }

  /**
   * Takes a description of the stream; false when the writer has no room for the record of the schemas topic, and then
   * it is called again with the same. `lsn` is where the stream stood before it.
   */
  async learn(relation: Relation, lsn: Lsn, into: RecordWriter): Promise<boolean> {
    if (!matches(this.patterns, relation)) {
      this.known.set(relation.oid, false)
      return true
    }
    // What is described again may have had its types altered.
    if (this.unsaid === undefined) this.parts.types.forget()
    const described =
      this.unsaid ?? (await this.describe(relation, await primaryKeyOf(this.parts.session, relation.oid)))
    const isSaid = this.say(described, lsn, into)
    this.unsaid = isSaid ? undefined : described
    if (isSaid) this.known.set(relation.oid, true)
    return isSaid
  }

  private async describe(relation: Relation, primaryKey: readonly string[] | undefined): Promise<DescribedRelation> {
    const { types, changes, settings, context } = this.parts
    const topic = checkedTopic(context.to, relation)
    const { isCompacted } = await context.ensureTopic(topic)
    this.given.add(topic)
    const rules = optionsOf(settings.options, relation)
    const resolved = await types.resolve(relation.columns)
    if (isCompacted) checkWhole(relation, resolved, topic)
    const described = { relation, types: resolved, primaryKey, topic, ...(rules === undefined ? {} : { rules }) }
    changes.describe(described)
    return described
  }

  /** Puts a changed description onto the schemas topic, once. */
  say(described: DescribedRelation, lsn: Lsn, into: RecordWriter): boolean {
    const { changes, context, settings } = this.parts
    if (settings.schemas === undefined) return true
    const key = schemaKey(described.relation)
    const fingerprint = changes.fingerprint(described)
    if ((this.fingerprints.get(key) ?? context.state.get(key)) === fingerprint) return true
    if (!changes.schemaRecord(described, lsn, into)) return false
    this.fingerprints.set(key, fingerprint)
    into.remember(key, fingerprint)
    return true
  }
}

/**
 * Compaction keeps the newest record of a row, which must not lack a value that an update left alone. Errors:
 * postgres_identity_not_full.
 */
function checkWhole(relation: Relation, types: readonly ColumnType[], topic: string): void {
  const large = relation.columns.find((_column, index) => types[index]?.mayBeLarge === true)
  if (relation.identity === 'full' || large === undefined) return
  const table = tableText(relation)
  throw postgresErrors.make(
    'postgres_identity_not_full',
    `${table} goes into the compacted topic ${topic}, but an update that leaves ${large.name} alone may not carry it`,
    {
      details: { table, topic, column: large.name },
      hint: `Run ALTER TABLE ${table} REPLICA IDENTITY FULL, or let the topic keep all records ("cleanup": "delete").`,
    },
  )
}

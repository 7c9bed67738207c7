// A relation made ready for writing: everything that is the same for all of its records, made once when it is described.

import type { Secret } from '../../../core/connector/secret.js'
import { present } from '../../../core/errors/invariant.js'
import type { EncodedHeaders } from '../../../core/record/record-headers.js'
import { postgresErrors } from '../errors.js'
import type { Relation } from '../pgoutput/relation.js'
import type { TupleView } from '../pgoutput/tuple-view.js'
import type { OutputBytes } from '../values/output-bytes.js'
import type { ChangeFormat, FormatTable, RowChange, RowOperation, ValueWriter } from './change-format.js'
import { textHeaders } from './change-headers.js'
import { ColumnsNotice } from './columns-notice.js'
import { columnsText, type DescribedRelation, fingerprintOf } from './described-relation.js'
import type { PendingRecord } from './pending-change.js'
import { isSameIn, OldRow, RowMembers, writeRowObject } from './row-object.js'
import { TopicPlaces } from './topic-places.js'
import { type WrittenColumn, writtenColumns } from './written-columns.js'

/** A key is read from one row alone. */
const noOldRow = new OldRow()

export class TableWriter implements FormatTable {
  readonly relation: Relation
  readonly columns: readonly WrittenColumn[]
  readonly members: RowMembers
  readonly keyMembers: RowMembers | undefined
  readonly to: TopicPlaces
  readonly heads: Readonly<Record<RowOperation | 't', EncodedHeaders>>
  readonly fingerprint: string
  readonly notice: ColumnsNotice
  readonly values: ValueWriter

  /** Errors: postgres_column_rule_unfit. */
  constructor(described: DescribedRelation, format: ChangeFormat, hashKey: Secret | undefined) {
    const { relation, topic } = described
    this.relation = relation
    this.columns = writtenColumns(described, hashKey)
    this.members = new RowMembers(this.columns)
    const keyColumns = this.columns.filter(({ isKey }) => isKey)
    this.keyMembers = keyColumns.length === 0 ? undefined : new RowMembers(keyColumns)
    this.to = new TopicPlaces(topic)
    const head = (operation: string): EncodedHeaders => {
      return textHeaders({ 'pg.op': operation, 'pg.schema': relation.schema, 'pg.table': relation.table })
    }
    this.heads = { c: head('c'), u: head('u'), d: head('d'), r: head('r'), t: head('t') }
    this.fingerprint = fingerprintOf(relation, this.columns)
    this.notice = new ColumnsNotice(columnsText(relation, this.columns))
    this.values = format.valuesOf(this)
  }

  /** Errors: postgres_protocol_violation, when the tuple has another number of columns than the relation. */
  check(tuple: TupleView): void {
    const { schema, table, columns } = this.relation
    if (tuple.count === columns.length) return
    throw postgresErrors.make(
      'postgres_protocol_violation',
      `a row of ${schema}.${table} has ${tuple.count} columns, and ${columns.length} were described`,
      { details: { schema, table, columns: tuple.count, described: columns.length } },
    )
  }

  /** Is the row another one after the change, by its key? */
  isKeyChanged({ row, old }: RowChange): boolean {
    if (this.keyMembers === undefined || row === undefined || old.tuple === undefined) return false
    return !isSameIn(this.keyMembers.columns, old.tuple, row)
  }

  /** The key of `tuple` as the key of the record; `old` has what the tuple does not. */
  writeKey(record: PendingRecord, tuple: TupleView, old: OldRow, out: OutputBytes): void {
    const { keyMembers } = this
    if (keyMembers === undefined) return
    record.keyStart = out.at
    const missing = writeRowObject(keyMembers, tuple, old, out)
    record.keyEnd = out.at
    if (missing === 0) return
    const { schema, table } = this.relation
    throw postgresErrors.make('postgres_protocol_violation', `a row of ${schema}.${table} came without its key`, {
      details: { schema, table },
    })
  }

  /** The key of the old row. */
  writeOldKey(record: PendingRecord, { tuple }: OldRow, out: OutputBytes): void {
    this.writeKey(record, present(tuple, 'the old row of a deletion'), noOldRow, out)
  }
}

// Turns the changes of a database into records: one object per source, between the decoder and the writer of an append.
//
// A change is encoded when it comes and its records wait until `flush`, since the last one of a transaction says so.
// So the order is: flush what is pending, then make the next change. A change of a key is a deletion under the old key
// and an insertion under the new one. What waits is one change: its rows are copied, nothing of the caller's is kept.

import type { Secret } from '../../../core/connector/secret.js'
import type { RecordWriter } from '../../../core/connector/source.js'
import { invariant, present } from '../../../core/errors/invariant.js'
import type { TupleView } from '../pgoutput/tuple-view.js'
import { formatLsn, type Lsn } from '../wire/lsn.js'
import {
  type ChangeFormat,
  type LogicalMessage,
  RowChange,
  type RowOperation,
  type TruncateOptions,
} from './change-format.js'
import { textHeaders } from './change-headers.js'
import { DebeziumFormat } from './debezium.js'
import { type DescribedRelation, schemaText } from './described-relation.js'
import { flatFormat } from './flat.js'
import { nativeFormat } from './native.js'
import { PendingChange, type PendingRecord } from './pending-change.js'
import type { OldKind } from './row-object.js'
import { type SnapshotPlace, StreamPlace, type TransactionPlace } from './stream-place.js'
import { TableWriter } from './table-writer.js'
import { TopicPlaces } from './topic-places.js'

export interface ChangeWriterOptions {
  readonly format: 'native' | 'flat' | 'debezium'
  /** `PIPELINE.SOURCE`: the name in Debezium's envelope. */
  readonly name: string
  readonly database: string
  /** Where logical messages go; needed when `message` is called. */
  readonly messagesTo: string | undefined
  /** Where descriptions go; needed when `schemaRecord` is called. */
  readonly schemasTo: string | undefined
  /** Needed when a column is hashed. */
  readonly hashKey: Secret | undefined
  /** Milliseconds since 1970, whole. */
  readonly now: () => number
}

/** `sequence`: the number of the change in its transaction, from 1. */
export interface UpdatedRow {
  /** undefined when the server sent no old row. */
  readonly oldKind: OldKind | undefined
  /** Looked at only with an `oldKind`. */
  readonly old: TupleView
  readonly next: TupleView
  readonly sequence: number
}

export interface DeletedRow {
  readonly oldKind: OldKind
  readonly old: TupleView
  readonly sequence: number
}

export class ChangeWriter {
  private readonly options: ChangeWriterOptions
  private readonly format: ChangeFormat
  private readonly place = new StreamPlace()
  private readonly pending = new PendingChange()
  private readonly change = new RowChange()
  private readonly tables = new Map<number, TableWriter>()
  private readonly messagesTo: TopicPlaces | undefined
  private readonly schemasTo: TopicPlaces | undefined
  private readonly messageHead = textHeaders({ 'pg.op': 'm' })
  private readonly snapshotEndHead = textHeaders({ 'pg.op': 's' })
  /** The table of the change before: changes come in runs. */
  private lastTable: TableWriter | undefined

  constructor(options: ChangeWriterOptions) {
    this.options = options
    this.format = formats[options.format](options)
    const { messagesTo, schemasTo } = options
    this.messagesTo = messagesTo === undefined ? undefined : new TopicPlaces(messagesTo)
    this.schemasTo = schemasTo === undefined ? undefined : new TopicPlaces(schemasTo)
  }

  /**
   * A new or changed relation: from now on changes of its oid are written with it. Errors: postgres_column_rule_unfit.
   */
  describe(described: DescribedRelation): void {
    this.tables.set(described.relation.oid, new TableWriter(described, this.format, this.options.hashKey))
    this.lastTable = undefined
  }

  /** Of a relation that was described: another one when its columns, key or identity are others. */
  fingerprint({ relation }: DescribedRelation): string {
    return this.tableOf(relation.oid).fingerprint
  }

  /**
   * Puts the description onto the schemas topic, beside what is pending; false when the writer is full. `lsn` is where
   * the stream stood. Its time is that of the call.
   */
  schemaRecord({ relation }: DescribedRelation, lsn: Lsn, into: RecordWriter): boolean {
    const { schema, table, oid } = relation
    const value = Buffer.from(schemaText(relation, this.tableOf(oid).columns, lsn))
    const record = {
      key: Buffer.from(JSON.stringify({ schema, table })),
      value,
      valueStart: 0,
      valueEnd: value.length,
      timestampMs: this.options.now(),
      headers: textHeaders({ 'pg.op': 'schema', 'pg.schema': schema, 'pg.table': table, 'pg.lsn': formatLsn(lsn) }),
    }
    return into.append(record, present(this.schemasTo, 'the topic of schema records').anywhere)
  }

  /** The changes that come now belong to the transaction, or the message stands alone; nothing may be pending. */
  begin(place: TransactionPlace): void {
    this.place.enterTransaction(place)
    this.enterPlace()
  }

  /** The rows that come now are those of the snapshot; nothing may be pending. */
  beginSnapshot(place: SnapshotPlace): void {
    this.place.enterSnapshot(place)
    this.enterPlace()
  }

  /** Where the next change lies in the WAL, for Debezium's envelope; where it is not said, it is the commit's LSN. */
  set changeLsn(lsn: Lsn) {
    this.place.changeLsn = lsn
  }

  /** `sequence`: the number of the change in its transaction, from 1. */
  insert(oid: number, row: TupleView, sequence: number): void {
    this.change.old.set(undefined, undefined)
    this.addRow('c', this.begun(oid, sequence), row)
  }

  /** Errors: postgres_protocol_violation, as for all changes, when the rows do not fit the relation. */
  update(oid: number, { oldKind, old, next, sequence }: UpdatedRow): void {
    const { change } = this
    const table = this.begun(oid, sequence)
    change.row = next
    if (oldKind === undefined) {
      change.old.set(undefined, undefined)
    } else {
      table.check(old)
      change.old.set(old, oldKind)
    }
    if (!table.isKeyChanged(change)) {
      this.addRow('u', table, next)
      return
    }
    const deletion = this.addDeletion(table)
    const insertion = this.addRow('c', table, next)
    insertion.oldKey.start = deletion.keyStart
    insertion.oldKey.end = deletion.keyEnd
  }

  delete(oid: number, { oldKind, old, sequence }: DeletedRow): void {
    const table = this.begun(oid, sequence)
    table.check(old)
    this.change.old.set(old, oldKind)
    this.addDeletion(table)
  }

  /** One record for each relation and partition of its topic. */
  truncate(oids: readonly number[], options: TruncateOptions, sequence: number): void {
    this.pending.begin(sequence)
    for (const oid of oids) {
      const table = this.tableOf(oid)
      const record = this.pending.add(table.heads.t, table.to)
      record.isForEveryPartition = true
      table.values.truncate(options, record, this.pending.out)
    }
  }

  /** `sequence`: 0 for a message outside of transactions. */
  message(message: LogicalMessage, sequence: number): void {
    const { pending } = this
    pending.begin(sequence)
    const record = pending.add(this.messageHead, present(this.messagesTo, 'the topic of logical messages'))
    this.format.message(message, record, pending.out)
  }

  /** A row that was there when the stream began. It can be flushed at once. */
  snapshotRow(oid: number, row: TupleView): void {
    this.change.old.set(undefined, undefined)
    this.addRow('r', this.begun(oid, 0), row)
  }

  /**
   * A record in each partition of these topics says that the snapshot is complete; none where the format has no such.
   * With `settledLsn` its rows are a state of the database only together with the changes up to there.
   */
  endSnapshot(topics: readonly string[], settledLsn: Lsn | undefined): void {
    if (!this.format.marksSnapshotEnd) return
    const { pending } = this
    pending.begin(0)
    for (const topic of topics) {
      const record = pending.add(this.snapshotEndHead, new TopicPlaces(topic))
      record.isForEveryPartition = true
      const { out } = pending
      const settled = settledLsn === undefined ? {} : { settled: formatLsn(settledLsn) }
      const value = JSON.stringify({ op: 's', lsn: formatLsn(this.place.lsn), ...settled })
      record.valueStart = out.at
      out.ensure(value.length)
      out.at += out.bytes.write(value, out.at, 'latin1')
      record.valueEnd = out.at
    }
  }

  /** Is there a change of which records were not given away yet? */
  get isPending(): boolean {
    return !this.pending.isEmpty
  }

  /** How many records of the pending change were given to the writer, or passed over. */
  get flushedRecords(): number {
    return this.pending.flushedRecords
  }

  /** The first records of the pending change stand in the log already: they are passed over. */
  skipRecords(recordCount: number): void {
    this.pending.skip(recordCount)
  }

  /** Gives the pending records to the writer; false when it is full: the rest goes with the next call. */
  flush(into: RecordWriter, isLast: boolean): boolean {
    return this.pending.flush(into, isLast)
  }

  private enterPlace(): void {
    this.pending.enter(this.place)
    this.format.enter(this.place)
  }

  private begun(oid: number, sequence: number): TableWriter {
    this.pending.begin(sequence)
    return this.tableOf(oid)
  }

  private addRow(operation: RowOperation, table: TableWriter, row: TupleView): PendingRecord {
    const { pending, change } = this
    table.check(row)
    change.operation = operation
    change.row = row
    const record = pending.add(table.heads[operation], table.to)
    record.notice = table.notice
    table.writeKey(record, row, change.old, pending.out)
    table.values.row(change, record, pending.out)
    return record
  }

  /** The change's old row goes. */
  private addDeletion(table: TableWriter): PendingRecord {
    const { pending, change } = this
    const { old } = change
    change.operation = 'd'
    change.row = undefined
    const record = pending.add(table.heads.d, table.to)
    record.notice = table.notice
    table.writeOldKey(record, old, pending.out)
    table.values.row(change, record, pending.out)
    if (this.format.hasTombstones && table.keyMembers !== undefined) {
      const tombstone = pending.add(table.heads.d, table.to)
      tombstone.keyStart = record.keyStart
      tombstone.keyEnd = record.keyEnd
    }
    return record
  }

  private tableOf(oid: number): TableWriter {
    if (this.lastTable?.relation.oid === oid) return this.lastTable
    const table = this.tables.get(oid)
    invariant(table !== undefined, `relation ${oid} has changes and was not described`)
    this.lastTable = table
    return table
  }
}

const formats: Readonly<Record<ChangeWriterOptions['format'], (options: ChangeWriterOptions) => ChangeFormat>> = {
  native: () => nativeFormat,
  flat: () => flatFormat,
  debezium: ({ name, database, now }) => new DebeziumFormat({ name, database, now }),
}

// What a format is: the values that records have. Keys, headers and the order of records are the same for all.

import type { TupleView } from '../pgoutput/tuple-view.js'
import type { Relation } from '../pgoutput/relation.js'
import type { OutputBytes } from '../values/output-bytes.js'
import type { Operation } from './change-headers.js'
import type { PendingRecord } from './pending-change.js'
import { OldRow, type RowMembers } from './row-object.js'
import type { StreamPlace } from './stream-place.js'
import type { WrittenColumn } from './written-columns.js'

/** What happened to a row; `r` is one that was there already. */
export type RowOperation = Extract<Operation, 'c' | 'u' | 'd' | 'r'>

/** The change that is being written. One object for all of them; its rows are valid for as long as the caller's are. */
export class RowChange {
  operation: RowOperation = 'c'
  /** undefined for `d`. */
  row: TupleView | undefined = undefined
  /** The row before. The insert that a changed key becomes has one too: its large values may be there alone. */
  readonly old = new OldRow()
}

export interface TruncateOptions {
  readonly cascade: boolean
  readonly restartIdentity: boolean
}

export interface LogicalMessage {
  readonly prefix: string
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly isTransactional: boolean
}

/** What a format is given of a relation once. */
export interface FormatTable {
  readonly relation: Relation
  readonly columns: readonly WrittenColumn[]
  readonly members: RowMembers
  /** undefined without a key. */
  readonly keyMembers: RowMembers | undefined
}

/** Writes the values of one relation's records at `out.at`, and sets the ranges of the record to them. */
export interface ValueWriter {
  row(change: RowChange, record: PendingRecord, out: OutputBytes): void
  truncate(options: TruncateOptions, record: PendingRecord, out: OutputBytes): void
}

export interface ChangeFormat {
  /** Does a deletion have a second record, without a value, behind it? */
  readonly hasTombstones: boolean
  /** Does each partition learn that the snapshot is complete? */
  readonly marksSnapshotEnd: boolean
  enter(place: StreamPlace): void
  valuesOf(table: FormatTable): ValueWriter
  message(message: LogicalMessage, record: PendingRecord, out: OutputBytes): void
}

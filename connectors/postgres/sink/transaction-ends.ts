// Where transactions of the source end in the log: at records with the header `pg.last`, at the record that ends a
// snapshot (op s), and at every record that is no change of a database.
//
// A snapshot that was interrupted and read on later is a state of the source only together with the changes up to the
// LSN that its last record names as `settled`: all of that counts as one transaction.

import type { SinkBatch } from '../../../core/connector/sink.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import { type Lsn, parseLsn } from '../wire/lsn.js'
import { EventHeaders } from './event-headers.js'

export class TransactionEnds {
  private readonly headers = new EventHeaders()
  /** Ends before this LSN belong to the snapshot; 0 for none. */
  private settledLsn: Lsn = 0
  private isBetween = true

  /** The snapshot waits for changes that may never come, and no transaction is open: what is there may be all. */
  get isUnsettled(): boolean {
    return this.settledLsn > 0 && this.isBetween
  }

  /** Nothing more is waited for, or the records come again. */
  settle(): void {
    this.settledLsn = 0
  }

  /** Behind the last end in the batch from `firstOffset` on; `firstOffset` itself when there is none. */
  lastIn(batch: SinkBatch, firstOffset: number): number {
    const cursor = batch.cursor()
    let end = firstOffset
    let isEnd = false
    for (let isThere = cursor.skipTo(firstOffset); isThere; isThere = cursor.next()) {
      isEnd = this.isEnd(cursor)
      if (isEnd) end = cursor.offset + 1
    }
    // What follows the last record has none.
    return isEnd ? batch.nextOffset : end
  }

  private isEnd(cursor: RecordCursor): boolean {
    const { headers } = this
    headers.read(cursor)
    const isSnapshotEnd = headers.operation() === 's'
    this.isBetween = isSnapshotEnd || headers.last.start >= 0 || headers.op.start < 0
    if (!this.isBetween) return false
    if (isSnapshotEnd) this.settledLsn = settledOf(cursor)
    else if (this.settledLsn > 0) {
      const lsn = headers.text(headers.lsn)
      if (lsn === undefined || parseLsn(lsn) >= this.settledLsn) this.settledLsn = 0
    }
    return this.settledLsn === 0
  }
}

function settledOf(cursor: RecordCursor): Lsn {
  const { settled } = JSON.parse(String(cursor.value())) as { readonly settled?: string }
  return settled === undefined ? 0 : parseLsn(settled)
}

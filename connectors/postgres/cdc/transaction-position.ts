// Where the stream stands inside of a transaction, and what of it a start has to pass over.
//
// Changes are counted as the server sends them, those of tables that are left out as well, so that the count means the
// same after a restart with other settings. The last change whose records were made waits until it is known whether
// another follows; only what lies before it is done.

import type { Lsn } from '../wire/lsn.js'
import { postgresErrors } from '../errors.js'
import { formatLsn } from '../wire/lsn.js'
import type { PartialTransaction, StreamPoint } from './stream-point.js'

/** What to do with the change that came. */
export type Passage = 'take' | 'pass over'

export class TransactionPosition {
  /** What the log holds, and after every commit what it will hold. */
  point: StreamPoint
  /** LSN of the commit record of the transaction that is being read; undefined between transactions. */
  commitLsn: Lsn | undefined
  /** Of the transaction that is being read: changes that came, the last one included. */
  count = 0
  private isDone = false
  private partial: PartialTransaction | undefined

  constructor(point: StreamPoint) {
    this.point = point
    this.partial = point.transaction
  }

  /**
   * A transaction begins that has its commit record at `commitLsn`. Errors: postgres_stream_changed, when the
   * transaction of which the log holds a part does not come again.
   */
  begin(commitLsn: Lsn): void {
    this.commitLsn = commitLsn
    this.count = 0
    // A commit record begins at or behind the end of the transaction before.
    this.isDone = commitLsn < this.point.lsn
    if (this.isDone || this.partial === undefined || this.partial.commitLsn === commitLsn) return
    throw postgresErrors.make(
      'postgres_stream_changed',
      `the log holds ${this.partial.changes} changes of the transaction that committed at ${formatLsn(this.partial.commitLsn)}, ` +
        `but the server goes on with the one at ${formatLsn(commitLsn)}`,
      { details: { expected: formatLsn(this.partial.commitLsn), found: formatLsn(commitLsn) } },
    )
  }

  /** Counts a change; the caller does it once for each. */
  next(): Passage {
    this.count++
    if (this.isDone || (this.partial !== undefined && this.count <= this.partial.changes)) return 'pass over'
    return 'take'
  }

  /** Records of the change that was counted last which stand in the log already. */
  get recordsDone(): number {
    return this.partial !== undefined && this.count === this.partial.changes + 1 ? this.partial.records : 0
  }

  /** The transaction is over, and all of its records are on their way; what comes next begins at `endLsn`. */
  commit(endLsn: Lsn): void {
    this.commitLsn = undefined
    if (this.isDone) return
    this.partial = undefined
    this.point = { lsn: Math.max(this.point.lsn, endLsn), transaction: undefined, messageLsn: this.point.messageLsn }
  }

  /** A change of which `records` records are on their way waits; the ones before it are done. */
  pause(changes: number, records: number): StreamPoint {
    if (this.commitLsn === undefined || this.isDone) return this.point
    const { commitLsn, partial } = this
    const isBehind =
      partial !== undefined &&
      (changes < partial.changes || (changes === partial.changes && records <= partial.records))
    if (isBehind) return this.point
    return { ...this.point, transaction: { commitLsn, changes, records } }
  }

  /** Everything up to here was sent; nothing of it is for us beyond what came. Only between transactions. */
  moveTo(lsn: Lsn): void {
    if (this.commitLsn !== undefined || this.partial !== undefined || lsn <= this.point.lsn) return
    this.point = { ...this.point, lsn }
  }

  /** The record of a logical message outside of transactions is on its way. */
  message(lsn: Lsn): void {
    this.point = { ...this.point, messageLsn: lsn }
  }
}

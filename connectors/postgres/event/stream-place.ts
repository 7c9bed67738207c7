// Where the change that is being written stands in the server's history. One object per source: the writer moves it,
// headers and formats read it.

import type { Lsn } from '../wire/lsn.js'

/** A transaction, or a logical message that stands outside of one. */
export interface TransactionPlace {
  /** Of the commit record; of the message itself when it stands alone. */
  readonly commitLsn: Lsn
  /** 0 for a message that stands alone. */
  readonly xid: number
  /** Milliseconds since 1970, whole. */
  readonly commitTimeMs: number
}

export interface SnapshotPlace {
  /** Of the slot: changes that committed behind it come through the stream. */
  readonly consistentPoint: Lsn
  /** When the snapshot was begun: milliseconds since 1970, whole. */
  readonly timeMs: number
}

export class StreamPlace {
  isSnapshot = false
  /** Of the commit, or the snapshot's consistent point. */
  lsn: Lsn = 0
  timeMs = 0
  xid = 0
  /** Of the commit before; undefined when this is the first since the start. */
  previousLsn: Lsn | undefined = undefined
  /** Where the change itself lies in the WAL. */
  changeLsn: Lsn = 0

  enterTransaction({ commitLsn, xid, commitTimeMs }: TransactionPlace): void {
    this.previousLsn = this.isSnapshot || this.lsn === 0 ? undefined : this.lsn
    this.isSnapshot = false
    this.lsn = commitLsn
    this.changeLsn = commitLsn
    this.timeMs = commitTimeMs
    this.xid = xid
  }

  enterSnapshot({ consistentPoint, timeMs }: SnapshotPlace): void {
    this.previousLsn = undefined
    this.isSnapshot = true
    this.lsn = consistentPoint
    this.changeLsn = consistentPoint
    this.timeMs = timeMs
    this.xid = 0
  }
}

// How far the change stream stands in the log: the resume point under the key `stream`.
//
// `lsn` is the end of the last transaction of which all records stand in the log, or a place behind it up to which the
// server said there is nothing for us; it is what the slot may be confirmed to. A transaction that is larger than an
// append stands behind it as `transaction`: LSN of its commit record, how many of its changes are done, and how many
// records of the next change. Logical messages outside of transactions are counted by the LSN they stand at.

import type { Json } from '../../../core/connector/context.js'
import type { ResumePoint } from '../../../core/connector/source.js'
import { postgresErrors } from '../errors.js'
import { formatLsn, parseLsn, type Lsn } from '../wire/lsn.js'

export const streamKey = 'stream'

/** The part of a transaction that stands in the log. */
export interface PartialTransaction {
  /** LSN of the commit record, which names a transaction. */
  readonly commitLsn: Lsn
  /** Changes that are done, as the server counts them: those of tables that are left out as well. */
  readonly changes: number
  /** Records of the change behind them that are done. */
  readonly records: number
}

export interface StreamPoint {
  readonly lsn: Lsn
  readonly transaction: PartialTransaction | undefined
  /** LSN of the last logical message outside of a transaction; 0 before the first. */
  readonly messageLsn: Lsn
}

export function encodeStreamPoint({ lsn, transaction, messageLsn }: StreamPoint): ResumePoint {
  const point: Record<string, Json> = { lsn: formatLsn(lsn) }
  if (messageLsn > 0) point['message'] = formatLsn(messageLsn)
  if (transaction !== undefined) {
    const { commitLsn, changes, records } = transaction
    point['transaction'] = { commit: formatLsn(commitLsn), changes, records }
  }
  return point
}

/** Errors: postgres_state_unknown, when a release wrote it that this one does not know. */
export function decodeStreamPoint(point: Json): StreamPoint {
  const { lsn, message, transaction } = objectOf(point)
  return {
    lsn: lsnOf(lsn),
    messageLsn: message === undefined ? 0 : lsnOf(message),
    transaction: transaction === undefined ? undefined : partial(objectOf(transaction)),
  }
}

function partial({ commit, changes, records }: Readonly<Record<string, Json>>): PartialTransaction {
  return { commitLsn: lsnOf(commit), changes: countOf(changes), records: countOf(records) }
}

function objectOf(value: Json): Readonly<Record<string, Json>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unknown(value)
  return value as Readonly<Record<string, Json>>
}

function lsnOf(value: Json | undefined): Lsn {
  if (typeof value !== 'string') throw unknown(value)
  return parseLsn(value)
}

function countOf(value: Json | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw unknown(value)
  return value
}

function unknown(value: Json | undefined): Error {
  return postgresErrors.make('postgres_state_unknown', `the resume point holds ${JSON.stringify(value)}`)
}

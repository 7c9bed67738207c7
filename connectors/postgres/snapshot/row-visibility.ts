// Which rows of a later reading an earlier snapshot showed: a condition in SQL on `xmin`, the transaction that wrote
// a row's version. What stands now and was written by a transaction that the snapshot shows, stood there then.
//
// `xmin` has the low 32 bits of a transaction id of 64. Every row that a reading sees was written before the reading's
// own xmax, so the id is the last one below xmax with these bits, unless the row was frozen in an epoch before that:
// freezing leaves the bits as they are. Such a row may look as if it were written after the snapshot, never the other
// way round. So what the condition takes was shown; what it leaves out was written since, or stands in a cluster that
// has used up 2^32 ids (`isAmbiguous`). Ids 0 to 2 are no transactions: rows of before everything.
//
// Snapshot texts are those of pg_current_snapshot(): `xmin:xmax:running,…`. One that a slot exported may have its xmin
// behind its xmax, which the server prints and does not read: it shows all before xmin, as if xmax were there.

import { quoteLiteral } from '../wire/identifiers.js'

const epochXids = 2n ** 32n
const firstXid = 3

/** The condition holds for rows that the snapshot `shown` showed; `now` is the snapshot in which it is asked. */
export function wasShownIn(shown: string, now: string, xmin = 'xmin'): string {
  const nextXid = xmaxOf(now)
  const below = nextXid % epochXids
  const epochStart = nextXid - below
  const snapshot = `${quoteLiteral(readable(shown))}::pg_catalog.pg_snapshot`
  const raw = `${xmin}::text::int8`
  const isShown = (base: bigint): string =>
    `pg_catalog.pg_visible_in_snapshot((${raw} + ${base})::text::pg_catalog.xid8, ${snapshot})`
  const ofEpochBefore = epochStart === 0n ? 'true' : isShown(epochStart - epochXids)
  return (
    `CASE WHEN ${raw} < ${firstXid} THEN true ` +
    `WHEN ${raw} < ${below} THEN ${isShown(epochStart)} ELSE ${ofEpochBefore} END`
  )
}

/** May a row that was shown look as if it were not? `now` is the snapshot in which the condition is asked. */
export function isAmbiguous(now: string): boolean {
  return xmaxOf(now) >= epochXids
}

function xmaxOf(snapshot: string): bigint {
  return BigInt(readable(snapshot).split(':')[1] ?? '')
}

function readable(snapshot: string): string {
  const [xmin = '', xmax = '', running = ''] = snapshot.split(':')
  return BigInt(xmin) > BigInt(xmax) ? `${xmin}:${xmin}:` : `${xmin}:${xmax}:${running}`
}

// How far the events of a queue in Postgres were read. Pure.
//
// Ids come from a sequence: a transaction that commits late brings events with ids below some that were read already, so
// that "behind the last id" would skip them. Transactions are what is read up to instead: a window holds the events of
// all transactions from `fromXid` to below `toXid`, which is the oldest that was still running when the window was
// opened, so that nothing comes into it afterwards. Within a window events go by id.
//
// What a crash of the server may take back is never relied on: the next window begins behind the newest transaction that
// brought an event, as only its commit is known to be durable, and not where the last one ended.

import { invariant } from '../../core/errors/invariant.js'

export interface WindowPoint {
  /** All events of older transactions were read. */
  readonly fromXid: number
  /** Undefined between two windows. */
  readonly toXid: number | undefined
  /** Read so far in the open window. */
  readonly afterId: number
  /** The newest transaction of an event that was read in the open window. */
  readonly newestXid: number
  /** The largest id of all that was read. */
  readonly lastId: number
  /** All events up to this id were read, and none with it or less comes any more. Where looking begins. */
  readonly floorId: number
  /** As `floorId`, but no place to begin at: a crash of the server may give its ids out again. */
  readonly seenId: number
  /** `floorId` and `seenId` to be, as soon as all transactions below `xmax` were read. */
  readonly pending: { readonly floorId: number; readonly seenId: number; readonly xmax: number } | undefined
}

export interface Horizon {
  /** The last id that the sequence gave, read before the snapshot was taken. */
  readonly lastValue: number
  /** The oldest running transaction, and the one that will be next, by the snapshot. */
  readonly xmin: number
  readonly xmax: number
  /** The oldest and the newest event that the queue has. */
  readonly oldestId: number | undefined
  readonly newestId: number | undefined
  /** Events that BullMQ keeps of it, about. */
  readonly mostKept: number
}

/** Where the first run begins; what was trimmed before is nobody's loss. */
export function windowBegun(start: 'earliest' | 'latest', horizon: Horizon): WindowPoint {
  const { lastValue, xmin, oldestId } = horizon
  const isEarliest = start === 'earliest'
  return {
    fromXid: isEarliest ? 0 : xmin,
    toXid: undefined,
    afterId: 0,
    newestXid: 0,
    lastId: 0,
    floorId: 0,
    seenId: isEarliest && oldestId !== undefined ? oldestId - 1 : lastValue,
    pending: undefined,
  }
}

/** With an open window. */
export function opened(before: WindowPoint, { lastValue, xmin, xmax }: Horizon): WindowPoint {
  // A sequence that went back gives those ids out again.
  const point = before.seenId > lastValue ? { ...before, seenId: lastValue, pending: undefined } : before
  if (point.toXid !== undefined) return point
  // A transaction gets its number before its first event gets an id: who has an id up to lastValue is below xmax.
  const pending = point.pending ?? { floorId: point.lastId, seenId: lastValue, xmax }
  return { ...point, toXid: xmin, afterId: point.floorId, newestXid: 0, pending }
}

/** Behind an event of the open window. */
export function advanced(point: WindowPoint, { id, xid }: { readonly id: number; readonly xid: number }): WindowPoint {
  invariant(id > point.afterId, `event ${id} comes behind ${point.afterId}`)
  const newestXid = Math.max(point.newestXid, xid)
  return { ...point, afterId: id, lastId: Math.max(point.lastId, id), newestXid }
}

/** When the open window has no more events. */
export function completed(point: WindowPoint): WindowPoint {
  const { toXid, pending, newestXid, fromXid } = point
  if (toXid === undefined) return point
  const isOver = pending !== undefined && toXid >= pending.xmax
  return {
    ...point,
    fromXid: Math.max(fromXid, newestXid + 1),
    toXid: undefined,
    floorId: isOver ? Math.max(point.floorId, pending.floorId) : point.floorId,
    seenId: isOver ? Math.max(point.seenId, pending.seenId) : point.seenId,
    pending: isOver ? undefined : pending,
  }
}

/** Every event with an id up to this was read. */
export function readUpTo({ seenId, floorId, afterId, toXid, pending }: WindowPoint): number {
  const whole = Math.max(seenId, floorId)
  const isExact = toXid !== undefined && pending !== undefined && toXid >= pending.xmax
  return isExact ? Math.max(whole, Math.min(afterId, pending.seenId)) : whole
}

/**
 * Whether events that were not read may have been trimmed: with a new event of a queue BullMQ takes away all of that queue
 * with ids up to the new one's less `mostKept`.
 */
export function mayBeGone(point: WindowPoint, { newestId = 0, mostKept, oldestId }: Horizon): boolean {
  const read = readUpTo(point)
  if (mostKept <= 0 || newestId - mostKept <= read) return false
  return oldestId === undefined || oldestId > read + 1
}

/** Behind the events that may be gone. */
export function pastGone(point: WindowPoint, { lastValue, oldestId }: Horizon): WindowPoint {
  return { ...point, seenId: oldestId === undefined ? lastValue : oldestId - 1 }
}

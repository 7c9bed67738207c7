// A place in every partition of a topic, and its text in requests: `earliest`, `latest`, `1234`, `time:1700000000000`.

import type { LogEngine, Offset, PartitionId, TimestampMs } from '../engine/log-engine.js'
import { adminErrors } from './errors.js'

export type LogPosition =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: Offset }
  /** The first record at or after this time. */
  | { readonly kind: 'time'; readonly atMs: TimestampMs }

export function logPositionText(position: LogPosition): string {
  if (position.kind === 'offset') return String(position.offset)
  return position.kind === 'time' ? `time:${position.atMs}` : position.kind
}

/** invalid_position when the text is none. */
export function parseLogPosition(text: string): LogPosition {
  if (text === 'earliest' || text === 'latest') return { kind: text }
  const [, prefix, digits] = /^(time:)?(\d{1,15})$/.exec(text) ?? []
  if (digits === undefined) throw adminErrors.make('invalid_position', `"${text}" is no place in a log`)
  return prefix === undefined ? { kind: 'offset', offset: Number(digits) } : { kind: 'time', atMs: Number(digits) }
}

/** The offset of a place in one partition; a given offset is taken as it is. Errors: unknown_partition. */
export function offsetAt(engine: LogEngine, of: PartitionId, position: LogPosition): Promise<Offset> {
  if (position.kind === 'offset') return Promise.resolve(position.offset)
  return engine.offsetFor(of, position.kind === 'time' ? position.atMs : position.kind)
}

// The places in a log that people write: `beginning`, `end`, `-10m`, an offset, or a time as ISO 8601.

import type { LogPosition } from '../core/admin/log-position.js'
import { adminErrors } from '../core/admin/errors.js'
import { parseDurationMs } from '../core/connector/fields.js'

/** Wall clock of `-10m` or a time as ISO 8601; invalid_position for anything else. */
export function timeFromText(text: string, nowMs: number): number {
  const position = positionFromText(text, nowMs)
  if (position.kind === 'time') return position.atMs
  throw adminErrors.make('invalid_position', `"${text}" is no time`, {
    hint: 'Use "-10m", or a time such as 2026-11-22T10:00:00Z.',
  })
}

/** invalid_position for anything else; `nowMs` is what `-10m` counts back from. */
export function positionFromText(text: string, nowMs: number): LogPosition {
  if (text === 'beginning') return { kind: 'earliest' }
  if (text === 'end') return { kind: 'latest' }
  if (/^\d{1,15}$/.test(text)) return { kind: 'offset', offset: Number(text) }
  const backMs = text.startsWith('-') ? parseDurationMs(text.slice(1)) : undefined
  if (backMs !== undefined) return { kind: 'time', atMs: Math.max(0, nowMs - backMs) }
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (atMs >= 0) return { kind: 'time', atMs }
  throw adminErrors.make('invalid_position', `"${text}" is no place in a log`, {
    hint: 'Use "beginning", "end", "-10m", an offset such as 1234, or a time such as 2026-11-22T10:00:00Z.',
  })
}

// Values of a cursor in their order.
//
// Points in time are compared by the millisecond: values that differ in less count as equal, and records at equal values
// are told apart by what is remembered of them.

import { parseTimestamp } from '../../core/format/timestamp.js'
import type { Scalar } from './body-path.js'
import type { CursorSettings } from './settings.js'

/** Of one type for all values of a cursor: a text, or numbers, of which large integers are bigints. */
export type Rank = number | bigint | string

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Undefined when the value is none of the type. */
export function rankOf({ text, isNumber }: Scalar, type: CursorSettings['type']): Rank | undefined {
  if (type === 'text') return text
  if (type === 'time') return parseTimestamp(isNumber ? numberOf(text) : text)
  return numberPattern.test(text) ? numberOf(text) : undefined
}

/** Integers that a double cannot hold are bigints. */
export function numberOf(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) || /[.eE]/.test(text) ? number : BigInt(text)
}

/** The value `ms` before a point in time, written as that one is: as ISO 8601, or as a number of the same unit. */
export function earlier({ text, isNumber }: Scalar, ms: number): Scalar {
  if (ms === 0) return { text, isNumber }
  const timeMs = rankOf({ text, isNumber }, 'time')
  const beforeMs = typeof timeMs === 'number' ? timeMs - ms : 0
  if (!isNumber && !/^[+-]?\d+(?:\.\d+)?$/.test(text)) {
    return { text: new Date(beforeMs).toISOString(), isNumber }
  }
  const size = Math.abs(Number(text))
  if (size < 1e11) return { text: String(Math.floor(beforeMs / 1_000)), isNumber }
  const digitsBehindMs = size < 1e14 ? '' : size < 1e17 ? '000' : '000000'
  return { text: `${beforeMs}${digitsBehindMs}`, isNumber }
}

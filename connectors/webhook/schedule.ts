// When a record that failed is tried again. The default is the schedule that Standard Webhooks recommends: ten attempts
// over some 75 hours (github.com/standard-webhooks, spec "Deliverability and reliability").

import type { Random } from '../../core/runtime/random.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Behind the first attempt, in milliseconds. */
export const standardSchedule: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** Nobody is believed who asks for more. */
const mostRetryAfterMs = 24 * hour

/**
 * How long to wait behind the attempt with this number, from 1; undefined when it was the last. `retryAfterMs` is what
 * the receiver asked for.
 */
export function delayBehind(
  attempt: number,
  schedule: readonly number[],
  { jitterPercent, random, retryAfterMs }: DelayOptions,
): number | undefined {
  const delayMs = schedule[attempt - 1]
  if (delayMs === undefined) return undefined
  const spread = (random.fraction() * 2 - 1) * (jitterPercent / 100)
  return Math.max(Math.round(delayMs * (1 + spread)), Math.min(retryAfterMs ?? 0, mostRetryAfterMs))
}

export interface DelayOptions {
  readonly jitterPercent: number
  readonly random: Random
  readonly retryAfterMs: number | undefined
}

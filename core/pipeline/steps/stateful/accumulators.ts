// The functions of an aggregate, as pure steps from one accumulator to the next. An accumulator is JSON, so that it can
// lie in the state as it is, and is replaced, never changed:
//
//   count      number of records
//   sum, avg   [sum of the integers, sum of the other numbers, how many there were, whether any was no integer (0, 1)]
//   min, max   [] before the first value, else [value]
//   first, last  [] before the first value, else [time in ms, value]
//   distinct   number of different values; which ones they are is remembered by the caller
//
// Sums of integers are exact at any size (bigint beyond 2^53). Other numbers are doubles, added as they come.

import type { JsonValue } from '../../../format/parsed.js'

export const aggregateFunctions = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'distinct'] as const
export type AggregateFunction = (typeof aggregateFunctions)[number]

/** What a value lacks to be taken in; undefined when nothing. A null is left out by every function and lacks nothing. */
export function valueFault(kind: AggregateFunction, value: JsonValue): string | undefined {
  if (value === null) return undefined
  if (kind === 'sum' || kind === 'avg') return isNumber(value) ? undefined : `${kind} takes numbers`
  if (kind !== 'min' && kind !== 'max') return undefined
  return isNumber(value) || typeof value === 'string' ? undefined : `${kind} takes numbers or texts`
}

export function emptyAccumulator(kind: AggregateFunction): JsonValue {
  if (kind === 'count' || kind === 'distinct') return 0
  return kind === 'sum' || kind === 'avg' ? [0, 0, 0, 0] : []
}

/**
 * With one more value, in which `valueFault` finds no fault. `count` counts every record; `distinct` counts what is
 * given to it, which are new values only; the others leave out null.
 */
export function accumulated(
  kind: AggregateFunction,
  accumulator: JsonValue,
  value: JsonValue,
  timeMs: number,
): JsonValue {
  if (kind === 'count' || kind === 'distinct') return (accumulator as number) + 1
  if (value === null) return accumulator
  const former = accumulator as JsonValue[]
  switch (kind) {
    case 'sum':
    case 'avg':
      return withNumber(former, value as number | bigint)
    case 'min':
      return former.length === 0 || isLess(value, former[0]!) ? [value] : former
    case 'max':
      return former.length === 0 || isLess(former[0]!, value) ? [value] : former
    case 'first':
      return former.length === 0 || timeMs < (former[0] as number) ? [timeMs, value] : former
    case 'last':
      return former.length === 0 || timeMs >= (former[0] as number) ? [timeMs, value] : former
  }
}

/** What is emitted; null where there was no value, but 0 for `count`, `distinct` and `sum`. */
export function resultOf(kind: AggregateFunction, accumulator: JsonValue): JsonValue {
  if (kind === 'count' || kind === 'distinct') return accumulator
  const held = accumulator as JsonValue[]
  switch (kind) {
    case 'sum':
      return sumOf(held)
    case 'avg':
      return held[2] === 0 ? null : Number(sumOf(held)) / (held[2] as number)
    case 'min':
    case 'max':
      return held.length === 0 ? null : held[0]!
    case 'first':
    case 'last':
      return held.length === 0 ? null : held[1]!
  }
}

function withNumber(former: readonly JsonValue[], value: number | bigint): JsonValue[] {
  const [integers, others, count, isMixed] = former as [number | bigint, number, number, number]
  if (isInteger(value)) return [exactSum(integers, value), others, count + 1, isMixed]
  return [integers, others + (value as number), count + 1, 1]
}

function sumOf([integers, others, , isMixed]: readonly JsonValue[]): number | bigint {
  return isMixed === 0 ? (integers as number | bigint) : Number(integers) + (others as number)
}

function exactSum(one: number | bigint, other: number | bigint): number | bigint {
  if (typeof one === 'number' && typeof other === 'number') {
    const sum = one + other
    if (Number.isSafeInteger(sum)) return sum
  }
  const sum = BigInt(one) + BigInt(other)
  const isSafe = sum <= BigInt(Number.MAX_SAFE_INTEGER) && sum >= BigInt(Number.MIN_SAFE_INTEGER)
  return isSafe ? Number(sum) : sum
}

/** Numbers before texts, so that a mixture has an order too. */
function isLess(one: JsonValue, other: JsonValue): boolean {
  if (isNumber(one) && isNumber(other)) return one < other
  if (typeof one === 'string' && typeof other === 'string') return one < other
  return isNumber(one) && !isNumber(other)
}

function isInteger(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

function isNumber(value: JsonValue): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
}

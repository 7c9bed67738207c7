// What expressions work with: JSON values, points in time and lengths of time.
//
// There is one kind of number. JSON does not tell 2 from 2.0, so an expression does not either: integers are exact at any
// size (bigint beyond 2^53), and whatever is no integer is a double.

import type { JsonObject, JsonValue } from '../format/parsed.js'
import { spend } from './budget.js'
import { expressionErrors } from './errors.js'

export class Timestamp {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

export class Duration {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

export type Value = JsonValue | Timestamp | Duration | Value[] | { readonly [field: string]: Value }

export type TypeName = 'bool' | 'number' | 'string' | 'null' | 'list' | 'map' | 'timestamp' | 'duration'

/** Texts and lists that an expression makes may have so many characters and elements. */
export const mostCharacters = 1024 * 1024
export const mostElements = 100_000

export function typeOf(value: Value): TypeName {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number' || typeof value === 'bigint') return 'number'
  if (typeof value === 'boolean') return 'bool'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Timestamp) return 'timestamp'
  return value instanceof Duration ? 'duration' : 'map'
}

export function isMap(value: Value): value is JsonObject {
  return typeOf(value) === 'map'
}

export function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Equality by content; values of different types are not equal. Errors: expression_budget. */
export function equals(left: Value, right: Value): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    // An integer and a double, or two bigints: by their mathematical value.
    return isNumber(left) && isNumber(right) && order(left, right) === 0
  }
  spend(1)
  if (left instanceof Timestamp) return right instanceof Timestamp && left.ms === right.ms
  if (left instanceof Duration) return right instanceof Duration && left.ms === right.ms
  if (right instanceof Timestamp || right instanceof Duration) return false
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false
    for (let at = 0; at < left.length; at++) if (!equals(left[at] as Value, right[at] as Value)) return false
    return true
  }
  if (Array.isArray(right)) return false
  const names = Object.keys(left)
  if (names.length !== Object.keys(right).length) return false
  return names.every((name) => {
    const other: Value | undefined = right[name]
    return other !== undefined && equals(left[name]!, other)
  })
}

/** Negative, zero or positive. Errors: expression_failed for values that have no order among them. */
export function compare(left: Value, right: Value): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (isNumber(left) && isNumber(right)) return order(left, right)
  if (typeof left === 'string' && typeof right === 'string') return order(left, right)
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right)
  if (left instanceof Timestamp && right instanceof Timestamp) return left.ms - right.ms
  if (left instanceof Duration && right instanceof Duration) return left.ms - right.ms
  throw failed(`${typeOf(left)} and ${typeOf(right)} cannot be compared`)
}

function order<T extends string | number | bigint>(left: T, right: T): number {
  if (left === right) return 0
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * As JSON: times as ISO 8601 in UTC, durations as `90s`. Shares what needs no change. Errors: expression_failed for
 * infinite numbers, expression_budget.
 */
export function toJson(value: Value): JsonValue {
  if (typeof value === 'number' && !Number.isFinite(value)) throw failed(`${value} is no number in JSON`)
  if (typeof value === 'string') spend(value.length >>> 5)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Timestamp) return isoText(value)
  if (value instanceof Duration) return durationText(value)
  if (Array.isArray(value)) return listToJson(value as Value[])
  let made: JsonObject | undefined
  const map = value as { readonly [field: string]: Value }
  for (const name in map) {
    spend(1)
    const json = toJson(map[name]!)
    if (json === map[name]) continue
    made ??= Object.assign(Object.create(null) as JsonObject, map)
    made[name] = json
  }
  return made ?? (map as JsonObject)
}

function listToJson(list: readonly Value[]): JsonValue[] {
  let made: JsonValue[] | undefined
  for (let at = 0; at < list.length; at++) {
    spend(1)
    const json = toJson(list[at]!)
    if (json === list[at]) continue
    made ??= [...(list as JsonValue[])]
    made[at] = json
  }
  return made ?? (list as JsonValue[])
}

export function isoText({ ms }: Timestamp): string {
  return new Date(ms).toISOString()
}

export function durationText({ ms }: Duration): string {
  return `${ms / 1000}s`
}

export function failed(message: string): Error {
  return expressionErrors.make('expression_failed', message)
}

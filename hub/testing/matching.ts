// Whether a value is what a case expects, and where it is not. Pure.
//
// Patterns may stand wherever a value may: {"$match": "RE"} is a text in which the regular expression (linear time) is
// found, {"$any": true} is anything that is there. In `subset`, an expected object may leave out fields.

import { RE2JS } from 're2js'

export interface Difference {
  /** From the record down, such as `value.items.0.price`. */
  readonly path: string
  /** As JSON; undefined where nothing was expected. */
  readonly expected: string | undefined
  /** As JSON; undefined where nothing is. */
  readonly found: string | undefined
}

export type MatchMode = 'subset' | 'exact'

/** Everything in which they differ; nothing when `found` is as expected. */
export function differencesBetween(
  expected: unknown,
  found: unknown,
  mode: MatchMode,
  path = '',
): readonly Difference[] {
  const pattern = patternOf(expected)
  if (pattern !== undefined) return pattern(found) ? [] : [difference(path, expected, found)]
  if (Array.isArray(expected) && Array.isArray(found)) {
    const count = Math.max(expected.length, found.length)
    return Array.from({ length: count }, (_, index) => index).flatMap((index) =>
      differencesBetween(expected[index], found[index], mode, below(path, String(index))),
    )
  }
  if (!isObject(expected) || !isObject(found)) {
    return Object.is(expected, found) || sameNumber(expected, found) ? [] : [difference(path, expected, found)]
  }
  const names =
    mode === 'subset' ? Object.keys(expected) : [...new Set([...Object.keys(expected), ...Object.keys(found)])]
  return names.flatMap((name) => differencesBetween(expected[name], found[name], mode, below(path, name)))
}

/** What a pattern asks of a value; undefined when the value is none. */
function patternOf(expected: unknown): ((found: unknown) => boolean) | undefined {
  if (!isObject(expected) || Object.keys(expected).length !== 1) return undefined
  if (expected['$any'] === true) return (found) => found !== undefined
  const text = expected['$match']
  if (typeof text !== 'string') return undefined
  const compiled = RE2JS.compile(text)
  return (found) => typeof found === 'string' && compiled.matcher(found).find()
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** 0 and -0 are one number in JSON. */
function sameNumber(one: unknown, other: unknown): boolean {
  return typeof one === 'number' && one === other
}

function difference(path: string, expected: unknown, found: unknown): Difference {
  return { path, expected: textOf(expected), found: textOf(found) }
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

// The functions of expressions: a closed table. Each is pure, checks its own arguments, and makes nothing beyond the
// bounds for texts and lists. Regular expressions are RE2's and take time linear in the text.

import { RE2JS, RE2JSException } from 're2js'
import { parseTimestamp } from '../format/timestamp.js'
import { isWhole, normal, timestampAt } from './arithmetic.js'
import { overBudget, spend } from './budget.js'
import {
  compare,
  Duration,
  durationText,
  failed,
  isMap,
  isNumber,
  isoText,
  mostCharacters,
  mostElements,
  Timestamp,
  type TypeName,
  typeOf,
  type Value,
} from './value.js'

export interface FunctionDeclaration {
  readonly least: number
  readonly most: number
  readonly gives: TypeName | undefined
  /** A method has its receiver as the first argument. What is not given is undefined. */
  readonly apply: (first: Value, second: Value, third: Value) => Value
}

const longestPattern = 1_000
const mostPatterns = 64
const longestDigits = 300
const dayMs = 86_400_000

/** Patterns that records bring, or that stand in expressions; the oldest leave. */
const patterns = new Map<string, RE2JS>()

/** Errors: expression_failed for a pattern that is none. */
export function compiledPattern(pattern: string): RE2JS {
  const known = patterns.get(pattern)
  if (known !== undefined) return known
  if (pattern.length > longestPattern) {
    throw failed(`a pattern of ${pattern.length} characters; ${longestPattern} are the most`)
  }
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
  } catch (error) {
    if (error instanceof RE2JSException) throw failed(`the pattern cannot be used: ${error.message}`)
    throw error
  }
  if (patterns.size >= mostPatterns) patterns.delete(patterns.keys().next().value!)
  patterns.set(pattern, compiled)
  return compiled
}

/** `receiver.name(…)` */
export const methods: ReadonlyMap<string, FunctionDeclaration> = new Map(
  Object.entries({
    size: one('number', sizeOf),
    contains: onText('bool', [1, 1], (text, part) => text.includes(textIn(part))),
    startsWith: onText('bool', [1, 1], (text, part) => text.startsWith(textIn(part))),
    endsWith: onText('bool', [1, 1], (text, part) => text.endsWith(textIn(part))),
    matches: onText('bool', [1, 1], (text, pattern) => matches(text, compiledPattern(textIn(pattern)))),
    lowerAscii: onText('string', [0, 0], (text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
    upperAscii: onText('string', [0, 0], (text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())),
    trim: onText('string', [0, 0], (text) => text.trim()),
    indexOf: onText('number', [1, 1], (text, part) => text.indexOf(textIn(part))),
    lastIndexOf: onText('number', [1, 1], (text, part) => text.lastIndexOf(textIn(part))),
    substring: onText('string', [1, 2], substring),
    split: onText('list', [1, 1], split),
    replace: onText('string', [2, 2], (text, part, by) => replaced(text, textIn(part), textIn(by))),
    join: { least: 1, most: 2, gives: 'string', apply: joined },
    getFullYear: getter((date) => date.getUTCFullYear()),
    getMonth: getter((date) => date.getUTCMonth()),
    getDate: getter((date) => date.getUTCDate()),
    getDayOfMonth: getter((date) => date.getUTCDate() - 1),
    getDayOfWeek: getter((date) => date.getUTCDay()),
    getDayOfYear: getter((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / dayMs)),
    getHours: getter(
      (date) => date.getUTCHours(),
      (ms) => ms / 3_600_000,
    ),
    getMinutes: getter(
      (date) => date.getUTCMinutes(),
      (ms) => ms / 60_000,
    ),
    getSeconds: getter(
      (date) => date.getUTCSeconds(),
      (ms) => ms / 1000,
    ),
    getMilliseconds: getter(
      (date) => date.getUTCMilliseconds(),
      (ms) => ms,
    ),
  } satisfies Record<string, FunctionDeclaration>),
)

/** `name(…)` */
export const functions: ReadonlyMap<string, FunctionDeclaration> = new Map(
  Object.entries({
    size: one('number', sizeOf),
    string: one('string', stringOf),
    int: one('number', intOf),
    double: one('number', doubleOf),
    bool: one('bool', boolOf),
    type: one('string', typeOf),
    timestamp: one('timestamp', timestampOf),
    duration: one('duration', durationOf),
    millis: one('number', millisOf),
    abs: one('number', (value) => {
      if (!isNumber(value)) throw failed(`abs() does not take ${typeOf(value)}`)
      return value < 0 ? -value : value
    }),
    round: one('number', (value) => rounded(value, Math.round)),
    floor: one('number', (value) => rounded(value, Math.floor)),
    ceil: one('number', (value) => rounded(value, Math.ceil)),
    min: { least: 2, most: 2, gives: undefined, apply: (left, right) => (compare(left, right) <= 0 ? left : right) },
    max: { least: 2, most: 2, gives: undefined, apply: (left, right) => (compare(left, right) >= 0 ? left : right) },
  } satisfies Record<string, FunctionDeclaration>),
)

function one(gives: TypeName | undefined, apply: (value: Value) => Value): FunctionDeclaration {
  return { least: 1, most: 1, gives, apply }
}

/** A method of texts that takes `least` to `most` arguments. */
function onText(
  gives: TypeName,
  [least, most]: readonly [number, number],
  apply: (text: string, second: Value, third: Value) => Value,
): FunctionDeclaration {
  return {
    least: least + 1,
    most: most + 1,
    gives,
    apply: (value, second, third) => apply(textIn(value), second, third),
  }
}

function getter(ofTime: (date: Date) => number, ofDuration?: (ms: number) => number): FunctionDeclaration {
  return one('number', (value) => {
    if (value instanceof Timestamp) return ofTime(new Date(value.ms))
    if (value instanceof Duration && ofDuration !== undefined) return Math.trunc(ofDuration(value.ms))
    throw failed(`${typeOf(value)} has no such part`)
  })
}

/** Errors: expression_failed, expression_budget when texts are looked through too often. */
export function textIn(value: Value): string {
  if (typeof value !== 'string') throw failed(`a string is needed here, not ${typeOf(value)}`)
  spend(value.length >>> 6)
  return value
}

/** Whether the pattern fits anywhere in the text. Slower than plain search, and paid for as such. */
export function matches(text: string, pattern: RE2JS): boolean {
  spend(text.length >>> 4)
  return pattern.matcher(text).find()
}

/** Characters (code points), elements or fields. */
function sizeOf(value: Value): Value {
  if (Array.isArray(value)) return value.length
  if (isMap(value)) return Object.keys(value).length
  const text = textIn(value)
  let size = text.length
  for (let at = 0; at < text.length - 1; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) size--
  }
  return size
}

function stringOf(value: Value): Value {
  if (value instanceof Timestamp) return isoText(value)
  if (value instanceof Duration) return durationText(value)
  if (typeof value === 'object') throw failed(`string() does not take ${typeOf(value)}`)
  return String(value)
}

/** Decimals lose what is behind the point; a time gives its seconds. */
function intOf(value: Value): Value {
  if (isNumber(value)) return rounded(value, Math.trunc)
  if (value instanceof Timestamp) return Math.floor(value.ms / 1000)
  if (typeof value !== 'string' || value.length > longestDigits || !/^[+-]?\d+$/.test(value)) {
    throw failed(`int() does not take ${described(value)}`)
  }
  return normal(BigInt(value.startsWith('+') ? value.slice(1) : value))
}

function doubleOf(value: Value): Value {
  if (isNumber(value)) return Number(value)
  const isDecimal = typeof value === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)
  if (isDecimal && Number.isFinite(Number(value))) return Number(value)
  throw failed(`double() does not take ${described(value)}`)
}

function boolOf(value: Value): Value {
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw failed(`bool() does not take ${described(value)}`)
}

function timestampOf(value: Value): Value {
  if (value instanceof Timestamp) return value
  const ms = parseTimestamp(value)
  if (ms === undefined) throw failed(`timestamp() does not take ${described(value)}`)
  return timestampAt(ms)
}

const durationUnitsMs: Readonly<Record<string, number>> = { d: dayMs, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
const durationPart = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y

/** `"1h30m"`, `"-250ms"`: parts one after the other, or a number of seconds. */
function durationOf(value: Value): Value {
  if (value instanceof Duration) return value
  if (typeof value === 'number' && Number.isFinite(value)) return new Duration(value * 1000)
  const text = textIn(value)
  const start = text.startsWith('-') ? 1 : 0
  let ms = 0
  let at = start
  while (at < text.length) {
    durationPart.lastIndex = at
    const match = durationPart.exec(text)
    if (match === null) break
    ms += Number(match[1]) * durationUnitsMs[match[2]!]!
    at = durationPart.lastIndex
  }
  if (at < text.length || at === start) throw failed(`duration() does not take ${described(value)}`)
  return new Duration(start === 1 ? -ms : ms)
}

function millisOf(value: Value): Value {
  if (value instanceof Timestamp || value instanceof Duration) return value.ms
  throw failed(`millis() does not take ${typeOf(value)}`)
}

function rounded(value: Value, by: (value: number) => number): Value {
  if (isWhole(value)) return typeof value === 'number' && !Number.isSafeInteger(value) ? normal(BigInt(value)) : value
  if (typeof value === 'number' && Number.isFinite(value)) return by(value)
  throw failed(`a finite number is needed here, not ${described(value)}`)
}

function substring(text: string, from: Value, to: Value | undefined): Value {
  const end = to ?? text.length
  if (typeof from !== 'number' || typeof end !== 'number' || !Number.isInteger(from) || !Number.isInteger(end)) {
    throw failed('substring() takes whole numbers')
  }
  if (from < 0 || end < from || end > text.length) {
    throw failed(`substring(${from}, ${end}) of ${text.length} characters`)
  }
  return text.substring(from, end)
}

function split(text: string, separator: Value): Value {
  const parts = text.split(textIn(separator), mostElements + 1)
  spend(parts.length)
  if (parts.length > mostElements) throw overBudget(`a list beyond ${mostElements} elements`)
  return parts
}

function replaced(text: string, part: string, by: string): Value {
  if (part === '') throw failed('replace() of nothing')
  const parts = text.split(part)
  checkCharacters(text.length + (parts.length - 1) * (by.length - part.length))
  return parts.join(by)
}

function joined(list: Value, separator: Value | undefined): Value {
  if (!Array.isArray(list)) throw failed(`join() does not take ${typeOf(list)}`)
  const between = separator === undefined ? '' : textIn(separator)
  let characters = Math.max(0, list.length - 1) * between.length
  for (const element of list) characters += textIn(element as Value).length
  checkCharacters(characters)
  return (list as string[]).join(between)
}

/** What texts make of texts is no free work either. */
function checkCharacters(characters: number): void {
  spend(characters >>> 6)
  if (characters > mostCharacters)
    throw overBudget(`a text of ${characters} characters; ${mostCharacters} are the most`)
}

function described(value: Value): string {
  return typeof value === 'string' || isNumber(value) ? JSON.stringify(String(value).slice(0, 50)) : typeOf(value)
}

// A JSON value as the value of a column, exactly or not at all.

import type { JsonValue } from '../../../core/format/parsed.js'
import { stringifyJson } from '../../../core/format/json-object.js'
import type { LeafColumn } from '../table/leaf-column.js'
import type { ScalarType } from '../table/column-type.js'

/** Booleans and doubles as they are; integers, times and decimals as numbers or bigints (unscaled); others as bytes. */
export type ScalarValue = boolean | number | bigint | Buffer

const mostLong = 2n ** 63n
const dayMs = 86_400_000
const dayMicros = 86_400_000_000
const datePattern = /^(\d{4})-(\d\d)-(\d\d)$/
const timePattern = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})0*)?$/
const timestampPattern = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/
const decimalPattern = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i
/** Longer numerals cost time, and no column holds them. */
const mostNumeralCharacters = 256
const longTextPattern = /^-?\d{16,19}$/
const uuidPattern = /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i
const floats: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** Undefined when the column cannot hold the value, which is not null, exactly. */
export function scalarOf(type: ScalarType, value: JsonValue): ScalarValue | undefined {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'int32':
      return typeof value === 'number' && (value | 0) === value ? value : undefined
    case 'int64':
      return longOf(value)
    case 'float':
    case 'double':
      return doubleOf(value)
    case 'decimal':
      return decimalOf(value, type)
    case 'json':
      return Buffer.from(stringifyJson(value))
    case 'string':
    case 'binary':
    case 'uuid':
    case 'date':
    case 'time':
    case 'timestamp':
      return typeof value === 'string' ? fromText(type, value) : undefined
  }
}

/** Puts what `scalarOf` gave for the leaf's type. */
export function putScalar(leaf: LeafColumn, value: ScalarValue, repetition: number): void {
  const { kind } = leaf.type
  if (typeof value === 'boolean') leaf.putBoolean(value, repetition)
  else if (typeof value === 'bigint') leaf.putBigInt(value, repetition)
  else if (typeof value !== 'number') leaf.putBytes(value, 0, value.length, repetition)
  else if (kind === 'double' || kind === 'float') leaf.putDouble(value, repetition)
  else if (kind === 'int32' || kind === 'date') leaf.putInt32(value, repetition)
  else leaf.putInteger(value, repetition)
}

/** Text too: Postgres' int8 beyond 2^53 comes so. */
function longOf(value: JsonValue): number | bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  if (typeof value === 'string' && !longTextPattern.test(value)) return undefined
  if (typeof value !== 'bigint' && typeof value !== 'string') return undefined
  const long = BigInt(value)
  return isLong(long) ? long : undefined
}

export function isLong(value: bigint): boolean {
  return value >= -mostLong && value < mostLong
}

function doubleOf(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'string' && Object.hasOwn(floats, value)) return floats[value]
  // Whatever an int64 took has to go on, unless it would be rounded. Beyond 64 bits there is no column that an integer
  // could have been in before.
  const long = longOf(value)
  return long !== undefined && BigInt(Number(long)) === BigInt(long) ? Number(long) : undefined
}

function decimalOf(
  value: JsonValue,
  { precision, scale }: { readonly precision: number; readonly scale: number },
): number | bigint | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const text = String(value)
  const match = text.length > mostNumeralCharacters ? null : decimalPattern.exec(text)
  if (match === null) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const significant = (whole! + fraction).replace(/^0+/, '')
  // The digit with the number `end` would be the first that has no place.
  const end = significant.length - fraction.length + Number(exponent) + scale
  const isExact = end >= significant.length || /^0*$/.test(significant.slice(Math.max(end, 0)))
  if (!isExact || (significant !== '' && end > precision)) return undefined
  const digits = significant.slice(0, Math.max(end, 0)).padEnd(significant === '' ? 0 : end, '0') || '0'
  if (digits.length > precision) return undefined
  const unscaled = BigInt(sign! + digits)
  return digits.length <= 15 ? Number(unscaled) : unscaled
}

/** Types whose values are texts in JSON. */
type TextualType = Extract<
  ScalarType,
  | { readonly kind: 'date' | 'time' }
  | { readonly isUtc: boolean }
  | { readonly kind: 'string' | 'json' | 'binary' | 'uuid' }
>

function fromText(type: TextualType, text: string): ScalarValue | undefined {
  switch (type.kind) {
    case 'string':
      return Buffer.from(text)
    case 'binary':
      return fromBase64(text)
    case 'uuid':
      return uuidPattern.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : undefined
    case 'date':
      return daysOf(text)
    case 'time':
      return microsOfDay(text)
    case 'timestamp':
      return microsOf(text, type.isUtc)
    case 'json':
      return undefined
  }
}

function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  // The decoder passes over what is no base64.
  return bytes.toString('base64') === text ? bytes : undefined
}

/** Days since 1970-01-01, of a day that exists. */
function daysOf(text: string): number | undefined {
  const match = datePattern.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? Math.round(date.getTime() / dayMs) : undefined
}

function microsOfDay(text: string): number | undefined {
  const match = timePattern.exec(text)
  if (match === null) return undefined
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + Number((match[4] ?? '').padEnd(6, '0'))
}

/** A zone is needed nowhere; where the column has none, there must not be one. */
function microsOf(text: string, isUtc: boolean): number | bigint | undefined {
  const match = timestampPattern.exec(text)
  if (match === null) return undefined
  const [, date, time, zone] = match
  const days = daysOf(date!)
  const micros = microsOfDay(time!)
  if (days === undefined || micros === undefined || (zone !== undefined && !isUtc)) return undefined
  const inDay = micros - zoneMicros(zone)
  const sum = days * dayMicros + inDay
  // Numbers are exact up to the year 2255.
  return Number.isSafeInteger(sum) ? sum : BigInt(days) * BigInt(dayMicros) + BigInt(inDay)
}

function zoneMicros(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0)
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000_000
}

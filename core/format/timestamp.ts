// Points in time as logs write them: ISO 8601 / RFC 3339, and numbers since the epoch.
//
// Own code rather than Date.parse, whose answer depends on the machine's time zone and on the engine: here a time
// without a zone is UTC, a day that does not exist is no time, and what is finer than a millisecond is cut off.

const datePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?[ ]?([Zz]|UTC|GMT|([+-])(\d{2})(?::?(\d{2}))?)?)?$/
const numberPattern = /^[+-]?\d{1,19}(?:\.\d+)?$/

const dayMs = 86_400_000
/** The largest time that a Date can hold, 100 million days after the epoch. */
const lastMs = 8.64e15

/**
 * Milliseconds since the epoch, or undefined. Takes the text `2026-11-22T10:30:00.5+01:00` with a space for the `T`,
 * without seconds, fraction, zone or time of day; and numbers, or text of digits: seconds below 10^11 (the year 5138),
 * milliseconds below 10^14, microseconds below 10^17, nanoseconds beyond.
 */
export function parseTimestamp(value: unknown): number | undefined {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value === 'bigint') return fromLongEpoch(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (!numberPattern.test(text)) return fromIso(text)
  const number = Number(text)
  const isRounded = !text.includes('.') && !Number.isSafeInteger(number)
  return isRounded ? fromLongEpoch(BigInt(text)) : fromEpoch(number)
}

/** Nanoseconds of today have 19 digits: as doubles they would be off by up to 128, and at times in another millisecond. */
function fromLongEpoch(value: bigint): number | undefined {
  const isNanoseconds = value >= 10n ** 17n || value <= -(10n ** 17n)
  return isNanoseconds && BigInt.asIntN(64, value) === value
    ? Number((value - (value < 0n ? 999_999n : 0n)) / 1_000_000n)
    : fromEpoch(Number(value))
}

function fromEpoch(value: number): number | undefined {
  const size = Math.abs(value)
  let ms: number
  // Seconds come with decimals; the product of a decimal may lie just below the millisecond that is meant.
  if (size < 1e11) ms = Math.floor(Number((value * 1000).toFixed(3)))
  else if (size < 1e14) ms = Math.floor(value)
  else if (size < 1e17) ms = Math.floor(value / 1e3)
  else ms = Math.floor(value / 1e6)
  return Math.abs(ms) <= lastMs ? ms : undefined
}

function fromIso(text: string): number | undefined {
  const match = datePattern.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone, sign, zoneHour, zoneMinute] = match
  const days = daysSinceEpoch(Number(year), Number(month), Number(day))
  const hours = Number(hour ?? 0)
  const minutes = Number(minute ?? 0)
  // 60 is a leap second, which counts as the first of the next minute.
  const seconds = Number(second ?? 0)
  if (days === undefined || hours > 23 || minutes > 59 || seconds > 60) return undefined
  let offsetMinutes = 0
  if (zone !== undefined && sign !== undefined) {
    const ahead = Number(zoneHour) * 60 + Number(zoneMinute ?? 0)
    if (Number(zoneHour) > 23 || Number(zoneMinute ?? 0) > 59) return undefined
    offsetMinutes = sign === '-' ? -ahead : ahead
  }
  const fractionMs = Number(`${fraction ?? ''}000`.slice(0, 3))
  return days * dayMs + (hours * 60 + minutes - offsetMinutes) * 60_000 + seconds * 1000 + fractionMs
}

/** Undefined for a day that the (proleptic) Gregorian calendar does not have. */
function daysSinceEpoch(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  // Years begin in March here, so that the leap day is a year's last: H. Hinnant, "chrono-compatible low-level date
  // algorithms", days_from_civil.
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTimestamp } from '../../../core/format/timestamp.js'

/** From the year 0 to the end of 9999. */
const anyTimeMs = fc.integer({ min: Date.UTC(2000, 0, 1) - 2000 * 365.2425 * 86_400_000, max: 253_402_300_799_999 })

describe('a time of ISO 8601', () => {
  it('is read as the calendar has it, for every millisecond of four-digit years', () => {
    fc.assert(
      fc.property(anyTimeMs, (ms) => {
        expect(parseTimestamp(new Date(ms).toISOString())).toBe(ms)
      }),
      { numRuns: 3000 },
    )
  })

  it('moves by its zone', () => {
    fc.assert(
      fc.property(anyTimeMs, fc.integer({ min: -1439, max: 1439 }), fc.constantFrom(':', ''), (ms, minutes, colon) => {
        const local = new Date(ms).toISOString().slice(0, -1)
        const ahead = Math.abs(minutes)
        const twoDigits = (value: number): string => String(value).padStart(2, '0')
        const zone = `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(ahead / 60))}${colon}${twoDigits(ahead % 60)}`
        expect(parseTimestamp(local + zone)).toBe(ms - minutes * 60_000)
      }),
    )
  })

  it.each([
    ['1985-04-12T23:20:50.52Z', 482196050520], // RFC 3339, section 5.8, and the three that follow
    ['1996-12-19T16:39:57-08:00', 851042397000],
    ['1990-12-31T23:59:60Z', 662688000000],
    ['1937-01-01T12:00:27.87+00:20', -1041337172130],
    ['2026-11-22', 1795305600000],
    ['2026-11-22T10:30', 1795343400000],
    ['2026-11-22 10:30:00', 1795343400000],
    ['2026-11-22 10:30:00,123', 1795343400123],
    ['2026-11-22t10:30:00.1239999z', 1795343400123],
    ['2026-11-22 10:30:00 +0100', 1795339800000],
    ['2026-11-22 10:30:00 UTC', 1795343400000],
    ['2026-11-22T10:30:00+01', 1795339800000],
    ['  2026-11-22T10:30:00Z\r', 1795343400000],
    ['2024-02-29', 1709164800000],
    ['2000-02-29T00:00:00Z', 951782400000],
  ])('%j is %i', (text, ms) => {
    expect(parseTimestamp(text)).toBe(ms)
  })

  it.each([
    '',
    'yesterday',
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-1-1',
    '2026-11-22T24:00:00Z',
    '2026-11-22T10:60:00Z',
    '2026-11-22T10:30:61Z',
    '2026-11-22T10:30:00.Z',
    '2026-11-22T10:30:00+24:00',
    '2026-11-22T10:30:00+01:60',
    '2026-11-22T10Z',
    '2026-11-22Z',
    '2026-11-22T10:30:00Zulu',
    '22.11.2026',
  ])('%j is none', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })
})

describe('a number since the epoch', () => {
  it.each([
    [1_795_343_400, 1_795_343_400_000],
    [1_795_343_400.123, 1_795_343_400_123],
    [1_795_343_400_123, 1_795_343_400_123],
    [1_795_343_400_123_456, 1_795_343_400_123],
    [1_795_343_400_123_000_000n, 1_795_343_400_123],
    [1_795_343_400_122_999_999n, 1_795_343_400_122],
    ['1795343400', 1_795_343_400_000],
    ['1795343400.5', 1_795_343_400_500],
    ['1795343400123', 1_795_343_400_123],
    ['1795343400123456789', 1_795_343_400_123],
    ['-1795343400123000001', -1_795_343_400_124],
    [0, 0],
    ['-1.5', -1500],
    [-1, -1000],
  ])('%s is seconds, milliseconds, microseconds or nanoseconds by its size', (value, ms) => {
    expect(parseTimestamp(value)).toBe(ms)
  })

  it('is the same as text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer()), (value) => {
        expect(parseTimestamp(String(value))).toBe(parseTimestamp(value))
        expect(parseTimestamp(BigInt(value))).toBe(parseTimestamp(value))
      }),
    )
  })

  it('keeps every millisecond, in each unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e11, max: 4e12 }), (ms) => {
        expect(parseTimestamp(ms / 1000)).toBe(ms)
        expect(parseTimestamp(ms * 1000)).toBe(ms)
        expect(parseTimestamp(`${ms}000000`)).toBe(ms)
      }),
    )
  })

  it.each([NaN, Infinity, 1e300, true, null, undefined, {}, [], '1e5', '0x10', 10n ** 30n])('%s is none', (value) => {
    expect(parseTimestamp(value)).toBeUndefined()
  })
})

// A value becomes that of a column exactly, or not at all.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scalarOf } from '../../../../connectors/lake/rows/scalar-value.js'
import type { ScalarType } from '../../../../connectors/lake/table/column-type.js'

const utc: ScalarType = { kind: 'timestamp', isUtc: true }
const local: ScalarType = { kind: 'timestamp', isUtc: false }
const money: ScalarType = { kind: 'decimal', precision: 10, scale: 2 }

describe('a value of a column', () => {
  it('is a moment to the microsecond, in every year of four digits', () => {
    expect(scalarOf(utc, '2024-02-29T10:00:00.123456Z')).toBe(1_709_200_800_123_456)
    expect(scalarOf(utc, '9999-12-31T23:59:59.999999Z')).toBe(253_402_300_799_999_999n)
    expect(scalarOf(utc, '2024-02-29T12:00:00+02:00')).toBe(scalarOf(utc, '2024-02-29 10:00:00Z'))
    expect(scalarOf(local, '2024-02-29T10:00:00')).toBe(1_709_200_800_000_000)
  })

  it('is no moment that does not exist, has a zone where none belongs, or would be rounded', () => {
    for (const text of [
      '2023-02-29T10:00:00Z',
      'infinity',
      '2024-02-29T10:00:00+99:99',
      '2024-02-29T10:00:00.1234567Z',
    ]) {
      expect(scalarOf(utc, text), text).toBeUndefined()
    }
    expect(scalarOf(local, '2024-02-29T10:00:00Z')).toBeUndefined()
  })

  it('is a decimal with all its digits, however it is written', () => {
    expect(scalarOf(money, '12.30')).toBe(1230)
    expect(scalarOf(money, '12.3000')).toBe(1230)
    expect(scalarOf(money, 1e-2)).toBe(1)
    expect(scalarOf(money, '-0.00')).toBe(0)
    expect(scalarOf(money, '1.5e3')).toBe(150_000)
    expect(scalarOf({ kind: 'decimal', precision: 7, scale: 7 }, 1e-7)).toBe(1)
    for (const text of ['12.301', '123456789', '1e8', '1e-3', 'NaN', 'Infinity', '', '1e999']) {
      expect(scalarOf(money, text), text).toBeUndefined()
    }
  })

  it('is a decimal as BigInt counts it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.nat(38), (unscaled, scale) => {
        const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
        const point = digits.length - scale
        const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}0`
        const held = scalarOf({ kind: 'decimal', precision: 38, scale }, text)
        const isHeld = unscaled > -(10n ** 38n) && unscaled < 10n ** 38n
        expect(held === undefined ? undefined : BigInt(held as number | bigint)).toBe(isHeld ? unscaled : undefined)
      }),
    )
  })

  it('is looked at no longer than any column needs', () => {
    const zeros = '0'.repeat(2_000_000)
    expect(scalarOf(money, `0.${zeros}1`)).toBeUndefined()
    const bytes = Buffer.alloc(3_000_000, 7)
    expect(bytes.equals(scalarOf({ kind: 'binary' }, bytes.toString('base64')) as Buffer)).toBe(true)
  })

  it('is base64 or no bytes', () => {
    expect(scalarOf({ kind: 'binary' }, 'AQI=')).toEqual(Buffer.from([1, 2]))
    for (const text of ['AQI', 'A*==', 'AQI=\n']) expect(scalarOf({ kind: 'binary' }, text), text).toBeUndefined()
  })

  it('stays what it was when its column becomes a double, or was refused', () => {
    expect(scalarOf({ kind: 'int64' }, '1000000000000000')).toBe(10n ** 15n)
    expect(scalarOf({ kind: 'double' }, '1000000000000000')).toBe(1e15)
    expect(scalarOf({ kind: 'double' }, '9007199254740993')).toBeUndefined()
    expect(scalarOf({ kind: 'double' }, 'constructor')).toBeUndefined()
  })
})

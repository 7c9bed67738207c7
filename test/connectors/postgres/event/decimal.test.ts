import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digitCount, writeDecimal } from '../../../../connectors/postgres/event/decimal.js'

test('any safe integer is written as String writes it', () => {
  const value = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 9, 10, 2 ** 31, Number.MAX_SAFE_INTEGER))
  fc.assert(
    fc.property(value, (number) => {
      const target = Buffer.alloc(20, '.')
      const end = writeDecimal(target, 2, number)
      expect(target.toString('latin1', 0, end)).toBe(`..${number}`)
      expect(digitCount(number)).toBe(String(number).length)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c, crc32cPortable } from '../../../core/bytes/crc32c.js'

const ascending = Uint8Array.from({ length: 32 }, (_, at) => at)

describe('crc32c', () => {
  // RFC 3720 B.4, and the check value of the catalogue of parametrised CRC algorithms.
  it.each([
    ['nothing', new Uint8Array(0), 0],
    ['"123456789"', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 ascending bytes', ascending, 0x46dd794e],
    ['32 descending bytes', ascending.toReversed(), 0x113fdb5c],
  ])('gives the published sum of %s', (_name, bytes, sum) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(sum)
    expect(crc32cPortable(bytes, 0, bytes.length)).toBe(sum)
  })

  it('gives the same sum with and without the native module, for every length about the crossover', () => {
    const bytes = Uint8Array.from({ length: 700 }, (_, at) => (at * 167 + 13) & 0xff)
    for (let end = 0; end <= bytes.length; end++) {
      expect(crc32c(bytes, 3, Math.max(3, end))).toBe(crc32cPortable(bytes, 3, Math.max(3, end)))
    }
  })

  it('continues from a seed: the sum of the parts is the sum of the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), fc.nat(1500), (bytes, cut) => {
        const middle = Math.min(cut, bytes.length)
        const whole = crc32c(bytes, 0, bytes.length)
        expect(crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle))).toBe(whole)
        expect(crc32cPortable(bytes, middle, bytes.length, crc32cPortable(bytes, 0, middle))).toBe(whole)
      }),
    )
  })

  it('sees only the range it is given', () => {
    const inside = Buffer.from('..123456789..')
    expect(crc32c(inside, 2, 11)).toBe(0xe3069283)
  })
})

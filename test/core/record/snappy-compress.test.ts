import fc from 'fast-check'
import { snappyUncompress } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { snappyCompress } from '../../../core/record/snappy-compress.js'
import { snappyDecompress } from '../../../core/record/snappy.js'

/** By our own reader, and by one that somebody else wrote. */
function expectGivenBack(bytes: Buffer): void {
  const packed = snappyCompress(bytes)
  expect(snappyDecompress(packed, bytes.length).equals(bytes)).toBe(true)
  const opened = new Uint8Array(bytes.length)
  snappyUncompress(packed, opened)
  expect(Buffer.from(opened).equals(bytes)).toBe(true)
}

describe('raw snappy', () => {
  it('gives back every length of literals and matches around the bounds of its elements', () => {
    for (let literalBytes = 0; literalBytes < 80; literalBytes++) {
      for (const matchBytes of [0, 3, 4, 11, 12, 59, 60, 63, 64, 65, 66, 67, 68, 69, 127, 128, 129, 131, 132, 200]) {
        const pattern = Buffer.from(Array.from({ length: literalBytes }, (_, index) => (index * index * 31 + 7) & 0xff))
        const repeated = Buffer.alloc(matchBytes, pattern.length > 0 ? pattern : 'a')
        expectGivenBack(Buffer.concat([pattern, repeated, Buffer.from('tail')]))
      }
    }
  })

  it('gives back what repeats near and far', () => {
    const parts = fc.array(fc.tuple(fc.uint8Array({ maxLength: 70 }), fc.integer({ min: 1, max: 40 })), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 70_000 }), (pieces, farBytes) => {
        const near = Buffer.concat(pieces.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes)))
        expectGivenBack(Buffer.concat([near, Buffer.alloc(farBytes, 'x'), near]))
      }),
    )
  })

  it('keeps the bits of numbers that are no numbers', () => {
    // Signalling NaNs, short enough for the copy of sixteen bytes.
    expectGivenBack(Buffer.from('010000000000f07f020000000000f0ff030000000000f07f040000000000f0ff'.repeat(3), 'hex'))
  })

  it('finds what repeats', () => {
    const lines = Buffer.from(
      Array.from({ length: 2000 }, (_, index) => `handled request ${index} in zone 7\n`).join(''),
    )
    expect(snappyCompress(lines).length).toBeLessThan(lines.length / 4)
  })
})

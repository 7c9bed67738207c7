import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitWidthOf, mostHybridBytes, writeHybrid } from '../../../../connectors/lake/parquet/hybrid.js'

function encoded(values: readonly number[], bitWidth: number): Buffer {
  const target = Buffer.alloc(mostHybridBytes(values.length, bitWidth))
  const end = writeHybrid(target, 0, { values: Uint16Array.from(values), start: 0, end: values.length, bitWidth })
  expect(end).toBeLessThanOrEqual(target.length)
  return target.subarray(0, end)
}

/** Reads as the specification says, bit by bit. */
function decoded(bytes: Buffer, bitWidth: number, count: number): readonly number[] {
  const values: number[] = []
  const widthBytes = Math.ceil(bitWidth / 8)
  for (let at = 0; at < bytes.length; ) {
    let header = 0
    let scale = 1
    for (; ; scale *= 128) {
      const byte = bytes[at++]!
      header += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    const length = Math.floor(header / 2)
    if (header % 2 === 0) {
      for (let index = 0; index < length; index++) values.push(bytes.readUIntLE(at, widthBytes))
      at += widthBytes
      continue
    }
    for (let index = 0; index < length * 8; index++) {
      let value = 0
      for (let bit = 0; bit < bitWidth; bit++) {
        const place = index * bitWidth + bit
        value |= ((bytes[at + (place >>> 3)]! >>> (place & 7)) & 1) << bit
      }
      values.push(value)
    }
    at += length * bitWidth
  }
  return values.slice(0, count)
}

describe('the hybrid of runs and packed bits', () => {
  it('packs as the specification shows', () => {
    // Encodings.md: 0 to 7 in three bits each.
    expect(encoded([0, 1, 2, 3, 4, 5, 6, 7], 3).toString('hex')).toBe('0388c6fa')
  })

  it('writes equal values once', () => {
    expect(
      encoded(
        Array.from({ length: 1000 }, () => 5),
        3,
      ).toString('hex'),
    ).toBe('d00f05')
    expect(
      encoded(
        Array.from({ length: 9 }, () => 300),
        9,
      ).toString('hex'),
    ).toBe('122c01')
  })

  it('gives back any values within the room that was asked for', () => {
    const anyValues = fc.integer({ min: 1, max: 16 }).chain((bitWidth) =>
      fc.record({
        bitWidth: fc.constant(bitWidth),
        runs: fc.array(fc.tuple(fc.nat(2 ** bitWidth - 1), fc.integer({ min: 1, max: 20 })), { maxLength: 120 }),
      }),
    )
    fc.assert(
      fc.property(anyValues, ({ bitWidth, runs }) => {
        const values = runs.flatMap(([value, times]) => Array.from({ length: times }, () => value))
        expect(decoded(encoded(values, bitWidth), bitWidth, values.length)).toEqual(values)
      }),
    )
  })

  it('takes at least one bit', () => {
    expect([0, 1, 2, 255, 256, 65_535].map(bitWidthOf)).toEqual([1, 1, 2, 8, 9, 16])
  })
})

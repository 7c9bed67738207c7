import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VarintReader, varintBytes, writeVarint } from '../../../core/bytes/varint.js'

const safeInteger = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -70, max: 70 }),
  // The borders of every length.
  fc.tuple(fc.nat(52), fc.integer({ min: -2, max: 2 }), fc.boolean()).map(([bits, off, negative]) => {
    const value = Math.min(2 ** bits + off, Number.MAX_SAFE_INTEGER)
    return negative ? -value : value
  }),
)

function write(value: number): Uint8Array {
  const target = new Uint8Array(16)
  return target.subarray(0, writeVarint(target, 0, value))
}

/** The definition, in BigInt. */
function zigzag(value: number): number[] {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes: number[] = []
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

describe('varints', () => {
  it('are written as the definition says, in the length that was announced', () => {
    fc.assert(
      fc.property(safeInteger, (value) => {
        expect([...write(value)]).toEqual(zigzag(value))
        expect(varintBytes(value)).toBe(zigzag(value).length)
      }),
      { numRuns: 2000 },
    )
  })

  it('come back as they were written, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(safeInteger, { maxLength: 40 }), (values) => {
        const target = new Uint8Array(values.length * 8)
        let end = 0
        for (const value of values) end = writeVarint(target, end, value)
        const reader = new VarintReader()
        expect(values.map(() => reader.read(target, end))).toEqual(values.map((value) => value + 0))
        expect(reader.at).toBe(end)
      }),
    )
  })

  it('are NaN, and the place stays, when they are cut short', () => {
    fc.assert(
      fc.property(safeInteger, (value) => {
        const bytes = write(value)
        const reader = new VarintReader()
        expect(reader.read(bytes, bytes.length - 1)).toBeNaN()
        expect(reader.at).toBe(0)
      }),
    )
  })

  it('may be longer than they need to be, up to ten bytes', () => {
    const reader = new VarintReader()
    expect(reader.read(Uint8Array.of(0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00), 10)).toBe(-2)
    expect(reader.at).toBe(10)
    const eleven = new VarintReader()
    expect(eleven.read(Uint8Array.of(0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00), 11)).toBeNaN()
  })

  it('are NaN beyond the safe integers', () => {
    const reader = new VarintReader()
    expect(reader.read(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20), 8)).toBeNaN()
    expect(reader.read(new Uint8Array(10).fill(0xff), 10)).toBeNaN()
    expect(reader.at).toBe(0)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultMaxDepth, JsonScanner } from '../../../core/format/json-scanner.js'

const scanner = new JsonScanner()

function isJson(text: string): boolean {
  const bytes = Buffer.from(text)
  return scanner.isWhole(bytes, 0, bytes.length)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the scanner of JSON', () => {
  it('agrees with JSON.parse about every text made of its tokens', () => {
    const token = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '"\\u00e9"', '"\\x"', '"\\u12"', 'é', '\u2028'],
      ...['0', '-', '1', '01', '1.5', '1.', '.5', '-0', '1e5', '1E+', '2e-7', 'true', 'false', 'null', 'nul', 'tru'],
      ...[' ', '\n', '\t', '\r', '\u0001', '\u000b', '\ufeff', 'NaN', 'u', "'", '/'],
    )
    const texts = fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(''))
    fc.assert(
      fc.property(texts, (text) => {
        expect(isJson(text)).toBe(parses(text))
      }),
      { numRuns: 3_000 },
    )
  })

  it('takes every value that JSON.stringify makes, and none that lost or won a byte inside', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 0, max: 127 }), (value, place, byte) => {
        const text = JSON.stringify(value, null, place % 3)
        expect(isJson(text)).toBe(true)
        const bytes = Buffer.from(text)
        const at = place % bytes.length
        if (bytes[at]! < 0x80) {
          bytes[at] = byte
          expect(scanner.isWhole(bytes, 0, bytes.length)).toBe(parses(bytes.toString()))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('finds where a value ends', () => {
    const bytes = Buffer.from(' {"a":[1,{}]} , 2')
    expect(scanner.value(bytes, 0, bytes.length)).toBe(13)
    expect(scanner.value(bytes, 15, bytes.length)).toBe(17)
  })

  it('says where and why it is none', () => {
    const bytes = Buffer.from('{"a":1,}')
    expect(scanner.isWhole(bytes, 0, bytes.length)).toBe(false)
    expect(scanner).toMatchObject({ failedAt: 7, reason: 'a name in quotes is due' })
  })

  it('refuses what is deeper than it may be, and recurses nowhere', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(isJson(nested(defaultMaxDepth))).toBe(true)
    expect(isJson(nested(defaultMaxDepth + 1))).toBe(false)
    expect(isJson('[{"a":'.repeat(200_000))).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Block } from '../../../../connectors/lake/formats/block.js'
import { escapedBytes, TextRange, writeEscaped } from '../../../../connectors/lake/formats/json-text.js'

function escaped(bytes: Uint8Array, before = 0): string | undefined {
  const block = new Block(before + bytes.length * 6)
  const range = new TextRange()
  range.set(bytes, 0, bytes.length)
  const end = writeEscaped(range, block, before)
  return end < 0 ? undefined : block.bytes.toString('utf8', before, end)
}

describe('escaped text', () => {
  it('is what JSON has between the quotes, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(7), (text, before) => {
        const wellFormed = Buffer.from(text).toString()
        expect(escaped(Buffer.from(wellFormed), before)).toBe(JSON.stringify(wellFormed).slice(1, -1))
      }),
      { numRuns: 1500 },
    )
  })

  it('is refused for exactly the bytes that are not UTF-8', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const odd = fc.oneof(
      fc.constantFrom(0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x80, 0x9f, 0xa0, 0xbf),
      fc.nat(255),
    )
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 9 }), (list) => {
        const bytes = Uint8Array.from(list)
        let isText = true
        try {
          decoder.decode(bytes)
        } catch {
          isText = false
        }
        expect(escaped(bytes) !== undefined).toBe(isText)
      }),
      { numRuns: 2000 },
    )
  })

  it('takes as many bytes as was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const bytes = Buffer.from(text)
        expect(escapedBytes(bytes, 0, bytes.length)).toBe(Buffer.byteLength(escaped(bytes) ?? ''))
      }),
    )
  })
})

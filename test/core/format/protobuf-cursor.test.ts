import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ProtobufCursor,
  tagOf,
  wireBytes,
  wireFixed32,
  wireFixed64,
  wireVarint,
} from '../../../core/format/protobuf-cursor.js'

function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

function walk(bytes: readonly number[]): number[] {
  const cursor = new ProtobufCursor(Buffer.from(bytes))
  const tags: number[] = []
  while (cursor.next(cursor.bytes.length)) {
    tags.push(cursor.tag)
    cursor.at = cursor.behind
  }
  return tags
}

describe('a cursor over Protocol Buffers', () => {
  it('reads every integer of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const cursor = new ProtobufCursor(Buffer.from([tagOf(1, wireVarint), ...varint(value)]))
        expect(cursor.next(cursor.bytes.length)).toBe(true)
        expect(cursor.int64Text()).toBe(value.toString())
        expect((BigInt(cursor.high) << 32n) | BigInt(cursor.low)).toBe(BigInt.asUintN(64, value))
      }),
    )
  })

  it('reads doubles, fixed integers and texts', () => {
    fc.assert(
      fc.property(fc.double(), fc.nat(), fc.string({ unit: 'grapheme' }), (double, integer, text) => {
        const numbers = Buffer.alloc(14)
        numbers[0] = tagOf(1, wireFixed64)
        numbers.writeDoubleLE(double, 1)
        numbers[9] = tagOf(2, wireFixed32)
        numbers.writeUInt32LE(integer, 10)
        const content = Buffer.from(text)
        const head = Buffer.from([tagOf(3, wireBytes), ...varint(BigInt(content.length))])
        const cursor = new ProtobufCursor(Buffer.concat([numbers, head, content]))
        const end = cursor.bytes.length
        expect(cursor.next(end) && cursor.double()).toBe(double)
        expect(cursor.next(end) && cursor.low).toBe(integer)
        expect(cursor.next(end) && cursor.text()).toBe(text)
        cursor.at = cursor.behind
        expect(cursor.next(end)).toBe(false)
      }),
    )
  })

  it('passes over what its caller does not look into', () => {
    expect(walk([0x08, 0x01, 0x12, 0x02, 0xff, 0xff, 0x1d, 1, 2, 3, 4, 0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8])).toEqual([
      tagOf(1, wireVarint),
      tagOf(2, wireBytes),
      tagOf(3, wireFixed32),
      tagOf(100, wireFixed64),
    ])
  })

  it.each([
    ['the number of a field is 0', [0x02, 0x00]],
    ['a group begins', [0x0b]],
    ['a group ends', [0x0c]],
    ['a wire type is none', [0x0e, 0x00]],
    ['it ends inside a tag', [0x80]],
    ['it ends inside a varint', [0x08, 0x80]],
    ['a varint has eleven bytes', [0x08, ...Array<number>(10).fill(0x80), 0x00]],
    ['it ends inside four bytes', [0x0d, 1, 2, 3]],
    ['it ends inside eight bytes', [0x09, 1, 2, 3, 4, 5, 6, 7]],
    ['a length is one too large', [0x0a, 0x02, 0x61]],
    ['a length is beyond 32 bits', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x10, 0x61]],
    ['a length is there alone', [0x0a]],
  ])('refuses bytes where %s', (_, bytes) => {
    expect(() => walk(bytes)).toThrowError(expect.objectContaining({ code: 'protobuf_malformed' }))
  })

  it('refuses text that is no UTF-8, and takes the character that stands for such', () => {
    const read = (content: readonly number[]): string => {
      const cursor = new ProtobufCursor(Buffer.from([0x0a, content.length, ...content]))
      cursor.next(cursor.bytes.length)
      return cursor.text()
    }
    expect(read([...Buffer.from('a\ufffdb')])).toBe('a\ufffdb')
    for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xef, 0xbf, 0xbd, 0xff]]) {
      expect(() => read(bad)).toThrowError(expect.objectContaining({ code: 'protobuf_malformed' }))
    }
  })

  it('ends, or refuses, on any bytes, and never reads behind them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const cursor = new ProtobufCursor(Buffer.from(bytes))
        try {
          while (cursor.next(bytes.length)) {
            expect(cursor.behind).toBeLessThanOrEqual(bytes.length)
            expect(cursor.behind).toBeGreaterThanOrEqual(cursor.at)
            cursor.at = cursor.behind
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'protobuf_malformed' })
        }
      }),
    )
  })
})

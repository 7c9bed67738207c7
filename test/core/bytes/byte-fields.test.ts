import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../../core/bytes/byte-reader.js'
import { ByteWriter } from '../../../core/bytes/byte-writer.js'
import { copyBytes } from '../../../core/bytes/copy-bytes.js'

const anyText = fc.oneof(fc.constant(null), fc.string({ unit: 'grapheme', maxLength: 300 }))
const anyBytes: fc.Arbitrary<Uint8Array | null> = fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 600 }))

/** One field of each kind, in the order in which the tests write and read them. */
const fields = fc.record({
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffffffff }),
  int64: fc.maxSafeInteger(),
  float64: fc.double(),
  uuid: fc.uuid(),
  text16: anyText,
  text32: anyText,
  bytes: anyBytes,
})

type Fields = typeof fields extends fc.Arbitrary<infer T> ? T : never

function writeAll(writer: ByteWriter, all: Fields): void {
  writer.int8(all.int8).int16(all.int16).int32(all.int32).uint32(all.uint32).int64(all.int64).float64(all.float64)
  writer.uuid(all.uuid).string16(all.text16).string32(all.text32).bytes32(all.bytes)
}

function readAll(reader: ByteReader): Fields {
  return {
    int8: reader.int8(),
    int16: reader.int16(),
    int32: reader.int32(),
    uint32: reader.uint32(),
    int64: reader.int64(),
    float64: reader.float64(),
    uuid: reader.uuid(),
    text16: reader.nullableString16(),
    text32: reader.nullableString32(),
    bytes: reader.nullableBytes32(),
  }
}

function codeOf(action: () => unknown): unknown {
  try {
    action()
    return 'no error'
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('binary fields', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fields, (all) => {
        const writer = new ByteWriter(1)
        writeAll(writer, all)
        const reader = new ByteReader(writer.view())
        const back = readAll(reader)
        expect({ ...back, bytes: back.bytes && Uint8Array.from(back.bytes) }).toEqual(all)
        expect(reader.remainingBytes).toBe(0)
      }),
    )
  })

  it('are bytes_truncated at every cut, and never read beyond', () => {
    fc.assert(
      fc.property(fields, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (all, where) => {
        const writer = new ByteWriter()
        writeAll(writer, all)
        const cut = writer.view().subarray(0, Math.floor(writer.sizeBytes * where))
        expect(codeOf(() => readAll(new ByteReader(cut)))).toBe('bytes_truncated')
      }),
    )
  })

  it('are big endian', () => {
    const writer = new ByteWriter()
    writer.int16(-2).int32(0x01020304).uint32(0xfffefdfc).int64(-3)
    expect(writer.finish().toString('hex')).toBe('fffe01020304fffefdfcfffffffffffffffd')
  })

  it('refuse a 64-bit integer beyond 2^53', () => {
    expect(codeOf(() => new ByteReader(Buffer.from('0020000000000000', 'hex')).int64())).toBe('bytes_unsafe_integer')
    expect(new ByteReader(Buffer.from('001fffffffffffff', 'hex')).int64()).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('refuse a hostile length, or count, before anything is made of it', () => {
    const huge = Buffer.from('7fffffff00', 'hex')
    expect(codeOf(() => new ByteReader(huge).bytes32())).toBe('bytes_truncated')
    expect(codeOf(() => new ByteReader(huge).string32())).toBe('bytes_truncated')
    expect(codeOf(() => new ByteReader(huge).count32(1))).toBe('bytes_truncated')
    expect(codeOf(() => new ByteReader(Buffer.from('fffffffe', 'hex')).nullableBytes32())).toBe('bytes_truncated')
    expect(codeOf(() => new ByteReader(Buffer.from('ffff', 'hex')).string16())).toBe('bytes_truncated')
    expect(new ByteReader(Buffer.from('0000000201ff', 'hex')).count32(1)).toBe(2)
  })

  it('refuse to write an integer that does not fit', () => {
    const writer = new ByteWriter()
    expect(() => writer.int8(128)).toThrow('128')
    expect(() => writer.int32(1.5)).toThrow('1.5')
    expect(() => writer.int64(2 ** 53)).toThrow('9007199254740992')
    expect(() => writer.string16('x'.repeat(32768))).toThrow('32768')
    expect(() => writer.uuid('no uuid')).toThrow('no uuid')
    expect(writer.sizeBytes).toBe(0)
  })

  it('leave a finished copy alone when the writer goes on', () => {
    const writer = new ByteWriter()
    const first = writer.int32(1).finish()
    writer.reset()
    writer.int32(2)
    expect(first.readInt32BE()).toBe(1)
  })
})

describe('copyBytes', () => {
  it('copies just the range, for lengths on both sides of the native crossover', () => {
    const source = Uint8Array.from({ length: 100 }, (_, at) => at + 1)
    for (let length = 0; length <= 80; length++) {
      const target = new Uint8Array(100)
      expect(copyBytes(target, 7, source, 11, 11 + length)).toBe(7 + length)
      expect([...target]).toEqual([
        ...new Uint8Array(7),
        ...source.subarray(11, 11 + length),
        ...new Uint8Array(93 - length),
      ])
    }
  })
})

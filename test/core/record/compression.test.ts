import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { batchHeaderBytes, codecOf } from '../../../core/record/batch-layout.js'
import { compress, decompress, mostDecompressedBytes } from '../../../core/record/compression.js'
import { prepareZstd } from '../../../core/record/zstd.js'
import { gzipBomb, lz4Bomb, snappyBomb, xerialBomb, zstdBomb } from './bombs.js'
import { foreignBatches } from './foreign-batches.js'

const codecs = [
  { name: 'none', codec: 0 },
  { name: 'gzip', codec: 1 },
  { name: 'snappy', codec: 2 },
  { name: 'lz4', codec: 3 },
  { name: 'zstd', codec: 4 },
]
const compressing = codecs.slice(1)
const mebibyte = 1024 * 1024

/** Bytes that repeat in parts, near and far, as records do. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 300 })), { maxLength: 40 })
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))))

function codeOf(error: unknown): string {
  if (error instanceof TailraceError) return error.code
  throw error
}

beforeAll(prepareZstd)

describe.each(codecs)('$name', ({ codec }) => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(repetitive, (bytes) => {
        expect(decompress(codec, compress(codec, bytes), mostDecompressedBytes).equals(bytes)).toBe(true)
      }),
    )
  })

  it('gives back what is empty, what does not repeat, and what is long', () => {
    const noise = Buffer.alloc(3 * mebibyte)
    for (let at = 0, state = 1; at < noise.length; at++)
      noise[at] = (state = (state * 1_103_515_245 + 12_345) | 0) >>> 24
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('a'),
      noise,
      Buffer.concat([noise, noise.subarray(0, 100_000)]),
    ]) {
      expect(decompress(codec, compress(codec, bytes), mostDecompressedBytes).equals(bytes)).toBe(true)
    }
  })
})

describe.each(compressing)('damaged $name', ({ codec }) => {
  const opened = Buffer.from(Array.from({ length: 200 }, (_, number) => `{"order":${number},"state":"paid"}`).join())

  it('is decompression_failed at every cut, or whole', () => {
    const whole = compress(codec, opened)
    for (let end = 0; end < whole.length - 1; end++) {
      try {
        // The end mark of a frame that states its size may be missing unseen; never anything of the content.
        expect(decompress(codec, whole.subarray(0, end), mostDecompressedBytes).equals(opened)).toBe(true)
      } catch (error) {
        expect(codeOf(error)).toBe('decompression_failed')
      }
    }
  })

  it('never is anything but decompression_failed or other bytes within the limit', () => {
    const limit = 10 * opened.length
    const wholes = [
      compress(codec, opened),
      ...foreignBatches.filter((one) => one.codec === codec).map(({ batch }) => batch.subarray(batchHeaderBytes)),
    ]
    let refused = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...wholes),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        (whole, changes) => {
          const bytes = Buffer.from(whole)
          for (const [place, value] of changes) bytes[place % bytes.length] = value
          try {
            expect(decompress(codec, bytes, limit).length).toBeLessThanOrEqual(limit)
          } catch (error) {
            expect(codeOf(error)).toBe('decompression_failed')
            refused++
          }
        },
      ),
      { numRuns: 2_000 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  it('is decompression_failed on bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(decompress(codec, Buffer.from(bytes), mebibyte).length).toBeLessThanOrEqual(mebibyte)
        } catch (error) {
          expect(codeOf(error)).toBe('decompression_failed')
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('is decompression_failed one byte beyond the limit, and opens at the limit', () => {
    const whole = compress(codec, opened)
    expect(decompress(codec, whole, opened.length).equals(opened)).toBe(true)
    expect(() => decompress(codec, whole, opened.length - 1)).toThrow(
      expect.objectContaining({ code: 'decompression_failed' }),
    )
  })
})

describe('a bomb', () => {
  const heldBytes = (): number => process.memoryUsage().arrayBuffers

  it.each([
    { name: 'gzip, a gibibyte of zeros in a mebibyte', codec: 1, bytes: () => gzipBomb(1024) },
    { name: 'snappy that states 4 GiB', codec: 2, bytes: () => Buffer.from('ffffffff0f00', 'hex') },
    { name: 'snappy of 200 MiB', codec: 2, bytes: () => snappyBomb(200) },
    { name: 'snappy in a thousand frames', codec: 2, bytes: () => xerialBomb(1000) },
    { name: 'lz4 of 1000 MiB', codec: 3, bytes: () => lz4Bomb(1000) },
    {
      name: 'lz4 that states 4 EiB',
      codec: 3,
      bytes: () => Buffer.from('04224d186870000000000000004073000000', 'hex'),
    },
    { name: 'zstd that states 16 EiB', codec: 4, bytes: () => Buffer.from('28b52ffde0ffffffffffffffff', 'hex') },
    { name: 'zstd with a window of a terabyte', codec: 4, bytes: () => Buffer.from('28b52ffd00f0010000', 'hex') },
    { name: 'zstd of a gibibyte without a size', codec: 4, bytes: () => zstdBomb(1024) },
  ])('is refused before it goes off: $name', ({ codec, bytes }) => {
    const bomb = bytes()
    const before = heldBytes()
    expect(() => decompress(codec, bomb, mostDecompressedBytes)).toThrow(
      expect.objectContaining({ code: 'decompression_failed' }),
    )
    expect(heldBytes() - before).toBeLessThan(3 * mostDecompressedBytes)
  })
})

describe('batches of foreign producers', () => {
  it.each(foreignBatches)('$name opens to records, by the codec that it names', ({ batch, codec }) => {
    expect(codecOf(batch, 0)).toBe(codec)
    const opened = decompress(codec, batch.subarray(batchHeaderBytes), mostDecompressedBytes)
    expect(opened.includes('/api/orders/19')).toBe(true)
  })

  it('opens lz4 frames with linked blocks, checksums and a size, as the lz4 program writes them', () => {
    // printf 'tailrace tailrace tailrace tailrace ' | lz4 -BD -BX --content-size -9
    const frame = Buffer.from(linkedLz4Frame, 'base64')
    expect(decompress(3, frame, 1000).toString()).toBe('tailrace tailrace tailrace tailrace ')
  })
})

const linkedLz4Frame = 'BCJNGHxAJAAAAAAAAAAhEwAAAJ90YWlscmFjZSAJAANQcmFjZSABePLVAAAAAMl0MNI='

import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodingOf, unpack } from '../../../core/ingest/unpack.js'
import { prepareZstd, zstdCompress } from '../../../core/record/zstd.js'

beforeAll(prepareZstd)

const packers = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  deflate: (bytes: Buffer) => deflateSync(bytes),
  'bare deflate': (bytes: Buffer) => deflateRawSync(bytes),
  zstd: (bytes: Buffer) => zstdCompress(bytes),
} as const

const encodings = { gzip: 'gzip', deflate: 'deflate', 'bare deflate': 'deflate', zstd: 'zstd' } as const
const limits = { maxBytes: 1024 * 1024, maxRatio: 100 }

/** Counts what is reserved, and has room for so much. */
function memory(roomBytes: number) {
  const held = { bytes: 0, most: 0 }
  const reserve = (bytes: number): boolean => {
    if (held.bytes + bytes > roomBytes) return false
    held.bytes += bytes
    held.most = Math.max(held.most, held.bytes)
    return true
  }
  return { held, reserve }
}

describe.each(Object.keys(packers) as (keyof typeof packers)[])('%s', (name) => {
  const encoding = encodings[name]

  it('gives back what was packed, and counts as much memory as it takes', async () => {
    const bodies = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 3000 }), fc.string({ minLength: 1 }))
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const bytes = Buffer.from(body as Uint8Array)
        const { held, reserve } = memory(16 * 1024 * 1024)
        const unpacked = await unpack({ encoding, packed: packers[name](bytes), limits, reserve })
        expect(unpacked.equals(bytes)).toBe(true)
        expect(held.bytes).toBe(bytes.length)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses what was cut off anywhere', async () => {
    const packed = packers[name](Buffer.from('some text that is long enough to be packed, packed, packed'))
    for (let length = 0; length < packed.length; length++) {
      const { reserve } = memory(16 * 1024 * 1024)
      const cut = unpack({ encoding, packed: packed.subarray(0, length), limits, reserve })
      await expect(cut, `${length} of ${packed.length} bytes`).rejects.toMatchObject({ code: 'body_damaged' })
    }
  })

  it('refuses what goes on behind its end', async () => {
    const packed = Buffer.concat([packers[name](Buffer.from('text')), Buffer.from('more')])
    const { reserve } = memory(16 * 1024 * 1024)
    await expect(unpack({ encoding, packed, limits, reserve })).rejects.toMatchObject({ code: 'body_damaged' })
  })

  it('takes what is just as large as it may be, and nothing larger', async () => {
    const { reserve } = memory(64 * 1024 * 1024)
    const just = Buffer.alloc(1024 * 1024)
    const small = { maxBytes: 1024 * 1024, maxRatio: 1 }
    expect(await unpack({ encoding, packed: packers[name](just), limits: small, reserve })).toHaveLength(just.length)
    const more = unpack({ encoding, packed: packers[name](Buffer.alloc(just.length + 1)), limits: small, reserve })
    await expect(more).rejects.toMatchObject({ code: 'body_too_large' })
  })

  it('refuses more than its ratio lets it become', async () => {
    const { reserve } = memory(64 * 1024 * 1024)
    const packed = packers[name](Buffer.alloc(3 * 1024 * 1024))
    const large = { maxBytes: 64 * 1024 * 1024, maxRatio: 10 }
    await expect(unpack({ encoding, packed, limits: large, reserve })).rejects.toMatchObject({ code: 'body_too_large' })
  })

  it('stops where there is no memory', async () => {
    const { held, reserve } = memory(100 * 1024)
    const unpacked = unpack({ encoding, packed: packers[name](Buffer.alloc(900 * 1024)), limits, reserve })
    await expect(unpacked).rejects.toMatchObject({ code: 'ingest_memory_full' })
    expect(held.most).toBeLessThanOrEqual(100 * 1024)
  })
})

describe('the name of an encoding', () => {
  it.each([undefined, '', ' ', 'identity', 'Identity'])('%j is none', (name) => {
    expect(encodingOf(name)).toBeUndefined()
  })

  it.each(['br', 'gzip, deflate', 'gzip,', 'zip'])('%j is not known', (name) => {
    expect(() => encodingOf(name)).toThrow(expect.objectContaining({ code: 'body_encoding_unknown' }))
  })
})

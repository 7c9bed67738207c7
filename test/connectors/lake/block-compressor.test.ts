import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockCompressor } from '../../../connectors/lake/block-compressor.js'
import { GzipMember } from '../../../connectors/lake/gzip-member.js'
import { prepareZstd, zstdDecompress } from '../../../core/record/zstd.js'

async function packed(blocks: readonly Uint8Array[], level: number): Promise<Buffer> {
  const member = new GzipMember(level)
  const parts: Buffer[] = []
  for (const block of blocks) {
    const bytes = Buffer.from(block)
    // A block whose write failed is deflated a second time.
    await member.packed(bytes)
    parts.push(await member.packed(bytes))
    member.wrote(bytes)
  }
  return Buffer.concat([...parts, member.trailer()])
}

describe('a gzip member', () => {
  it('unpacks to its blocks, with any number of them and any level', async () => {
    const block = fc.uint8Array({ minLength: 1, maxLength: 2000 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (blocks, level) => {
          expect(gunzipSync(await packed(blocks, level))).toEqual(Buffer.concat(blocks))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is one member and nothing else', async () => {
    const bytes = await packed([Buffer.from('a\n'), Buffer.from('b\n')], 6)
    const second = bytes.indexOf(Buffer.from([0x1f, 0x8b]), 2)
    expect(second).toBe(-1)
    expect(bytes.readUInt32LE(bytes.length - 4)).toBe(4)
  })
})

describe('frames of zstd', () => {
  it('hold one block each, at any level', async () => {
    await prepareZstd()
    const block = fc.uint8Array({ minLength: 1, maxLength: 2000 })
    await fc.assert(
      fc.asyncProperty(block, fc.integer({ min: 1, max: 19 }), async (content, level) => {
        const compressor = blockCompressor('zstd', level)!
        const frame = await compressor.packed(Buffer.from(content))
        expect(zstdDecompress(frame, 2000)).toEqual(Buffer.from(content))
        expect(compressor.trailer()).toHaveLength(0)
      }),
      { numRuns: 50 },
    )
  })
})

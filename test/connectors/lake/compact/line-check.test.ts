import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { countLines } from '../../../../connectors/lake/compact/line-check.js'
import { prepareZstd, zstdCompress } from '../../../../core/record/zstd.js'

const one = Buffer.from('a\nb\n')
const two = Buffer.from('c\n')

beforeAll(() => prepareZstd())

describe('a file of lines', () => {
  it('has its lines counted, over members and frames', async () => {
    expect(await countLines(Buffer.concat([one, two]), 'none')).toBe(3)
    expect(await countLines(Buffer.concat([gzipSync(one), gzipSync(two)]), 'gzip')).toBe(3)
    expect(await countLines(Buffer.concat([zstdCompress(one), zstdCompress(two)]), 'zstd')).toBe(3)
    expect(await countLines(Buffer.alloc(0), 'none')).toBe(0)
  })

  it('is not whole when it ends within a line', async () => {
    const cut = Buffer.from('a\nb')
    expect(await countLines(cut, 'none')).toBe('it ends within a line')
    expect(await countLines(gzipSync(cut), 'gzip')).toBe('it ends within a line')
    expect(await countLines(zstdCompress(cut), 'zstd')).toBe('it ends within a line')
  })

  it('is not whole when its compression is cut off or damaged anywhere', async () => {
    for (const [compression, bytes] of [
      ['gzip', gzipSync(Buffer.concat([one, two]))],
      ['zstd', zstdCompress(Buffer.concat([one, two]))],
    ] as const) {
      for (let length = 1; length < bytes.length; length++) {
        const found = await countLines(bytes.subarray(0, length), compression)
        expect(found, `${length} bytes of ${compression}`).toMatch(/no whole/)
      }
    }
    const flipped = gzipSync(one)
    flipped[flipped.length - 5]! ^= 1
    expect(await countLines(flipped, 'gzip')).toMatch(/no whole gzip/)
  })

  it('is not whole when something follows that readers pass over, and everything behind it with it', async () => {
    expect(await countLines(Buffer.concat([gzipSync(one), Buffer.alloc(3)]), 'gzip')).toBe(
      '3 bytes follow its last gzip member',
    )
    expect(await countLines(Buffer.concat([zstdCompress(one), Buffer.alloc(3)]), 'zstd')).toMatch(/no whole zstd/)
  })
})

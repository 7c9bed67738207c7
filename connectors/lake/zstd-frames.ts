// A file of zstd frames (RFC 8878), one for each block, one behind the other: readers take them for one stream.

import { zstdCompressAside } from '../../core/record/zstd.js'
import type { BlockCompressor } from './block-compressor.js'

const nothing = Buffer.alloc(0)

export class ZstdFrames implements BlockCompressor {
  readonly #level: number

  constructor(level: number) {
    this.#level = level
  }

  packed(block: Buffer): Promise<Buffer> {
    return zstdCompressAside(block, this.#level)
  }

  wrote(): void {
    // Each frame carries all that its reader needs.
  }

  trailer(): Buffer {
    return nothing
  }
}

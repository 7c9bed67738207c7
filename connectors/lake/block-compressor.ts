// How the blocks of a file of lines are compressed: one by one, so that what was written can be told, and a block whose
// write failed is compressed again. There is no stream that could be half done.

import type { Compression } from './formats/file-format.js'
import { GzipMember } from './gzip-member.js'
import { ZstdFrames } from './zstd-frames.js'

export interface BlockCompressor {
  /** The bytes that stand for the block, which is not empty, in the file. Counts nothing yet. */
  packed(block: Buffer): Promise<Buffer>
  /** The block has been written. */
  wrote(block: Buffer): void
  /** What ends the file; perhaps nothing. */
  trailer(): Buffer
}

/** For one file; undefined when it is not compressed. `level` is the compression's own. */
export function blockCompressor(compression: Compression, level: number): BlockCompressor | undefined {
  switch (compression) {
    case 'none':
    // Snappy is for tables, which compress inside.
    case 'snappy':
      return undefined
    case 'gzip':
      return new GzipMember(level)
    case 'zstd':
      return new ZstdFrames(level)
  }
}

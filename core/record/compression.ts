// The codecs of record batches. What is compressed in a batch is the records, one behind the other, without the header.
//
//    0 none   1 gzip (RFC 1952)   2 snappy, raw or in xerial's frames   3 lz4 frame   4 zstd frame (RFC 8878)
//
// A batch is stored and sent as it came; it is opened only where somebody looks at its records. Nothing is allocated on
// the word of a peer: a size that the format states is held against the limit first, and without one the limit holds
// while bytes come out. So a batch costs its reader `mostDecompressedBytes` at the most.

import { gunzipSync, gzipSync } from 'node:zlib'
import { invariant } from '../errors/invariant.js'
import { messageOf, TailraceError } from '../errors/tailrace-error.js'
import { recordErrors } from './errors.js'
import { lz4Compress, lz4Decompress } from './lz4.js'
import { snappyCompress } from './snappy-compress.js'
import { snappyDecompress } from './snappy.js'
import { zstdCompress, zstdDecompress } from './zstd.js'

/** Eight times the largest append: an honest batch of text compressed by zstd stays far below. */
export const mostDecompressedBytes = 64 * 1024 * 1024

/** One way to compress. `decompress` may throw anything on damaged bytes, and never gives more than `maxBytes`. */
interface Codec {
  readonly name: string
  readonly compress: (bytes: Buffer) => Buffer
  readonly decompress: (bytes: Buffer, maxBytes: number) => Buffer
}

const inflateChunkBytes = 64 * 1024

/** By their number in the attributes of a batch. */
const codecs: readonly Codec[] = [
  { name: 'none', compress: (bytes) => bytes, decompress: (bytes) => bytes },
  {
    name: 'gzip',
    compress: (bytes) => gzipSync(bytes),
    decompress: (bytes, maxBytes) => gunzipSync(bytes, { maxOutputLength: maxBytes, chunkSize: inflateChunkBytes }),
  },
  { name: 'snappy', compress: snappyCompress, decompress: snappyDecompress },
  { name: 'lz4', compress: lz4Compress, decompress: lz4Decompress },
  { name: 'zstd', compress: zstdCompress, decompress: zstdDecompress },
]

/**
 * What the bytes were before `codec` (0 to 4) compressed them, in memory of its own; with codec 0 the same bytes.
 * decompression_failed when they are damaged or would become more than `maxBytes`.
 */
export function decompress(codec: number, bytes: Buffer, maxBytes: number): Buffer {
  const { name, decompress: open } = codecOfNumber(codec)
  try {
    return open(bytes, maxBytes)
  } catch (error) {
    if (error instanceof TailraceError) throw error
    throw recordErrors.make(
      'decompression_failed',
      `${bytes.length} bytes of ${name} do not open within ${maxBytes}: ${messageOf(error)}`,
      { cause: error, details: { codec: name, compressedBytes: bytes.length, maxBytes } },
    )
  }
}

/** Compresses with `codec` (0 to 4); with codec 0 the same bytes. */
export function compress(codec: number, bytes: Buffer): Buffer {
  return codecOfNumber(codec).compress(bytes)
}

function codecOfNumber(number: number): Codec {
  const codec = codecs[number]
  invariant(codec !== undefined, `codec ${number} was to be used, which is none`)
  return codec
}

// How pages are compressed: each as a whole, with what Parquet's codecs of that name mean (Compression.md).

import { gzip } from 'node:zlib'
import { snappyCompressPieces } from '../../../core/record/snappy-compress.js'
import { zstdCompressAside } from '../../../core/record/zstd.js'

export type ParquetCompression = 'none' | 'snappy' | 'gzip' | 'zstd'

export interface PageCompression {
  /** CompressionCodec of parquet.thrift. */
  readonly codec: number
  /** How many pages it takes at once. */
  readonly atOnce: number
  /** The page, in pieces that are left alone meanwhile. Not in this thread where Node can. */
  readonly pack: (pieces: readonly Buffer[]) => readonly Buffer[] | Promise<readonly Buffer[]>
}

/** In Node's pool, unless somebody has made it another size. */
const threads = 4
const defaultGzipLevel = 6
const defaultZstdLevel = 3

/** `level` is the compression's own: 1 to 9 for gzip, 1 to 19 for zstd. */
export function pageCompression(compression: ParquetCompression, level: number | undefined): PageCompression {
  switch (compression) {
    case 'none':
      return { codec: 0, atOnce: 1, pack: (pieces) => pieces }
    case 'snappy':
      return { codec: 1, atOnce: 1, pack: (pieces) => [snappyCompressPieces(pieces)] }
    case 'gzip':
      return { codec: 2, atOnce: threads, pack: (pieces) => gzipAside(joined(pieces), level ?? defaultGzipLevel) }
    case 'zstd':
      return {
        codec: 6,
        atOnce: threads,
        pack: async (pieces) => [await zstdCompressAside(joined(pieces), level ?? defaultZstdLevel)],
      }
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

function gzipAside(page: Buffer, level: number): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    gzip(page, { level }, (error, packed) => (error === null ? resolve([packed]) : reject(error)))
  })
}

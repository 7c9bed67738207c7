// How pages are compressed: each as a whole, with what Parquet's codecs of that name mean (Compression.md).

import { gzip } from 'node:zlib'
import { snappyCompress } from '../../../core/record/snappy-compress.js'
import { zstdCompressAside } from '../../../core/record/zstd.js'

export const parquetCompressions = ['none', 'snappy', 'gzip', 'zstd'] as const
export type ParquetCompression = (typeof parquetCompressions)[number]

export interface PageCompression {
  /** CompressionCodec of parquet.thrift. */
  readonly codec: number
  /** The page, which is left alone meanwhile. Not in this thread where Node can. */
  readonly pack: (page: Buffer) => Buffer | Promise<Buffer>
}

const defaultGzipLevel = 6
const defaultZstdLevel = 3

/** `level` is the compression's own: 1 to 9 for gzip, 1 to 19 for zstd. */
export function pageCompression(compression: ParquetCompression, level: number | undefined): PageCompression {
  switch (compression) {
    case 'none':
      return { codec: 0, pack: (page) => page }
    case 'snappy':
      return { codec: 1, pack: snappyCompress }
    case 'gzip':
      return { codec: 2, pack: (page) => gzipAside(page, level ?? defaultGzipLevel) }
    case 'zstd':
      return { codec: 6, pack: (page) => zstdCompressAside(page, level ?? defaultZstdLevel) }
  }
}

function gzipAside(page: Buffer, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(page, { level }, (error, packed) => (error === null ? resolve(packed) : reject(error)))
  })
}

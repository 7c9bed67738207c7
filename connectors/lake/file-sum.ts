// Size and CRC-32C of a file as it stands on disk.

import { crc32c } from '../../core/bytes/crc32c.js'
import type { Files } from '../../core/runtime/files.js'
import type { Seen } from './object-store.js'

const chunkBytes = 1024 * 1024

export interface FileSum {
  readonly bytes: number
  /** CRC-32C of all of them. */
  readonly crc: number
}

/** Holds what stands at `path` against a sum. A symbolic link is not followed: it is none of our files. */
export async function observeFile(files: Files, path: string, sum: FileSum): Promise<Seen> {
  const stat = await files.statLink(path)
  if (stat === undefined) return 'absent'
  if (stat.kind !== 'file' || stat.bytes !== sum.bytes) return 'differs'
  const found = await sumFile(files, path)
  return found.bytes === sum.bytes && found.crc === sum.crc ? 'agrees' : 'differs'
}

async function sumFile(files: Files, path: string): Promise<FileSum> {
  const file = await files.open(path, 'read')
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    let bytes = 0
    let crc = 0
    for (;;) {
      const count = await file.read(chunk, 0, chunk.length, bytes)
      crc = crc32c(chunk, 0, count, crc)
      bytes += count
      if (count < chunk.length) return { bytes, crc }
    }
  } finally {
    await file.close()
  }
}

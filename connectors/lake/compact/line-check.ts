// Is a file of lines whole, so that others can stand behind it? Members of gzip and frames of zstd one behind the other
// are one stream for every reader, but what is damaged or cut off would take those behind it along.

import { createGunzip } from 'node:zlib'
import { zstdDecompress, zstdFrameEnd } from '../../../core/record/zstd.js'
import type { Compression } from '../formats/file-format.js'

const lineFeed = 0x0a
/** A block is far smaller, unless a single line is not. */
const mostFrameBytes = 64 * 1024 * 1024

/** The number of its lines; instead, what is wrong with it. */
export async function countLines(bytes: Buffer, compression: Compression): Promise<number | string> {
  let count = 0
  let last = lineFeed
  const see = (text: Buffer): void => {
    for (let at = text.indexOf(lineFeed); at >= 0; at = text.indexOf(lineFeed, at + 1)) count++
    last = text.at(-1) ?? last
  }
  const fault = await unpack(bytes, compression, see)
  if (fault !== undefined) return fault
  return last === lineFeed ? count : 'it ends within a line'
}

async function unpack(
  bytes: Buffer,
  compression: Compression,
  see: (text: Buffer) => void,
): Promise<string | undefined> {
  if (compression === 'gzip') return gunzip(bytes, see)
  if (compression === 'zstd') return unzstd(bytes, see)
  see(bytes)
  return undefined
}

function gunzip(bytes: Buffer, see: (text: Buffer) => void): Promise<string | undefined> {
  const stream = createGunzip()
  return new Promise((resolve) => {
    stream.on('data', see)
    stream.on('error', ({ message }) => resolve(`it is no whole gzip: ${message}`))
    stream.on('end', () => {
      // What follows the last member is passed over, and would be with everything behind it.
      const rest = bytes.length - stream.bytesWritten
      resolve(rest === 0 ? undefined : `${rest} bytes follow its last gzip member`)
    })
    stream.end(bytes)
  })
}

function unzstd(bytes: Buffer, see: (text: Buffer) => void): string | undefined {
  try {
    for (let at = 0; at < bytes.length; ) {
      const rest = bytes.subarray(at)
      const frame = rest.subarray(0, zstdFrameEnd(rest, mostFrameBytes))
      see(zstdDecompress(frame, mostFrameBytes))
      at += frame.length
    }
    return undefined
  } catch (error) {
    return `it is no whole zstd: ${error instanceof Error ? error.message : String(error)}`
  }
}

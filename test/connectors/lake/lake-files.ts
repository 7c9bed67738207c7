// What a reader finds in a lake: the files that are not bookkeeping, read by nothing of the product but its door to
// the disk.

import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Files } from '../../../core/runtime/files.js'

/** Name below the root → bytes, for all files but those below `.tailrace`. */
export async function readLake(files: Files, root: string): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for (const name of await namesBelow(files, root, '')) {
    if (!name.startsWith('.tailrace/')) found.set(name, await files.readAll(join(root, name)))
  }
  return found
}

/** The lines of a file, unpacked when its name says so. */
export function linesOf(name: string, bytes: Buffer): readonly string[] {
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  if (text !== '' && !text.endsWith('\n')) throw new Error(`${name} ends within a line`)
  return text.split('\n').slice(0, -1)
}

/** Frames of zstd, one behind the other. */
export function unpackFrames(bytes: Buffer): Buffer {
  return Buffer.from(compressors.ZSTD!(bytes, 0))
}

/** The rows of a Parquet file, for hyparquet. */
export function readRows(bytes: Buffer): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const content = new Uint8Array(bytes).buffer
  const file = { byteLength: content.byteLength, slice: (start: number, end?: number) => content.slice(start, end) }
  return parquetReadObjects({ file, compressors })
}

/** Names of all files below the folder, with slashes. */
export async function namesBelow(files: Files, folder: string, prefix: string): Promise<readonly string[]> {
  const names: string[] = []
  for (const name of await files.list(folder)) {
    const stat = await files.statLink(join(folder, name))
    if (stat?.kind === 'directory') names.push(...(await namesBelow(files, join(folder, name), `${prefix}${name}/`)))
    else names.push(prefix + name)
  }
  return names
}

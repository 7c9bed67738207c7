// What a look at the directories saw of one file.

import type { FileStat } from '../../core/runtime/files.js'

export interface Sighting {
  readonly path: string
  /** The same with all symbolic links resolved. */
  readonly realPath: string
  readonly device: number
  readonly inode: string
  readonly bornMs: number
  readonly modifiedMs: number
  readonly bytes: number
}

export function sightingOf(path: string, realPath: string, stat: FileStat): Sighting {
  return {
    path,
    realPath,
    device: stat.device,
    inode: stat.inode,
    bornMs: stat.bornMs,
    modifiedMs: stat.modifiedMs,
    bytes: stat.bytes,
  }
}

// Where reading goes on in a file, as it is remembered with the records (docs: README.md, "What is remembered").
//
// One point per file identity under `file/<device>-<inode>-<generation>`. The generation tells apart the files that
// had one inode one after the other, and the contents that one file had before and after a truncation.
// `started` is remembered once, with the first look at the directories.

import type { Json } from '../../core/connector/context.js'
import type { SavedAnchor } from './content-anchor.js'
import { fileErrors } from './errors.js'

/** What the bytes at the position are: the beginning of a line, or the rest of one whose beginning was taken. */
export type Within = 'start' | 'continued' | 'discard' | 'dead-letter'

export interface FilePoint extends SavedAnchor {
  /** The path under which the file was first seen: its records' key. */
  readonly path: string
  /** Where it was last seen, links resolved. */
  readonly at: string
  readonly device: number
  readonly inode: string
  readonly generation: number
  /** Birth time in ms; 0 when the file system does not know it. */
  readonly bornMs: number
  /** The birth time is known to be one, not a change time in its place: it was before a modification. */
  readonly bornProven: boolean
  /** Rises with every file that is seen: of files with one key the lower is the older. */
  readonly order: number
  /** Bytes of the (uncompressed) content that records, or skipping, are done with. */
  readonly position: number
  /** Line ends before the position. */
  readonly line: number
  /** Bytes before the position that gave no record. */
  readonly skipped: number
  /** The size when last seen; what is missing after a loss is counted from it. */
  readonly bytes: number
  readonly modifiedMs: number
  readonly within: Within
  /** The multiline state at the position. */
  readonly group: string
  /** The encoding that a byte order mark named; empty without one. */
  readonly markedEncoding: string
  readonly gzip: boolean
  /** All of it was read; only for what never grows, a compressed file. */
  readonly complete: boolean
}

export const pointPrefix = 'file/'
export const startedKey = 'started'

const version = 1

export function pointKey(of: Pick<FilePoint, 'device' | 'inode' | 'generation'>): string {
  return `${pointPrefix}${of.device}-${of.inode}-${of.generation}`
}

export function encodePoint(point: FilePoint): Json {
  return { v: version, ...point }
}

/** `file_resume_point_unknown` when the point is not of this version. */
export function decodePoint(key: string, stored: Json): FilePoint {
  if (typeof stored === 'object' && stored !== null && !Array.isArray(stored)) {
    const point = stored as Readonly<Record<string, Json>>
    if (point['v'] === version && typeof point['position'] === 'number' && typeof point['path'] === 'string') {
      const { v: _version, ...fields } = point
      return fields as unknown as FilePoint
    }
  }
  throw fileErrors.make('file_resume_point_unknown', `the resume point ${key} has an unknown form`, {
    details: { key },
  })
}

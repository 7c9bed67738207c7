// Recognises the other forms of a file: the copy that copytruncate makes, and what gzip makes of a rotated one.
//
// A name only says what is worth comparing; the content decides: the first bytes (at most 1 KiB), and for what is not
// compressed the 64 bytes before our position too. Of a compressed form the latter are compared when it is read.

import { dirname } from 'node:path'
import { constants, gunzipSync } from 'node:zlib'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Files, OpenFile } from '../../core/runtime/files.js'
import { type ContentReader, headLimitBytes, readerOf } from './content-anchor.js'
import { isGzipName, originalsOf } from './rotated-names.js'
import type { Sighting } from './sighting.js'
import { identityOf, type TrackedFile } from './tracked-file.js'

/** Compressed bytes that hold the first 1 KiB: even what does not compress has its header and one block in them. */
const compressedHeadBytes = 4 * 1024

/** How a sighting stands to a file that is known. */
export type Resemblance =
  | 'none'
  | 'unreadable' // nobody can tell
  | 'elsewhere' // another file stands at the path by now: the next look tells
  | 'same' // it holds what was read, up to our position at least
  | 'shorter' // a copy made before the last of it was read: it holds nothing new
  | 'undecided' // too little is there yet

/** What is to be compared: a path, and the identity that it led to when it was looked at. */
export type Candidate = Pick<Sighting, 'path' | 'realPath' | 'device' | 'inode'>

/** Does what was seen hold the content of the file? Nothing resembles a file of which nothing was read. */
export async function resemblance(files: Files, seen: Candidate, file: TrackedFile): Promise<Resemblance> {
  if (file.gzip) return 'none'
  // What was written to it before it was removed is still to be read, through its descriptor.
  if (file.anchor.headBytes === 0) return file.whereabouts === 'gone' && file.open !== undefined ? 'undecided' : 'none'
  return compared(files, seen, (open) => (isGzipName(seen.path) ? ofCompressed(open, file) : ofPlain(open, file)))
}

/** Was the identity of this file given to another one, which is what was seen? A compressed file is told by its head. */
export async function isAnotherFile(files: Files, seen: Candidate, file: TrackedFile): Promise<boolean> {
  const found = await compared(files, seen, (open) => (file.gzip ? ofCompressed(open, file) : ofPlain(open, file)))
  return found !== 'same' && found !== 'unreadable' && found !== 'elsewhere'
}

async function compared(files: Files, seen: Candidate, compare: (open: OpenFile) => Resemblance): Promise<Resemblance> {
  try {
    const open = files.openSync(seen.realPath, 'read')
    try {
      // A rotation that shifts names may have brought another file to the path since the look.
      if (identityOf(await open.stat()) !== identityOf(seen)) return 'elsewhere'
      return compare(open)
    } finally {
      open.closeSync()
    }
  } catch (error) {
    if (error instanceof TailraceError) return 'unreadable'
    throw error
  }
}

/** Does the file, where it was last seen, still hold what was read of it? True where nobody can tell. */
export async function holdsItsContent(files: Files, file: TrackedFile): Promise<boolean> {
  if (file.gzip || file.anchor.headBytes === 0) return true
  const { at, device, inode } = file
  const found = await resemblance(files, { path: at, realPath: at, device, inode }, file)
  return found === 'same' || found === 'unreadable' || found === 'elsewhere'
}

/** Groups what was seen by the paths of which it may be a rotated form. */
export function byOriginal(seen: Iterable<Sighting>): ReadonlyMap<string, readonly Sighting[]> {
  const groups = new Map<string, Sighting[]>()
  for (const sighting of seen) {
    for (const original of originalsOf(sighting.realPath)) {
      const group = groups.get(original)
      if (group === undefined) groups.set(original, [sighting])
      else group.push(sighting)
    }
  }
  return groups
}

/** The paths under which a file's other forms may be looked for. */
export function pathsOf(file: TrackedFile): readonly string[] {
  const isBeside = dirname(file.key) === dirname(file.at) && file.key !== file.at
  return isBeside ? [file.at, file.key] : [file.at]
}

function ofPlain(open: OpenFile, file: TrackedFile): Resemblance {
  const sizeBytes = open.sizeSync()
  if (sizeBytes < file.anchor.headBytes) return sizeBytes === 0 ? 'undecided' : 'none'
  const read = readerOf(open)
  if (!file.anchor.hasHead(read)) return 'none'
  if (sizeBytes < file.position) return 'shorter'
  return file.anchor.confirm(read, file.position) ? 'same' : 'none'
}

function ofCompressed(open: OpenFile, file: TrackedFile): Resemblance {
  const compressed = Buffer.allocUnsafe(compressedHeadBytes)
  const count = open.readSync(compressed, 0, compressed.length, 0)
  const content = decompressedHead(compressed.subarray(0, count))
  if (content.length < file.anchor.headBytes) return content.length === 0 ? 'undecided' : 'none'
  const read: ContentReader = (into, length, position) => content.copy(into, 0, position, position + length)
  return file.anchor.hasHead(read) ? 'same' : 'none'
}

/** What can be decompressed of the beginning of a stream; nothing when it is no gzip. */
function decompressedHead(compressed: Buffer): Buffer {
  try {
    const content = gunzipSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH })
    return content.subarray(0, headLimitBytes)
  } catch (error) {
    // Anything may be called *.gz; what zlib cannot read is not ours.
    if (error instanceof Error) return Buffer.alloc(0)
    throw error
  }
}

// Reading the journal back, from where a checkpoint says: the frames in their order, and the verdict on where they end.
//
// A frame is taken when header and body match their CRCs and epoch and sequence are the expected ones. Where that
// fails, the chain goes on in the file whose header names this file's epoch and this sequence; else it ends here. The
// end is the tail of an interrupted write, unless something says that a frame from here on was durable: the
// checkpoint, or a frame found behind. Then it is damage, and nothing may be dropped.

import { runtimeErrors } from '../runtime/errors.js'
import type { Files } from '../runtime/files.js'
import type { Checkpoint } from './checkpoint.js'
import type { DataLayout } from './data-layout.js'
import {
  alignedFrameBytes,
  frameAlignment,
  frameHeaderBytes,
  isBodyIntact,
  readFrameHeader,
  type FrameHeader,
} from './frame.js'
import { decodeJournalHeader, firstFramePosition, type JournalFileHeader } from './journal-file.js'

export interface JournalFile {
  readonly number: number
  readonly path: string
  readonly header: JournalFileHeader | undefined
}

/** One frame's body, valid until the next is asked for. */
export interface ScannedFrame {
  readonly sequence: number
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly path: string
  readonly position: number
}

export interface JournalEnd {
  /** The first sequence that no frame was taken for. */
  readonly sequence: number
  readonly path: string
  readonly position: number
  /** Set when a frame at or behind the end was durable: what shows it. */
  readonly damage: { readonly durable: number; readonly shownBy: string } | undefined
  /** False when the chain's first file is missing. */
  readonly isReached: boolean
}

export async function listJournal(files: Files, layout: DataLayout): Promise<readonly JournalFile[]> {
  const found: JournalFile[] = []
  for (const name of await namesIn(files, layout.journalDirectory)) {
    const match = /^(\d{4,})\.journal$/.exec(name)
    if (match === null) continue
    const number = Number(match[1])
    const path = layout.journalFile(number)
    const file = await files.open(path, 'read')
    try {
      const head = Buffer.alloc(firstFramePosition)
      const count = await file.read(head, 0, head.length, 0)
      found.push({ number, path, header: decodeJournalHeader(head.subarray(0, count)) })
    } finally {
      await file.close()
    }
  }
  return found
}

async function namesIn(files: Files, directory: string): Promise<readonly string[]> {
  try {
    return await files.list(directory)
  } catch (error) {
    if (runtimeErrors.is(error, 'not_found')) return []
    throw error
  }
}

interface ScannedJournal {
  readonly files: readonly JournalFile[]
  readonly checkpoint: Pick<Checkpoint, 'replay' | 'durable'>
}

/** Calls `visit` for each frame from the checkpoint on and says where and how the journal ends. */
export async function scanJournal(
  files: Files,
  journal: ScannedJournal,
  visit: (frame: ScannedFrame) => void,
): Promise<JournalEnd> {
  const end = await walkJournal(files, journal, visit)
  if (end === undefined) {
    const { sequence } = journal.checkpoint.replay
    return { sequence, path: '', position: 0, damage: undefined, isReached: false }
  }
  const { sequence, path, position } = end
  const { durable } = journal.checkpoint
  const later = await latestMark(files, end)
  const shown = later.durable >= durable ? later : { durable, shownBy: 'the checkpoint' }
  const damage = shown.durable >= sequence ? shown : undefined
  return { sequence, path, position, damage, isReached: true }
}

/** Calls `visit` for each frame from the checkpoint on; undefined when the chain's first file is missing. */
export async function walkJournal(
  files: Files,
  journal: ScannedJournal,
  visit: (frame: ScannedFrame) => void,
): Promise<ChainEnd | undefined> {
  const { replay } = journal.checkpoint
  let file = journal.files.find((candidate) => candidate.header?.epoch.toString('hex') === replay.epoch)
  if (file === undefined) return undefined
  let sequence = replay.sequence
  let position = replay.position
  let bytes: Buffer = Buffer.alloc(0)
  for (;;) {
    bytes = await readFileInto(files, file.path, bytes)
    const epoch: Buffer = file.header?.epoch ?? Buffer.alloc(0)
    for (;;) {
      const header = readFrameHeader(bytes, position)
      if (
        header === undefined ||
        header.sequence !== sequence ||
        !header.epoch.equals(epoch) ||
        !isBodyIntact(bytes, position, header)
      )
        break
      const start = position + frameHeaderBytes
      visit({ sequence, bytes, start, end: start + header.bodyBytes, path: file.path, position })
      position += alignedFrameBytes(header.bodyBytes)
      sequence++
    }
    const next = followerOf(journal.files, epoch, sequence)
    if (next === undefined) return { files: journal.files, bytes, epoch, position, sequence, path: file.path }
    file = next
    position = firstFramePosition
  }
}

/** The highest number of a checkpoint that frames say was durable, in whichever file; 0 when none does. */
export async function newestCheckpointNamed(disk: Files, files: readonly JournalFile[]): Promise<number> {
  let named = 0
  let bytes: Buffer = Buffer.alloc(0)
  for (const file of files) {
    const epoch = file.header?.epoch
    if (epoch === undefined) continue
    bytes = await readFileInto(disk, file.path, bytes)
    for (const { header } of framesFrom(bytes, firstFramePosition)) {
      if (header.epoch.equals(epoch)) named = Math.max(named, header.checkpoint)
    }
  }
  return named
}

/** A whole file in the memory of the one before, where it fits: fresh pages cost more than the read. */
async function readFileInto(files: Files, path: string, before: Buffer): Promise<Buffer> {
  const file = await files.open(path, 'read')
  try {
    const size = file.sizeSync()
    const bytes = before.length >= size ? before : Buffer.allocUnsafeSlow(size)
    return bytes.subarray(0, await file.read(bytes, 0, size, 0))
  } finally {
    await file.close()
  }
}

function followerOf(files: readonly JournalFile[], epoch: Buffer, sequence: number): JournalFile | undefined {
  return files.find(
    ({ header }) => header !== undefined && header.previousEpoch.equals(epoch) && header.firstSequence === sequence,
  )
}

interface ChainEnd {
  readonly files: readonly JournalFile[]
  readonly bytes: Buffer
  readonly epoch: Buffer
  readonly position: number
  readonly sequence: number
  readonly path: string
}

interface DurableMark {
  readonly durable: number
  readonly shownBy: string
}

/** The highest durable mark in frames behind the end, in this file or shown by another one. */
async function latestMark(disk: Files, end: ChainEnd): Promise<DurableMark> {
  let best: DurableMark = { durable: -1, shownBy: '' }
  for (const { header, position } of framesFrom(end.bytes, end.position)) {
    if (!header.epoch.equals(end.epoch) || header.sequence <= end.sequence || header.durable <= best.durable) continue
    best = { durable: header.durable, shownBy: `frame ${header.sequence} at byte ${position} of ${end.path}` }
  }
  for (const { header, path } of end.files) {
    const mark =
      header === undefined ? await markOfHeadless(disk, path, end.sequence) : markOfFollower({ header, path, end })
    if (mark.durable > best.durable) best = mark
  }
  return best
}

/** A file is put to use only after the one before it was synced: that it exists makes all earlier frames durable. */
function markOfFollower(follower: {
  readonly header: JournalFileHeader
  readonly path: string
  readonly end: ChainEnd
}): DurableMark {
  const { header, path, end } = follower
  const isLater = header.previousEpoch.equals(end.epoch) && header.firstSequence > end.sequence
  return { durable: isLater ? header.firstSequence - 1 : -1, shownBy: `the header of ${path}` }
}

/**
 * Both copies of a file's header are unreadable. A new file holds zeros, and a file whose header was torn while it was
 * put to use holds older frames; frames from the end on mean that a synced header was lost, and what it led to.
 */
async function markOfHeadless(disk: Files, path: string, sequence: number): Promise<DurableMark> {
  let durable = -1
  for (const { header } of framesFrom(await disk.readAll(path), firstFramePosition)) {
    if (header.sequence >= sequence) durable = Math.max(durable, header.sequence)
  }
  return { durable, shownBy: `frames in ${path}, whose header is unreadable` }
}

function* framesFrom(
  bytes: Buffer,
  from: number,
): Generator<{ readonly header: FrameHeader; readonly position: number }> {
  for (let position = from; position + frameHeaderBytes <= bytes.length; position += frameAlignment) {
    const header = readFrameHeader(bytes, position)
    if (header !== undefined) yield { header, position }
  }
}

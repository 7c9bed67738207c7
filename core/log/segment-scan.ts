// Walking the batch headers of a segment on disk: to find the batch of an offset, to make indexes anew, to verify.
// Reads in chunks; a batch larger than a chunk costs one more read. Never trusts a length before it is checked.

import type { TailraceError } from '../errors/tailrace-error.js'
import {
  batchBytes,
  batchField,
  batchHeaderBytes,
  batchMagic,
  baseOffsetOf,
  lastOffsetOf,
  maxTimestampOf,
  checkBatch,
  type BatchFault,
} from '../record/batch-layout.js'
import type { OpenFile } from '../runtime/files.js'
import { logErrors } from './errors.js'
import { maxAppendBytes } from './frame.js'
import type { Segment } from './segment.js'

const chunkBytes = 64 * 1024

export interface BatchPlace {
  readonly position: number
  readonly batchBytes: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestampMs: number
}

/** What went wrong at a position of a segment. */
function damageAt(segment: Segment, position: number, fault: BatchFault | 'offset'): TailraceError {
  const message = `${segment.logPath}: no intact batch at byte ${position} of ${segment.bytes} (${fault})`
  return logErrors.make('bytes_damaged', message, { details: { path: segment.logPath, position, fault } })
}

/** Headers from `position` to `end`, which must both be batch borders; throws bytes_damaged where one does not fit. */
export async function* batchPlaces(
  file: OpenFile,
  segment: Segment,
  range: { readonly position: number; readonly end: number },
): AsyncGenerator<BatchPlace> {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let chunkStart = range.position
  let chunkEnd = range.position
  let position = range.position
  let nextOffset = segment.baseOffset
  while (position < range.end) {
    if (position + batchHeaderBytes > chunkEnd) {
      chunkStart = position
      chunkEnd = position + (await file.read(chunk, 0, Math.min(chunkBytes, range.end - position), position))
      if (position + batchHeaderBytes > chunkEnd) throw damageAt(segment, position, 'short')
    }
    const place = placeAt(chunk, position - chunkStart, position)
    if (place.batchBytes < batchHeaderBytes || place.batchBytes > maxAppendBytes)
      throw damageAt(segment, position, 'length')
    if (position + place.batchBytes > range.end) throw damageAt(segment, position, 'short')
    const isFirst = position === range.position && position > 0
    const isOrdered = follows(segment, place.baseOffset, isFirst ? segment.baseOffset : nextOffset, isFirst)
    if (!isOrdered || place.lastOffset < place.baseOffset) throw damageAt(segment, position, 'offset')
    yield place
    nextOffset = place.lastOffset + 1
    position += place.batchBytes
  }
}

/**
 * May a batch with this base offset stand where `nextOffset` comes next? Base offsets lie outside of a batch's CRC, so
 * their order is what tells that one went bad. Only compaction leaves gaps; `isLoose` allows them too.
 */
function follows(segment: Segment, baseOffset: number, nextOffset: number, isLoose = false): boolean {
  return isLoose || segment.cleanedAtMs > 0 ? baseOffset >= nextOffset : baseOffset === nextOffset
}

function placeAt(bytes: Buffer, at: number, position: number): BatchPlace {
  return {
    position,
    batchBytes: batchBytes(bytes, at),
    baseOffset: baseOffsetOf(bytes, at),
    lastOffset: lastOffsetOf(bytes, at),
    maxTimestampMs: maxTimestampOf(bytes, at),
  }
}

/** Position of the first batch whose last offset is at or behind `offset`; the segment's end when there is none. */
export async function positionOf(segment: Segment, offset: number, end: number): Promise<number> {
  return segment.use(async (file) => {
    await ensureIndexes(segment, file)
    const start = await indexedStart(segment, file, offset)
    let before: BatchPlace | undefined
    for await (const place of batchPlaces(file, segment, { position: start, end })) {
      if (place.lastOffset >= offset) {
        if (place.baseOffset > offset) await checkPassedOver(file, segment, before)
        return place.position
      }
      before = place
    }
    await checkPassedOver(file, segment, before)
    return end
  })
}

/** No batch holds the offset: so says the header of the one before the gap, which must be intact to be believed. */
async function checkPassedOver(file: OpenFile, segment: Segment, place: BatchPlace | undefined): Promise<void> {
  if (place === undefined) return
  const bytes = Buffer.allocUnsafeSlow(place.batchBytes)
  const count = await file.read(bytes, 0, bytes.length, place.position)
  const fault = checkBatch(bytes, 0, count)
  if (fault !== undefined) throw damageAt(segment, place.position, fault)
}

/** The index's answer, checked against the batch it points at; when the log contradicts it, the index is made anew. */
async function indexedStart(segment: Segment, file: OpenFile, offset: number): Promise<number> {
  for (const attempt of ['saved', 'rebuilt']) {
    const { offsets } = segment.indexes()
    const entry = offsets.floor(offset - segment.baseOffset)
    if (entry < 0) return 0
    const position = offsets.position(entry)
    const header = Buffer.allocUnsafe(batchHeaderBytes)
    const count = await file.read(header, 0, batchHeaderBytes, position)
    const lastOffset = segment.baseOffset + offsets.relativeOffset(entry)
    if (count === batchHeaderBytes && isBatchHeader(header, { segment, position, lastOffset })) return position
    if (attempt === 'saved') await rebuildIndexes(segment, file)
  }
  return 0
}

/** An entry that went bad may lead into the middle of a batch: zeros there must not pass for a header. */
function isBatchHeader(
  header: Buffer,
  {
    segment,
    position,
    lastOffset,
  }: { readonly segment: Segment; readonly position: number; readonly lastOffset: number },
): boolean {
  const bytes = batchBytes(header, 0)
  const baseOffset = baseOffsetOf(header, 0)
  return (
    header[batchField.magic] === batchMagic &&
    bytes >= batchHeaderBytes &&
    position + bytes <= segment.bytes &&
    baseOffset >= segment.baseOffset &&
    baseOffset <= lastOffset &&
    lastOffsetOf(header, 0) === lastOffset
  )
}

async function ensureIndexes(segment: Segment, file: OpenFile): Promise<void> {
  if (!segment.indexes().isPlausible(segment.bytes)) await rebuildIndexes(segment, file)
}

/** Makes both indexes from the log; what is appended meanwhile is walked too before the new ones take over. */
export async function rebuildIndexes(segment: Segment, file: OpenFile): Promise<void> {
  const rebuilt = segment.emptyIndexes()
  let maxTimestampMs = -1
  let maxTimestampOffset = segment.baseOffset
  let position = 0
  try {
    while (position < segment.bytes) {
      const end = segment.bytes
      for await (const place of batchPlaces(file, segment, { position, end })) {
        if (place.maxTimestampMs > maxTimestampMs) {
          maxTimestampMs = place.maxTimestampMs
          maxTimestampOffset = place.lastOffset
        }
        rebuilt.note({
          relativeLastOffset: place.lastOffset - segment.baseOffset,
          position: place.position,
          batchBytes: place.batchBytes,
          maxTimestampMs,
          relativeTimestampOffset: maxTimestampOffset - segment.baseOffset,
        })
      }
      position = end
    }
  } catch (error) {
    // What lies before the damage stays readable; whoever looks behind it meets it again.
    if (!logErrors.is(error, 'bytes_damaged')) throw error
  }
  segment.replaceIndexes(rebuilt)
}

/**
 * The batches from `position` on, whole, with their CRCs and the order of their offsets checked, up to `maxBytes` of
 * them; at least one, whatever its size. The first one holds `offset` (begins with it, where `isStart` says that a batch
 * ended before it), or follows it after compaction. Throws
 * bytes_damaged when the first one is not intact; a later bad one ends the answer before it.
 */
export async function readBatches(
  segment: Segment,
  range: {
    readonly position: number
    readonly end: number
    readonly maxBytes: number
    readonly offset: number
    readonly isStart?: boolean
  },
): Promise<Buffer> {
  return segment.use(async (file) => {
    let wanted = Math.min(Math.max(range.maxBytes, batchHeaderBytes), range.end - range.position)
    for (;;) {
      const bytes = Buffer.allocUnsafeSlow(wanted)
      const count = await file.read(bytes, 0, wanted, range.position)
      const first = checkBatch(bytes, 0, count)
      if (first === undefined) {
        if (
          !holds(segment, bytes, {
            offset: Math.max(range.offset, segment.baseOffset),
            isStart: range.isStart === true,
          })
        )
          throw damageAt(segment, range.position, 'offset')
        return bytes.subarray(0, wholeBatches(segment, bytes, count))
      }
      const neededBytes = first === 'short' && count >= batchHeaderBytes ? batchBytes(bytes, 0) : 0
      if (neededBytes <= wanted || neededBytes > range.end - range.position)
        throw damageAt(segment, range.position, first)
      wanted = neededBytes
    }
  })
}

function holds(
  segment: Segment,
  batch: Buffer,
  { offset, isStart }: { readonly offset: number; readonly isStart: boolean },
): boolean {
  if (lastOffsetOf(batch, 0) < offset) return false
  const baseOffset = baseOffsetOf(batch, 0)
  if (isStart && !follows(segment, baseOffset, offset)) return false
  return segment.cleanedAtMs > 0 || baseOffset <= offset
}

function wholeBatches(segment: Segment, bytes: Buffer, count: number): number {
  let nextOffset = lastOffsetOf(bytes, 0) + 1
  let end = batchBytes(bytes, 0)
  while (end < count && checkBatch(bytes, end, count) === undefined) {
    if (!follows(segment, baseOffsetOf(bytes, end), nextOffset)) return end
    nextOffset = lastOffsetOf(bytes, end) + 1
    end += batchBytes(bytes, end)
  }
  return end
}

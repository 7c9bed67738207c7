// Which records stood in journal frames that cannot be read: what a refused start has to tell.
//
// The frames behind the bad ones are still readable; where a partition goes on there at a higher offset than the one
// it stopped at, the offsets between were in the bad frames. What nothing behind shows is estimated from the entry
// headers of the bad frame itself, which are read without trust.

import { batchBytes, baseOffsetOf, batchHeaderBytes, lastOffsetOf } from '../record/batch-layout.js'
import type { Files } from '../runtime/files.js'
import { alignedFrameBytes, frameAlignment, frameHeaderBytes, isBodyIntact, readFrameHeader } from './frame.js'
import { walkEntries, type BatchEntry, type ChangeEntry } from './journal-entry.js'
import type { JournalEnd, JournalFile } from './journal-scan.js'
import type { Replay } from './replay.js'
import { partitionKey } from './replay.js'

export interface LostRange {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
}

export async function lostRanges(
  files: Files,
  damage: { readonly files: readonly JournalFile[]; readonly replay: Replay; readonly end: JournalEnd },
): Promise<readonly LostRange[]> {
  const { replay, end } = damage
  const lost = new Map<string, LostRange>()
  const note = (entry: BatchEntry, offsets: { readonly from: number; readonly to: number }): void => {
    const topic = replay.topics.get(entry.topicId)
    if (topic === undefined || offsets.to < offsets.from) return
    const key = partitionKey(entry.topicId, entry.partition)
    const known = lost.get(key)
    const to = Math.max(known?.to ?? -1, offsets.to)
    lost.set(key, { topic: topic.name, partition: entry.partition, from: known?.from ?? offsets.from, to })
  }
  const bytes = await files.readAll(end.path)
  for (const entry of untrustedEntries(bytes, end.position)) {
    const header = entry.start
    note(entry, { from: baseOffsetOf(bytes, header), to: lastOffsetOf(bytes, header) })
  }
  const seen = new Set<string>()
  for (const entry of laterEntries(bytes, end)) {
    const key = partitionKey(entry.topicId, entry.partition)
    if (seen.has(key)) continue
    seen.add(key)
    const expected = replay.partitions.get(key)?.nextOffset ?? 0
    note(entry, { from: expected, to: baseOffsetOf(bytes, entry.start) - 1 })
  }
  return [...lost.values()]
}

/** Entries of the frame that failed its checksum, as far as they make sense. */
function* untrustedEntries(bytes: Buffer, position: number): Generator<BatchEntry> {
  const header = readFrameHeader(bytes, position)
  const start = position + frameHeaderBytes
  const end = Math.min(bytes.length, header === undefined ? position + frameAlignment : start + header.bodyBytes)
  for (const entry of safely(walkEntries(bytes, start, end))) {
    if (entry.kind !== 'batch' || entry.end - entry.start < batchHeaderBytes) continue
    if (batchBytes(bytes, entry.start) === entry.end - entry.start) yield entry
  }
}

/** Entries of intact frames behind the end, in the same file. */
function* laterEntries(bytes: Buffer, end: JournalEnd): Generator<BatchEntry> {
  for (let at = end.position + frameAlignment; at + frameHeaderBytes <= bytes.length; ) {
    const header = readFrameHeader(bytes, at)
    if (header === undefined || header.sequence <= end.sequence || !isBodyIntact(bytes, at, header)) {
      at += frameAlignment
      continue
    }
    const start = at + frameHeaderBytes
    for (const entry of safely(walkEntries(bytes, start, start + header.bodyBytes)))
      if (entry.kind === 'batch') yield entry
    at += alignedFrameBytes(header.bodyBytes)
  }
}

/** Ends where an entry does not fit or its change is no JSON. */
function* safely(entries: Generator<BatchEntry | ChangeEntry | undefined>): Generator<BatchEntry | ChangeEntry> {
  for (;;) {
    let step: IteratorResult<BatchEntry | ChangeEntry | undefined>
    try {
      step = entries.next()
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RangeError) return
      throw error
    }
    if (step.done === true || step.value === undefined) return
    yield step.value
  }
}

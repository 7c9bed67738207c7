// Compaction of one partition: per key the latest record stays, at its offset; tombstones go after their delay.
//
// Only closed segments that the checkpoint covers whole take part, so that no frame of a replay writes into one. The
// dirty ones are read for the last offset of each key, then neighbours are copied without what is superseded into
// `BASE.log.cleaned`, synced; a journal entry makes the swap, a rename carries it out. A crash before the entry leaves
// a file that recovery removes; after it, recovery finishes the rename.
//
// Only segments below the first open transaction take part: of the others it is known which of their batches are void,
// and those are left out, with all ends of transactions. What is left of an aborted one lies in segments before the one
// that holds its end, which were cleaned no later: so nothing of it is left, and the partition forgets it with the swap.

import { batchBytes, lastOffsetOf, maxTimestampOf } from '../record/batch-layout.js'
import { compactBatch, noteLatestOffsets } from '../record/compact-batch.js'
import { type PartitionTransactions, withoutVoid } from '../record/partition-transactions.js'
import type { RecordCursor } from '../record/record-cursor.js'
import type { Files, OpenFile } from '../runtime/files.js'
import { maxAppendBytes } from './frame.js'
import type { SegmentRecord } from './journal-entry.js'
import type { LogStore } from './log-store.js'
import { cleanedSuffix, finishSwap, removeIfThere } from './partition-files.js'
import { nextOffsetOfLast, type PartitionLog } from './partition-log.js'
import { Segment } from './segment.js'
import { readBatches } from './segment-scan.js'

export interface CompactionRule {
  readonly minDirtyRatio: number
  readonly deleteRetentionMs: number
  readonly segmentBytes: number
  readonly nowMs: number
}

/** Keys of one pass; a map of so many takes some hundred MiB at most. What is dirty beyond waits for the next pass. */
const maxKeys = 1_000_000
const readBytes = 1024 * 1024
const maxRelativeOffset = 2 ** 31 - 1

/** Compacts what is due; returns the bytes that were saved. */
export async function compactPartition(
  store: LogStore,
  files: Files,
  job: { readonly log: PartitionLog; readonly rule: CompactionRule },
): Promise<number> {
  const { log } = job
  log.isCompacting = true
  try {
    return await compactSegments(store, files, job)
  } finally {
    log.isCompacting = false
  }
}

async function compactSegments(
  store: LogStore,
  files: Files,
  { log, rule }: { readonly log: PartitionLog; readonly rule: CompactionRule },
): Promise<number> {
  const cleanable = cleanableSegments(store, log)
  const dirty = cleanable.filter((segment) => segment.cleanedAtMs === 0)
  if (!isDue(cleanable, dirty, rule.minDirtyRatio)) return 0
  const latest = await latestOffsets(dirty, log.transactions)
  let savedBytes = 0
  for (const group of groupsOf(
    cleanable.filter((segment) => segment.baseOffset < latest.endOffset),
    rule.segmentBytes,
  )) {
    if (log.isRemoved) return savedBytes
    savedBytes += await cleanGroup(store, files, { log, rule, group, latest: latest.offsets })
  }
  return savedBytes
}

/** The last batch stays: a client that reads what is stored gets to the end by it, as an empty answer moves none on. */
function cleanableSegments(store: LogStore, log: PartitionLog): readonly Segment[] {
  const closed = log.segments.slice(0, log.active.bytes === 0 ? -2 : -1)
  const stableOffset = log.stableOffset('durable')
  const firstOther = closed.findIndex((segment, index) => {
    const isOpen = log.segments[index + 1]!.baseOffset > stableOffset
    return isOpen || !store.covers(segment) || segment.isDirty
  })
  return firstOther < 0 ? closed : closed.slice(0, firstOther)
}

function isDue(cleanable: readonly Segment[], dirty: readonly Segment[], minDirtyRatio: number): boolean {
  const sum = (segments: readonly Segment[]): number => segments.reduce((bytes, segment) => bytes + segment.bytes, 0)
  return dirty.length > 0 && sum(dirty) >= minDirtyRatio * sum(cleanable)
}

/** The last offset of each key in the dirty segments, and an offset behind the beginning of the last one. */
async function latestOffsets(
  dirty: readonly Segment[],
  transactions: PartitionTransactions,
): Promise<{ readonly offsets: ReadonlyMap<string, number>; readonly endOffset: number }> {
  const offsets = new Map<string, number>()
  let endOffset = 0
  for (const segment of dirty) {
    if (offsets.size >= maxKeys) break
    for await (const batches of chunksOf(segment, transactions)) noteLatestOffsets(batches, offsets)
    endOffset = segment.baseOffset + 1
  }
  return { offsets, endOffset }
}

/** The batches of the segment that are not void. */
async function* chunksOf(segment: Segment, transactions: PartitionTransactions): AsyncGenerator<Buffer> {
  let position = 0
  let offset = segment.baseOffset
  while (position < segment.bytes) {
    const batches = await readBatches(segment, { position, end: segment.bytes, maxBytes: readBytes, offset })
    const nextOffset = nextOffsetOfLast(batches)
    yield withoutVoid(batches, transactions.abortedIn(offset, nextOffset))
    position += batches.length
    offset = nextOffset
  }
}

/** Neighbours that fit into one segment and were cleaned before, or not, alike: a tombstone's delay counts from then. */
function* groupsOf(segments: readonly Segment[], segmentBytes: number): Generator<readonly Segment[]> {
  let group: Segment[] = []
  let bytes = 0
  for (const segment of segments) {
    const [first] = group
    const fits =
      first === undefined ||
      (bytes + segment.bytes <= segmentBytes &&
        segment.baseOffset - first.baseOffset < maxRelativeOffset / 2 &&
        (segment.cleanedAtMs === 0) === (first.cleanedAtMs === 0))
    if (!fits) {
      yield group
      group = []
      bytes = 0
    }
    group.push(segment)
    bytes += segment.bytes
  }
  if (group.length > 0) yield group
}

interface GroupJob {
  readonly log: PartitionLog
  readonly rule: CompactionRule
  readonly group: readonly Segment[]
  readonly latest: ReadonlyMap<string, number>
}

async function cleanGroup(store: LogStore, files: Files, job: GroupJob): Promise<number> {
  const { log, group } = job
  const [first] = group
  if (first === undefined) return 0
  const beforeBytes = group.reduce((bytes, segment) => bytes + segment.bytes, 0)
  const path = `${first.logPath}${cleanedSuffix}`
  await removeIfThere(files, path)
  const file = await files.open(path, 'create-new')
  let made: Segment
  try {
    made = await writeCleaned(file, job)
    await file.datasync()
    await files.syncDirectory(log.directory)
  } catch (error) {
    await file.close()
    await removeIfThere(files, path)
    throw error
  }
  const sources = group.map((segment) => segment.baseOffset)
  let replaced: readonly Segment[] = []
  const { topicId, partition } = log.identity
  await store.commitChange(
    { type: 'segments-swapped', topicId, partition, sources, segment: made.record() },
    () => {
      if (!log.isRemoved) replaced = log.swap(sources, made)
    },
    async () => {
      try {
        for (const segment of replaced) await segment.close()
        await finishSwap(files, log.directory, { base: made.baseOffset, sources })
        await made.indexes().save(true)
        await files.syncDirectory(log.directory)
        made.settle()
      } catch (failure) {
        // With its topic the directory went away under the work.
        if (!log.isRemoved) throw failure
      }
    },
  )
  return beforeBytes - made.bytes
}

/** Copies what stays; the returned segment reads through the file that is still under its temporary name. */
async function writeCleaned(file: OpenFile, { log, rule, group, latest }: GroupJob): Promise<Segment> {
  const first = group[0] as Segment
  const cleanedAtMs = Math.max(...group.map((segment) => segment.cleanedAtMs)) || rule.nowMs
  const record: SegmentRecord = {
    base: first.baseOffset,
    bytes: 0,
    maxTimestampMs: -1,
    createdAtMs: first.createdAtMs,
    cleanedAtMs,
  }
  const made = Segment.adopt(log.segmentHome(), first.stem, { record, file })
  for (const segment of group) {
    const dropsTombstones = segment.cleanedAtMs > 0 && rule.nowMs >= segment.cleanedAtMs + rule.deleteRetentionMs
    const keeps = (cursor: RecordCursor): boolean => staysIn(cursor, latest, dropsTombstones)
    for await (const batches of chunksOf(segment, log.transactions)) {
      for (let at = 0; at < batches.length; at += batchBytes(batches, at)) {
        const batch = batches.subarray(at, at + batchBytes(batches, at))
        const kept = compactBatch(batch, { keeps, mostBytes: maxAppendBytes })
        if (kept === undefined) continue
        await file.write(kept, made.bytes)
        made.note({
          lastOffset: lastOffsetOf(kept, 0),
          position: made.bytes,
          batchBytes: kept.length,
          maxTimestampMs: maxTimestampOf(kept, 0),
        })
      }
    }
  }
  made.syncedBytes = made.bytes
  return made
}

function staysIn(cursor: RecordCursor, latest: ReadonlyMap<string, number>, dropsTombstones: boolean): boolean {
  const key = cursor.key()
  if (key === null) return true
  const last = latest.get(key.toString('latin1'))
  if (last !== undefined && last > cursor.offset) return false
  return !(dropsTombstones && cursor.valueStart < 0)
}

// `tailrace log verify`: reads every byte that a start would rely on and says what does not fit. Changes nothing.
//
// What the newest checkpoint covers must stand in the segments. What came after it may be missing there, or torn: the
// next start writes it again from the journal, so the journal is where it must be intact. Indexes are hints that are
// made anew where they are wrong, so their faults are notes.

import { join } from 'node:path'
import { batchBytes, lastOffsetOf, recordCountOf } from '../../record/batch-layout.js'
import { runtimeErrors } from '../../runtime/errors.js'
import type { Files, OpenFile } from '../../runtime/files.js'
import { DataLayout, segmentName } from '../data-layout.js'
import { lostRanges } from '../loss-report.js'
import { OffsetIndex } from '../offset-index.js'
import { segmentPath } from '../partition-files.js'
import { segmentKey } from '../replay.js'
import { readLogState, type LogState } from './log-state.js'
import { walkBatches } from './segment-walk.js'

export interface VerifyFinding {
  /** `note`: put right by the next start. `problem`: something acknowledged cannot be read. */
  readonly level: 'note' | 'problem'
  readonly path: string
  readonly message: string
}

export interface VerifyReport {
  readonly hubId: string
  readonly checkpoint: number
  readonly frameCount: number
  readonly partitionCount: number
  readonly segmentCount: number
  readonly batchCount: number
  readonly recordCount: number
  readonly bytes: number
  readonly findings: readonly VerifyFinding[]
}

/** Errors: those of readLogState. The caller sees to it that no hub writes meanwhile. */
export async function verifyLog(files: Files, directory: string): Promise<VerifyReport> {
  const layout = new DataLayout(directory)
  const state = await readLogState(files, layout)
  const findings = [...slotFindings(state, layout), ...(await journalFindings(files, state))]
  const totals = { segmentCount: 0, batchCount: 0, recordCount: 0, bytes: 0 }
  const records = state.replay.records()
  for (const segment of expectedSegments(state, layout)) {
    const seen = await verifySegment(files, segment)
    findings.push(...seen.findings)
    totals.segmentCount++
    totals.batchCount += seen.batchCount
    totals.recordCount += seen.recordCount
    totals.bytes += seen.bytes
  }
  const { identity, checkpoint, frameCount } = state
  return {
    hubId: identity.hubId,
    checkpoint: checkpoint.number,
    frameCount,
    partitionCount: records.length,
    ...totals,
    findings,
  }
}

function slotFindings({ slots, checkpoint }: LogState, layout: DataLayout): readonly VerifyFinding[] {
  return slots.flatMap(({ slot, bytes, checkpoint: found }): readonly VerifyFinding[] => {
    if (bytes === undefined || found !== undefined) return []
    const message = `the checkpoint cannot be read; checkpoint ${checkpoint.number} in the other slot counts`
    return [{ level: 'note', path: layout.checkpointSlot(slot), message }]
  })
}

async function journalFindings(files: Files, state: LogState): Promise<readonly VerifyFinding[]> {
  const { end, checkpoint, journalFiles, replay } = state
  if (end === undefined) return []
  if (!end.isReached) {
    const message = `no file of the journal holds frame ${checkpoint.replay.sequence}, where the checkpoint begins`
    return [{ level: 'problem', path: 'journal', message }]
  }
  if (end.damage === undefined) return []
  const lost = await lostRanges(files, { files: journalFiles, replay, end })
  const what = lost.map(({ topic, partition, from, to }) => `${topic}-${partition} offsets ${from} to ${to}`).join(', ')
  const message = `frames ${end.sequence} to ${end.damage.durable} were acknowledged and cannot be read from byte ${end.position} on: ${what || 'unknown records'}`
  return [{ level: 'problem', path: end.path, message }]
}

interface ExpectedSegment {
  readonly directory: string
  readonly baseOffset: number
  /** Up to here it must be intact on its own; what follows stands in the journal as well. */
  readonly coveredBytes: number
  /** Up to here it reaches once the journal is written to it. */
  readonly bytes: number
  /** Compaction finished, and its result may still have its temporary name. */
  readonly isSwapped: boolean
}

function expectedSegments({ checkpoint, replay }: LogState, layout: DataLayout): readonly ExpectedSegment[] {
  const covered = new Map<string, number>()
  for (const { topicId, partition, segments } of checkpoint.partitions) {
    for (const { base, bytes } of segments) covered.set(segmentKey(topicId, partition, base), bytes)
  }
  const swapped = new Set(replay.swaps.map(({ topicId, partition, base }) => segmentKey(topicId, partition, base)))
  return replay.records().flatMap(({ topicId, partition, segments }) => {
    const topic = replay.topics.get(topicId)
    if (topic === undefined) return []
    const directory = layout.partitionDirectory(topic.name, partition)
    return segments.map(({ base, bytes }): ExpectedSegment => {
      const key = segmentKey(topicId, partition, base)
      const isSwapped = swapped.has(key)
      const coveredBytes = isSwapped ? bytes : Math.min(bytes, covered.get(key) ?? 0)
      return { directory, baseOffset: base, coveredBytes, bytes, isSwapped }
    })
  })
}

interface SeenSegment {
  readonly batchCount: number
  readonly recordCount: number
  readonly bytes: number
  readonly findings: readonly VerifyFinding[]
}

async function verifySegment(files: Files, segment: ExpectedSegment): Promise<SeenSegment> {
  const path = await segmentPath(files, segment.directory, { base: segment.baseOffset, isSwapped: segment.isSwapped })
  let file: OpenFile
  try {
    file = await files.open(path, 'read')
  } catch (error) {
    if (!runtimeErrors.is(error, 'not_found')) throw error
    const findings = segment.coveredBytes === 0 ? [] : [missing(path, 0, segment)]
    return { batchCount: 0, recordCount: 0, bytes: 0, findings }
  }
  try {
    return await verifyFile(files, { file, path, segment })
  } finally {
    await file.close()
  }
}

async function verifyFile(
  files: Files,
  { file, path, segment }: { readonly file: OpenFile; readonly path: string; readonly segment: ExpectedSegment },
): Promise<SeenSegment> {
  const thereBytes = file.sizeSync()
  const findings: VerifyFinding[] = []
  if (thereBytes < segment.coveredBytes) findings.push(missing(path, thereBytes, segment))
  const indexPath = join(segment.directory, `${segmentName(segment.baseOffset)}.index`)
  const index = await readOffsetIndex(files, indexPath)
  let [batchCount, recordCount, bytes, entry] = [0, 0, 0, 0]
  const endBytes = Math.min(thereBytes, segment.bytes)
  for await (const batch of walkBatches(file, { baseOffset: segment.baseOffset, endBytes })) {
    if (batch.fault !== undefined) {
      findings.push(faultAt(path, batch, segment))
      break
    }
    while (entry < index.table.count && index.position(entry) < batch.position) entry++
    const lastOffset = lastOffsetOf(batch.bytes, batch.start)
    const isIndexed = entry < index.table.count && index.position(entry) === batch.position
    if (isIndexed && segment.baseOffset + index.relativeOffset(entry) !== lastOffset) {
      const message = `entry ${entry} contradicts the batch at byte ${batch.position}; the index is made anew`
      findings.push({ level: 'note', path: indexPath, message })
      index.table.cutTo(0)
    }
    batchCount++
    recordCount += recordCountOf(batch.bytes, batch.start)
    bytes = batch.position + batchBytes(batch.bytes, batch.start)
  }
  return { batchCount, recordCount, bytes, findings }
}

function missing(path: string, thereBytes: number, { coveredBytes }: ExpectedSegment): VerifyFinding {
  return { level: 'problem', path, message: `${thereBytes} of the ${coveredBytes} bytes that were synced are there` }
}

function faultAt(
  path: string,
  { position, fault }: { readonly position: number; readonly fault: string | undefined },
  { coveredBytes }: ExpectedSegment,
): VerifyFinding {
  const where = `no intact batch at byte ${position} (${fault}); nothing behind it was looked at`
  if (position < coveredBytes) return { level: 'problem', path, message: where }
  return { level: 'note', path, message: `${where}; the next start writes it again from the journal` }
}

/** Cut at the first entry that does not ascend; an index that is not there is made at the first use. */
async function readOffsetIndex(files: Files, path: string): Promise<OffsetIndex> {
  try {
    const index = new OffsetIndex(await files.readAll(path))
    index.cutToBytes(Number.MAX_SAFE_INTEGER)
    return index
  } catch (error) {
    if (runtimeErrors.is(error, 'not_found')) return new OffsetIndex()
    throw error
  }
}

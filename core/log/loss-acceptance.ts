// `log repair`: what a partition has lost is taken out of what recovery expects of it. A segment that is missing goes, one
// that is too short ends behind its last intact batch. Offsets that are lost stay unused.

import { batchBytes, checkBatch } from '../record/batch-layout.js'
import type { TransactionPlace } from '../record/partition-transactions.js'
import type { Files } from '../runtime/files.js'
import type { Logger } from '../telemetry/logger.js'
import { segmentPath } from './partition-files.js'
import type { FinishedSwap, ReplayedPartition } from './replay.js'

export async function acceptLostSegments(
  files: Files,
  directory: string,
  {
    partition,
    swaps,
    logger,
  }: { readonly partition: ReplayedPartition; readonly swaps: readonly FinishedSwap[]; readonly logger: Logger },
): Promise<void> {
  for (const segment of partition.segments.values()) {
    if (segment.bytes === 0) continue
    const isSwapped = swaps.some(({ base }) => base === segment.base)
    const path = await segmentPath(files, directory, { base: segment.base, isSwapped })
    const thereBytes = (await files.stat(path))?.bytes ?? 0
    if (thereBytes >= segment.bytes) continue
    const intactBytes = thereBytes === 0 ? 0 : intactEnd(await files.readAll(path))
    logger.warn('accepts the loss of a part of a segment', { path, expectedBytes: segment.bytes, intactBytes })
    if (intactBytes === 0) partition.segments.delete(segment.base)
    else partition.segments.set(segment.base, { ...segment, bytes: intactBytes })
  }
  partition.transactions.relocate((place) => placeLeft(partition.segments, place))
}

/** Readers go up to the place of an open transaction: where it is lost, to the segment behind it. */
function placeLeft(segments: ReplayedPartition['segments'], place: TransactionPlace): TransactionPlace | undefined {
  const { segmentBase, position } = place
  if (position < (segments.get(segmentBase)?.bytes ?? 0)) return place
  const behind = [...segments.keys()].filter((base) => base > segmentBase)
  return behind.length === 0 ? undefined : { ...place, segmentBase: Math.min(...behind), position: 0 }
}

function intactEnd(bytes: Buffer): number {
  let end = 0
  while (end < bytes.length && checkBatch(bytes, end, bytes.length) === undefined) end += batchBytes(bytes, end)
  return end
}

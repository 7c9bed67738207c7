// Leader epochs: there is one leader, and its epoch rises after each start that followed a crash. A client that knows an
// older one may have read records of a `written` topic that the crash took; this is how it finds out.

import type { LogEngine, Offset, PartitionId } from '../../engine/log-engine.js'
import { batchHeaderBytes, leaderEpochOf, nextOffsetOf } from '../../record/batch-layout.js'
import { errorCodes } from '../protocol/error-codes.js'

/** What a request says of its epoch, against ours; -1 says nothing. */
export function leaderEpochFault(current: number, requested: number): number {
  if (requested === -1 || requested === current) return errorCodes.NONE
  return requested < current ? errorCodes.FENCED_LEADER_EPOCH : errorCodes.UNKNOWN_LEADER_EPOCH
}

export interface EpochEnd {
  /** The largest epoch up to the one asked for that has records, or the present one; -1 when there is none. */
  readonly epoch: number
  /** Behind its last record; -1 with epoch -1. */
  readonly endOffset: Offset
}

/**
 * Where an epoch ends: where the first batch of a later one begins. Epochs never fall along a log, so that this is a
 * search by halves, of one batch each. Errors: unknown_topic, unknown_partition, damaged.
 */
export async function endOfEpoch(engine: LogEngine, of: PartitionId, epoch: number): Promise<EpochEnd> {
  const { logStartOffset, writtenWatermark } = await engine.bounds(of)
  if (epoch > engine.leaderEpoch) return { epoch: -1, endOffset: -1 }
  if (epoch === engine.leaderEpoch) return { epoch, endOffset: writtenWatermark }
  let from = logStartOffset
  let to = writtenWatermark
  let found = -1
  while (from < to) {
    const middle = from + Math.floor((to - from) / 2)
    const batch = await batchAt(engine, of, middle)
    if (batch === undefined || leaderEpochOf(batch, 0) > epoch) {
      to = middle
      continue
    }
    found = leaderEpochOf(batch, 0)
    from = Math.max(middle + 1, nextOffsetOf(batch, 0))
  }
  // Nothing of the epoch is left, or nothing was ever written in it.
  return found === -1
    ? { epoch, endOffset: logStartOffset }
    : { epoch: found, endOffset: Math.min(from, writtenWatermark) }
}

/** The batch that holds the offset, or the next one behind it; undefined at the end of the log. */
export async function batchAt(engine: LogEngine, of: PartitionId, offset: Offset): Promise<Buffer | undefined> {
  const limits = { minBytes: 0, maxBytes: 1, maxWaitMs: 0, isolation: 'written', transactions: 'all' } as const
  const { chunks } = await engine.read([{ ...of, offset, maxBytes: 1 }], limits, new AbortController().signal)
  const [chunk] = chunks
  if (chunk?.error !== undefined) throw chunk.error
  return chunk === undefined || chunk.batches.length < batchHeaderBytes ? undefined : chunk.batches
}

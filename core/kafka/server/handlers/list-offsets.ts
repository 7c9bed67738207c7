// ListOffsets: the offset for a time, or one of the marks that Kafka gives negative numbers.

import type { LogEngine, Offset, PartitionId, TimestampMs } from '../../../engine/log-engine.js'
import { RecordCursor } from '../../../record/record-cursor.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { ListOffsetsRequest } from '../../protocol/generated/list-offsets-request.js'
import type { ListOffsetsResponse } from '../../protocol/generated/list-offsets-response.js'
import { failureOf } from '../error-mapping.js'
import { batchAt, leaderEpochFault } from '../leader-epoch.js'
import type { RequestContext } from '../request-context.js'

type PartitionRequest = ListOffsetsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = ListOffsetsResponse['topics'][number]['partitions'][number]

interface Found {
  readonly offset: Offset
  readonly timestamp: TimestampMs
}

type LookUp = (engine: LogEngine, of: PartitionId) => Promise<Found>

const nothing: Found = { offset: -1, timestamp: -1 }

/** Nothing lies in a remote store: the earliest local offset is the earliest, and there is no tiered one. */
const marks: ReadonlyMap<number, LookUp> = new Map<number, LookUp>([
  [-1, async (engine, of) => ({ offset: (await engine.bounds(of)).writtenWatermark, timestamp: -1 })],
  [-2, earliest],
  [-3, latestTimestamp],
  [-4, earliest],
  [-5, async () => nothing],
])

export async function listOffsets(request: ListOffsetsRequest, context: RequestContext): Promise<ListOffsetsResponse> {
  const topics: { readonly name: string; readonly partitions: PartitionAnswer[] }[] = []
  for (const { name, partitions } of request.topics) {
    const answers: PartitionAnswer[] = []
    for (const partition of partitions) answers.push(await answerOf(name, partition, context))
    topics.push({ name, partitions: answers })
  }
  return { throttleTimeMs: 0, topics }
}

async function answerOf(topic: string, request: PartitionRequest, context: RequestContext): Promise<PartitionAnswer> {
  const { engine, topicNames } = context
  const { partitionIndex, currentLeaderEpoch, timestamp } = request
  const failed = (errorCode: number): PartitionAnswer => ({ partitionIndex, errorCode, ...nothing, leaderEpoch: -1 })
  if (topicNames.find(topic) === undefined) return failed(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const fault = leaderEpochFault(engine.leaderEpoch, currentLeaderEpoch)
  if (fault !== errorCodes.NONE) return failed(fault)
  const lookUp = timestamp >= 0 ? atTime(timestamp) : marks.get(timestamp)
  if (lookUp === undefined) return failed(errorCodes.UNSUPPORTED_VERSION)
  try {
    const found = await lookUp(engine, { topic, partition: partitionIndex })
    const leaderEpoch = found.offset === -1 ? -1 : engine.leaderEpoch
    return { partitionIndex, errorCode: errorCodes.NONE, ...found, leaderEpoch }
  } catch (error) {
    return failed(failureOf(error).code)
  }
}

async function earliest(engine: LogEngine, of: PartitionId): Promise<Found> {
  return { offset: await engine.offsetFor(of, 'earliest'), timestamp: -1 }
}

function atTime(timestamp: TimestampMs): LookUp {
  return async (engine, of) => {
    const offset = await engine.offsetFor(of, timestamp)
    const { highWatermark } = await engine.bounds(of)
    if (offset >= highWatermark) return nothing
    return { offset, timestamp: (await timestampAt(engine, of, offset)) ?? timestamp }
  }
}

/**
 * The first record with the largest timestamp. The engine finds the first record from a time on, so that the largest
 * time that finds one is searched by halves; look-ups beyond it cost a comparison for each segment.
 */
async function latestTimestamp(engine: LogEngine, of: PartitionId): Promise<Found> {
  const { highWatermark } = await engine.bounds(of)
  let found: Offset | undefined
  let from = 0
  let beyond = Number.MAX_SAFE_INTEGER
  while (from < beyond) {
    const middle = from + Math.floor((beyond - from) / 2)
    const offset = await engine.offsetFor(of, middle)
    if (offset >= highWatermark) {
      beyond = middle
      continue
    }
    found = offset
    // The record may be later than what was asked for: go on behind it.
    from = Math.max(middle, (await timestampAt(engine, of, offset)) ?? middle) + 1
  }
  return found === undefined ? nothing : { offset: found, timestamp: from - 1 }
}

async function timestampAt(engine: LogEngine, of: PartitionId, offset: Offset): Promise<TimestampMs | undefined> {
  const batch = await batchAt(engine, of, offset)
  if (batch === undefined) return undefined
  const cursor = new RecordCursor()
  cursor.reset(batch)
  return cursor.skipTo(offset) ? cursor.timestampMs : undefined
}

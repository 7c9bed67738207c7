// ListOffsets: the offset for a time, or one of the marks that Kafka gives negative numbers.
//
// To find a time a batch has to be opened, which may be as large as a batch can become: the event loop goes round before
// each, however many partitions one request names.

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

/** Where a client looks, and whether it sees only what no open transaction may still take back. */
interface Place {
  readonly engine: LogEngine
  readonly of: PartitionId
  readonly isStable: boolean
  /** Lets others have a turn. Rejects when the connection closes. */
  readonly goRound: () => Promise<void>
}

type LookUp = (place: Place) => Promise<Found>

const readUncommitted = 0

const nothing: Found = { offset: -1, timestamp: -1 }

/** Nothing lies in a remote store: the earliest local offset is the earliest, and there is no tiered one. */
const marks: ReadonlyMap<number, LookUp> = new Map<number, LookUp>([
  [-1, latest],
  [-2, earliest],
  [-3, latestTimestamp],
  [-4, earliest],
  [-5, async () => nothing],
])

export async function listOffsets(request: ListOffsetsRequest, context: RequestContext): Promise<ListOffsetsResponse> {
  const isStable = request.isolationLevel !== readUncommitted
  const goRound = async (): Promise<void> => {
    await new Promise<void>((resolve) => context.clock.soon(resolve))
    context.signal.throwIfAborted()
  }
  const topics: { readonly name: string; readonly partitions: PartitionAnswer[] }[] = []
  for (const { name, partitions } of request.topics) {
    const answers: PartitionAnswer[] = []
    for (const partition of partitions) {
      const of = { topic: name, partition: partition.partitionIndex }
      const place = { engine: context.engine, of, isStable, goRound }
      answers.push(await answerOf(place, partition, context))
    }
    topics.push({ name, partitions: answers })
  }
  return { throttleTimeMs: 0, topics }
}

async function answerOf(
  place: Place,
  request: PartitionRequest,
  { engine, topicNames }: RequestContext,
): Promise<PartitionAnswer> {
  const { partitionIndex, currentLeaderEpoch, timestamp } = request
  const failed = (errorCode: number): PartitionAnswer => ({ partitionIndex, errorCode, ...nothing, leaderEpoch: -1 })
  if (topicNames.find(place.of.topic) === undefined) return failed(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const fault = leaderEpochFault(engine.leaderEpoch, currentLeaderEpoch)
  if (fault !== errorCodes.NONE) return failed(fault)
  const lookUp = timestamp >= 0 ? atTime(timestamp) : marks.get(timestamp)
  if (lookUp === undefined) return failed(errorCodes.UNSUPPORTED_VERSION)
  try {
    const found = await lookUp(place)
    const leaderEpoch = found.offset === -1 ? -1 : engine.leaderEpoch
    return { partitionIndex, errorCode: errorCodes.NONE, ...found, leaderEpoch }
  } catch (error) {
    return failed(failureOf(error).code)
  }
}

async function latest({ engine, of, isStable }: Place): Promise<Found> {
  const { writtenWatermark, lastStableOffset } = await engine.bounds(of)
  return { offset: isStable ? lastStableOffset : writtenWatermark, timestamp: -1 }
}

async function earliest({ engine, of }: Place): Promise<Found> {
  return { offset: await engine.offsetFor(of, 'earliest'), timestamp: -1 }
}

function atTime(timestamp: TimestampMs): LookUp {
  return async (place) => {
    await place.goRound()
    const offset = await place.engine.offsetFor(place.of, timestamp)
    if (offset >= (await endOf(place))) return nothing
    return { offset, timestamp: (await timestampAt(place, offset)) ?? timestamp }
  }
}

/** What is found by its time lies below. */
async function endOf({ engine, of, isStable }: Place): Promise<Offset> {
  const { highWatermark, lastStableOffset } = await engine.bounds(of)
  return isStable ? Math.min(highWatermark, lastStableOffset) : highWatermark
}

/**
 * The first record with the largest timestamp. The engine finds the first record from a time on, so that the largest
 * time that finds one is searched by halves; look-ups beyond it cost a comparison for each segment.
 */
async function latestTimestamp(place: Place): Promise<Found> {
  const end = await endOf(place)
  let found: Offset | undefined
  let from = 0
  let beyond = Number.MAX_SAFE_INTEGER
  while (from < beyond) {
    await place.goRound()
    const middle = from + Math.floor((beyond - from) / 2)
    const offset = await place.engine.offsetFor(place.of, middle)
    if (offset >= end) {
      beyond = middle
      continue
    }
    found = offset
    // The record may be later than what was asked for: go on behind it.
    from = Math.max(middle, (await timestampAt(place, offset)) ?? middle) + 1
  }
  return found === undefined ? nothing : { offset: found, timestamp: from - 1 }
}

async function timestampAt({ engine, of, goRound }: Place, offset: Offset): Promise<TimestampMs | undefined> {
  await goRound()
  const batch = await batchAt(engine, of, offset)
  if (batch === undefined) return undefined
  const cursor = new RecordCursor()
  cursor.reset(batch)
  return cursor.skipTo(offset) ? cursor.timestampMs : undefined
}

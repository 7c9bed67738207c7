// Fetch: whole batches from an offset on, as they lie in the log. A fetch that finds too little is held, and woken by
// the append that makes it enough. Every answer has session id 0, which is legal: clients then name all their partitions
// in each request.

import type { PartitionChunk, PartitionRead } from '../../../engine/log-engine.js'
import type { TopicDescription } from '../../../engine/topic-admin.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { FetchRequest } from '../../protocol/generated/fetch-request.js'
import type { FetchResponse } from '../../protocol/generated/fetch-response.js'
import { failureOf } from '../error-mapping.js'
import { FetchRoom } from '../fetch-room.js'
import { leaderEpochFault } from '../leader-epoch.js'
import { maxFetchBytes, maxFetchWaitMs, noRoomMs } from '../limits.js'
import type { RequestContext } from '../request-context.js'

type TopicRequest = FetchRequest['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]
type PartitionAnswer = FetchResponse['topics'][number]['partitions'][number]

/** From here on topics are named by their id alone. */
const idsFromVersion = 13

const readUncommitted = 0

interface Planned {
  readonly request: PartitionRequest
  /** Where its chunk stands among those read; -1 for what is refused before. */
  readonly chunk: number
  readonly errorCode: number
}

export async function fetch(request: FetchRequest, context: RequestContext): Promise<FetchResponse> {
  if (request.sessionId !== 0) return answer(errorCodes.FETCH_SESSION_ID_NOT_FOUND, [])
  const reads: PartitionRead[] = []
  const planned = request.topics.map((topic) => plan(topic, reads, context))
  const isRefused = planned.some((partitions) => partitions.some(({ chunk }) => chunk === -1))
  const room = new FetchRoom(context.budget)
  const limits = limitsOf(request, isRefused)
  const largestBytes = Math.min(limits.maxBytes, partitionBytesOf(reads))
  const reserve = (thereBytes: number): number => {
    return room.reserve({ thereBytes, largestBytes, batchBytes: largestBatchOf(reads, context) })
  }
  try {
    const { chunks } = await context.engine.read(reads, { ...limits, reserve }, context.signal)
    if (room.isRefused) await context.clock.sleep(noRoomMs, context.signal)
    return answered(request, planned, chunks)
  } finally {
    // From here on the answer itself is counted, by its connection.
    room.giveBack()
  }
}

function answered(
  request: FetchRequest,
  planned: readonly (readonly Planned[])[],
  chunks: readonly PartitionChunk[],
): FetchResponse {
  const topics = request.topics.map(({ topic, topicId }, index) => ({
    topic,
    topicId,
    partitions: (planned[index] ?? []).map((each) => partitionAnswer(each, chunks[each.chunk], isStable(request))),
  }))
  return answer(errorCodes.NONE, topics)
}

function plan(topic: TopicRequest, reads: PartitionRead[], context: RequestContext): Planned[] {
  const { topicNames, engine, apiVersion } = context
  const isById = apiVersion >= idsFromVersion
  const known = isById ? topicNames.findById(topic.topicId) : topicNames.find(topic.topic)
  const unknown = isById ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return topic.partitions.map((request) => {
    const errorCode = known === undefined ? unknown : faultOf(request, known, engine.leaderEpoch)
    if (known === undefined || errorCode !== errorCodes.NONE) return { request, chunk: -1, errorCode }
    const { partition, fetchOffset: offset, partitionMaxBytes: maxBytes } = request
    const chunk = reads.push({ topic: known.name, partition, offset, maxBytes: Math.max(0, maxBytes) }) - 1
    return { request, chunk, errorCode }
  })
}

function faultOf(request: PartitionRequest, topic: TopicDescription, leaderEpoch: number): number {
  if (request.partition < 0 || request.partition >= topic.partitions) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return leaderEpochFault(leaderEpoch, request.currentLeaderEpoch)
}

/** An error in one partition is answered at once, with what the others have. */
function limitsOf(request: FetchRequest, isRefused: boolean) {
  return {
    minBytes: isRefused ? 0 : Math.max(0, request.minBytes),
    maxBytes: Math.min(Math.max(0, request.maxBytes), maxFetchBytes),
    maxWaitMs: isRefused ? 0 : Math.min(Math.max(0, request.maxWaitMs), maxFetchWaitMs),
    isolation: 'written',
    transactions: isStable(request) ? 'stable' : 'all',
  } as const
}

function partitionBytesOf(reads: readonly PartitionRead[]): number {
  let bytes = 0
  for (const { maxBytes } of reads) bytes += maxBytes
  return bytes
}

/** The first batch comes whole, whatever the limits. */
function largestBatchOf(reads: readonly PartitionRead[], { topicNames }: RequestContext): number {
  let largestBytes = 0
  for (const { topic } of reads) {
    largestBytes = Math.max(largestBytes, topicNames.find(topic)?.settings.maxBatchBytes ?? 0)
  }
  return largestBytes
}

/** Whether the client leaves out what is not committed; it is told which of the batches that it gets are aborted. */
function isStable({ isolationLevel }: FetchRequest): boolean {
  return isolationLevel !== readUncommitted
}

function partitionAnswer(
  { request, errorCode }: Planned,
  chunk: PartitionChunk | undefined,
  tellsAborted: boolean,
): PartitionAnswer {
  // A read of isolation `written` may end behind what is durable; a client must not see records beyond the watermark.
  const highWatermark = chunk === undefined ? -1 : Math.max(chunk.highWatermark, nextOffsetOf(chunk))
  return {
    partitionIndex: request.partition,
    errorCode: chunk?.error === undefined ? errorCode : failureOf(chunk.error).code,
    highWatermark,
    lastStableOffset: Math.min(highWatermark, chunk?.lastStableOffset ?? -1),
    logStartOffset: chunk?.logStartOffset ?? -1,
    divergingEpoch: null,
    currentLeader: null,
    snapshotId: null,
    abortedTransactions: tellsAborted ? (chunk?.aborted ?? []) : null,
    preferredReadReplica: -1,
    records: chunk?.batches ?? noRecords,
  }
}

/** Old clients expect no null. */
const noRecords = Buffer.alloc(0)

function nextOffsetOf({ error, nextOffset }: PartitionChunk): number {
  return error === undefined ? nextOffset : -1
}

function answer(errorCode: number, topics: FetchResponse['topics']): FetchResponse {
  return { throttleTimeMs: 0, errorCode, sessionId: 0, topics, nodeEndpoints: [] }
}

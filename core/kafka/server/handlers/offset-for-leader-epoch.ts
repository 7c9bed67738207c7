// OffsetForLeaderEpoch: where an epoch ends, so that a consumer learns whether records that it has read are still there.

import { errorCodes } from '../../protocol/error-codes.js'
import type { OffsetForLeaderEpochRequest } from '../../protocol/generated/offset-for-leader-epoch-request.js'
import type { OffsetForLeaderEpochResponse } from '../../protocol/generated/offset-for-leader-epoch-response.js'
import { failureOf } from '../error-mapping.js'
import { endOfEpoch, leaderEpochFault } from '../leader-epoch.js'
import type { RequestContext } from '../request-context.js'

type PartitionRequest = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type PartitionAnswer = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number]

export async function offsetForLeaderEpoch(
  request: OffsetForLeaderEpochRequest,
  context: RequestContext,
): Promise<OffsetForLeaderEpochResponse> {
  const topics: { readonly topic: string; readonly partitions: PartitionAnswer[] }[] = []
  for (const { topic, partitions } of request.topics) {
    const answers: PartitionAnswer[] = []
    for (const partition of partitions) answers.push(await answerOf(topic, partition, context))
    topics.push({ topic, partitions: answers })
  }
  return { throttleTimeMs: 0, topics }
}

async function answerOf(topic: string, request: PartitionRequest, context: RequestContext): Promise<PartitionAnswer> {
  const { engine, topicNames } = context
  const { partition, currentLeaderEpoch, leaderEpoch } = request
  const failed = (errorCode: number): PartitionAnswer => ({ errorCode, partition, leaderEpoch: -1, endOffset: -1 })
  if (topicNames.find(topic) === undefined) return failed(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const fault = leaderEpochFault(engine.leaderEpoch, currentLeaderEpoch)
  if (fault !== errorCodes.NONE) return failed(fault)
  try {
    const { epoch, endOffset } = await endOfEpoch(engine, { topic, partition }, leaderEpoch)
    return { errorCode: errorCodes.NONE, partition, leaderEpoch: epoch, endOffset }
  } catch (error) {
    return failed(failureOf(error).code)
  }
}

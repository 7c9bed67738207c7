// OffsetDelete: forgets offsets of a group for topics that none of its members reads. Of members that are no consumers
// nobody knows what they read, so there the group has to be empty.

import { consumerProtocolType, decodeSubscription } from '../../../engine/consumer/consumer-protocol.js'
import type { GroupDescription } from '../../../engine/group-service.js'
import type { PartitionId } from '../../../engine/log-engine.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { OffsetDeleteRequest } from '../../protocol/generated/offset-delete-request.js'
import type { OffsetDeleteResponse } from '../../protocol/generated/offset-delete-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'

export async function offsetDelete(
  { groupId, topics }: OffsetDeleteRequest,
  { engine, topicNames }: RequestContext,
): Promise<OffsetDeleteResponse> {
  try {
    const described = engine.groups.describe(groupId)
    const isForeign = described.members.length > 0 && described.protocolType !== consumerProtocolType
    if (isForeign) return answer(errorCodes.NON_EMPTY_GROUP, [])
    const subscribed = subscribedTopics(described)
    const forgotten: PartitionId[] = []
    const answers = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        const isKnown = partitionIndex >= 0 && partitionIndex < (topicNames.find(name)?.partitions ?? 0)
        if (!isKnown) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }
        if (subscribed.has(name)) return { partitionIndex, errorCode: errorCodes.GROUP_SUBSCRIBED_TO_TOPIC }
        forgotten.push({ topic: name, partition: partitionIndex })
        return { partitionIndex, errorCode: errorCodes.NONE }
      }),
    }))
    await engine.groups.forget(groupId, forgotten)
    return answer(errorCodes.NONE, answers)
  } catch (error) {
    return answer(coordinatorFailureOf(error).code, [])
  }
}

function subscribedTopics({ members }: GroupDescription): ReadonlySet<string> {
  return new Set(members.flatMap(({ metadata }) => (metadata.length === 0 ? [] : decodeSubscription(metadata).topics)))
}

function answer(errorCode: number, topics: OffsetDeleteResponse['topics']): OffsetDeleteResponse {
  return { errorCode, throttleTimeMs: 0, topics }
}

// OffsetFetch: what groups have committed; for some partitions or, where the list is null, for all. From version 8 on
// several groups in one request. From version 7 on a client may refuse to be told an offset that an open transaction is
// about to replace: it asks again.

import type { CommittedOffset } from '../../../engine/group-service.js'
import type { PartitionId } from '../../../engine/log-engine.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { OffsetFetchRequest } from '../../protocol/generated/offset-fetch-request.js'
import type { OffsetFetchResponse } from '../../protocol/generated/offset-fetch-response.js'
import { distinct } from '../distinct.js'
import type { RequestContext } from '../request-context.js'

type GroupRequest = OffsetFetchRequest['groups'][number]
type TopicAnswer = OffsetFetchResponse['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

const severalFromVersion = 8

export function offsetFetch(request: OffsetFetchRequest, context: RequestContext): OffsetFetchResponse {
  const isSeveral = context.apiVersion >= severalFromVersion
  const { groupId, requireStable } = request
  return {
    throttleTimeMs: 0,
    topics: isSeveral ? [] : topicsOf({ groupId, topics: request.topics }, requireStable, context),
    errorCode: errorCodes.NONE,
    groups: distinct(request.groups, (group) => group.groupId).map((group) => ({
      groupId: group.groupId,
      topics: topicsOf(group, requireStable, context),
      errorCode: errorCodes.NONE,
    })),
  }
}

function topicsOf(
  { groupId: group, topics }: Pick<GroupRequest, 'groupId' | 'topics'>,
  requireStable: boolean,
  { engine }: RequestContext,
): TopicAnswer[] {
  const answer = (of: PartitionId, committed: CommittedOffset | undefined): PartitionAnswer => {
    const isUnstable = requireStable && engine.transactions.hasPendingOffset(group, of)
    return isUnstable ? unstable(of.partition) : answerOf(of.partition, committed)
  }
  if (topics === null) return byTopic(engine.groups.allCommitted(group), answer)
  return topics.map(({ name: topic, partitionIndexes }) => ({
    name: topic,
    partitions: partitionIndexes.map((partition) => {
      const of = { topic, partition }
      return answer(of, engine.groups.committed(group, of))
    }),
  }))
}

function byTopic(
  offsets: readonly (PartitionId & CommittedOffset)[],
  answer: (of: PartitionId, committed: CommittedOffset) => PartitionAnswer,
): TopicAnswer[] {
  const partitionsByTopic = new Map<string, PartitionAnswer[]>()
  for (const of of offsets) {
    const partitions = partitionsByTopic.get(of.topic) ?? []
    partitions.push(answer(of, of))
    partitionsByTopic.set(of.topic, partitions)
  }
  return [...partitionsByTopic].map(([name, partitions]) => ({ name, partitions }))
}

function unstable(partitionIndex: number): PartitionAnswer {
  return { ...answerOf(partitionIndex, undefined), errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT }
}

function answerOf(partitionIndex: number, committed: CommittedOffset | undefined): PartitionAnswer {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: errorCodes.NONE,
  }
}

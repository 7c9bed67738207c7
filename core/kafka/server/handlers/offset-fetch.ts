// OffsetFetch: what groups have committed; for some partitions or, where the list is null, for all. From version 8 on
// several groups in one request.

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
  const { groupId } = request
  return {
    throttleTimeMs: 0,
    topics: isSeveral ? [] : topicsOf(groupId, request.topics, context),
    errorCode: errorCodes.NONE,
    groups: distinct(request.groups, (group) => group.groupId).map((group) => ({
      groupId: group.groupId,
      topics: topicsOf(group.groupId, group.topics, context),
      errorCode: errorCodes.NONE,
    })),
  }
}

function topicsOf(group: string, topics: GroupRequest['topics'], { engine }: RequestContext): TopicAnswer[] {
  if (topics === null) return byTopic(engine.groups.allCommitted(group))
  return topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) =>
      answerOf(partition, engine.groups.committed(group, { topic: name, partition })),
    ),
  }))
}

function byTopic(offsets: readonly (PartitionId & CommittedOffset)[]): TopicAnswer[] {
  const partitionsByTopic = new Map<string, PartitionAnswer[]>()
  for (const of of offsets) {
    const partitions = partitionsByTopic.get(of.topic) ?? []
    partitions.push(answerOf(of.partition, of))
    partitionsByTopic.set(of.topic, partitions)
  }
  return [...partitionsByTopic].map(([name, partitions]) => ({ name, partitions }))
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

// DescribeTopicPartitions: topics in pages, sorted by name; the cursor of an answer is where the next page begins.

import { errorCodes } from '../../protocol/error-codes.js'
import type { DescribeTopicPartitionsRequest } from '../../protocol/generated/describe-topic-partitions-request.js'
import type { DescribeTopicPartitionsResponse } from '../../protocol/generated/describe-topic-partitions-response.js'
import { brokerId, type RequestContext } from '../request-context.js'
import { zeroUuid } from '../topic-names.js'
import { noOperations } from './metadata.js'

type TopicAnswer = DescribeTopicPartitionsResponse['topics'][number]
type Cursor = DescribeTopicPartitionsResponse['nextCursor']

const mostPartitions = 2000
const replicas = [brokerId]

export function describeTopicPartitions(
  request: DescribeTopicPartitionsRequest,
  context: RequestContext,
): DescribeTopicPartitionsResponse {
  const { cursor } = request
  let left = Math.min(Math.max(1, request.responsePartitionLimit), mostPartitions)
  let nextCursor: Cursor = null
  const topics: TopicAnswer[] = []
  for (const name of namesFrom(request, context)) {
    if (left === 0) {
      nextCursor = { topicName: name, partitionIndex: 0 }
      break
    }
    const from = cursor?.topicName === name ? Math.max(0, cursor.partitionIndex) : 0
    const topic = topicAnswer(name, { from, most: left }, context)
    topics.push(topic)
    left -= topic.partitions.length
    const next = from + topic.partitions.length
    if (next >= (context.topicNames.find(name)?.partitions ?? 0)) continue
    nextCursor = { topicName: name, partitionIndex: next }
    break
  }
  return { throttleTimeMs: 0, topics, nextCursor }
}

function namesFrom({ topics, cursor }: DescribeTopicPartitionsRequest, { topicNames }: RequestContext): string[] {
  const asked = topics.length === 0 ? topicNames.list() : topics
  const names = [...new Set(asked.map(({ name }) => name))].sort()
  return cursor === null ? names : names.filter((name) => name >= cursor.topicName)
}

function topicAnswer(
  name: string,
  { from, most }: { readonly from: number; readonly most: number },
  { topicNames, engine }: RequestContext,
): TopicAnswer {
  const topic = topicNames.find(name)
  const { leaderEpoch } = engine
  const count = Math.min(most, Math.max(0, (topic?.partitions ?? 0) - from))
  return {
    errorCode: topic === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.NONE,
    name,
    topicId: topic?.id ?? zeroUuid,
    isInternal: false,
    partitions: Array.from({ length: count }, (_, index) => ({
      errorCode: errorCodes.NONE,
      partitionIndex: from + index,
      leaderId: brokerId,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: replicas,
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
      offlineReplicas: [],
    })),
    topicAuthorizedOperations: noOperations,
  }
}

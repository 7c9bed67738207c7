// CreatePartitions: more partitions for topics; they are never taken away.

import { changedTopic } from '../../../engine/topic-rules.js'
import { engineErrors } from '../../../engine/errors.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { CreatePartitionsRequest } from '../../protocol/generated/create-partitions-request.js'
import type { CreatePartitionsResponse } from '../../protocol/generated/create-partitions-response.js'
import { failureOf } from '../error-mapping.js'
import { brokerId, type RequestContext } from '../request-context.js'

type TopicRequest = CreatePartitionsRequest['topics'][number]
type TopicAnswer = CreatePartitionsResponse['results'][number]

export async function createPartitions(
  request: CreatePartitionsRequest,
  context: RequestContext,
): Promise<CreatePartitionsResponse> {
  const results: TopicAnswer[] = []
  for (const topic of request.topics) results.push(await grow(topic, request.validateOnly, context))
  return { throttleTimeMs: 0, results }
}

async function grow(request: TopicRequest, validateOnly: boolean, context: RequestContext): Promise<TopicAnswer> {
  const { name, count, assignments } = request
  const failed = (errorCode: number, errorMessage: string): TopicAnswer => ({ name, errorCode, errorMessage })
  const topic = context.topicNames.find(name)
  if (topic === undefined) return failed(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'there is no such topic')
  if (count <= topic.partitions) {
    return failed(errorCodes.INVALID_PARTITIONS, `the topic has ${topic.partitions} partitions already`)
  }
  const isHere = (assignments ?? []).every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === brokerId)
  if (!isHere || (assignments !== null && assignments.length !== count - topic.partitions)) {
    const message = `each new partition is assigned to broker ${brokerId} alone`
    return failed(errorCodes.INVALID_REPLICA_ASSIGNMENT, message)
  }
  try {
    if (validateOnly) changedTopic(topic, { partitions: count })
    else await context.engine.topics.alter(name, { partitions: count })
    return { name, errorCode: errorCodes.NONE, errorMessage: null }
  } catch (error) {
    const { code, message } = failureOf(error)
    return failed(engineErrors.is(error, 'invalid_topic_setting') ? errorCodes.INVALID_PARTITIONS : code, message)
  }
}

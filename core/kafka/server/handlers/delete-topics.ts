// DeleteTopics: by name, from version 6 on by id too. The records are gone when it is answered.

import { errorCodes } from '../../protocol/error-codes.js'
import type { DeleteTopicsRequest } from '../../protocol/generated/delete-topics-request.js'
import type { DeleteTopicsResponse } from '../../protocol/generated/delete-topics-response.js'
import { failureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'
import { zeroUuid } from '../topic-names.js'

type TopicRequest = DeleteTopicsRequest['topics'][number]
type TopicAnswer = DeleteTopicsResponse['topics'][number]

export async function deleteTopics(
  request: DeleteTopicsRequest,
  context: RequestContext,
): Promise<DeleteTopicsResponse> {
  const named = request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
  const topics: TopicAnswer[] = []
  for (const topic of [...named, ...request.topics]) topics.push(await remove(topic, context))
  return { throttleTimeMs: 0, topics }
}

async function remove({ name, topicId }: TopicRequest, { engine, topicNames }: RequestContext): Promise<TopicAnswer> {
  const topic = name === null ? topicNames.findById(topicId) : topicNames.find(name)
  if (topic === undefined) {
    const errorCode = name === null ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
    return { name, topicId, errorCode, errorMessage: 'there is no such topic' }
  }
  const found = { name: topic.name, topicId: topic.id }
  try {
    await engine.topics.delete(topic.name)
    return { ...found, errorCode: errorCodes.NONE, errorMessage: null }
  } catch (error) {
    const { code, message } = failureOf(error)
    return { ...found, errorCode: code, errorMessage: message }
  }
}

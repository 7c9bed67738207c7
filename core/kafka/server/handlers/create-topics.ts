// CreateTopics: durable, and with a leader, when it is answered. One replica is all that there is.

import { checkTopicName, newTopicSettings } from '../../../engine/topic-rules.js'
import { engineErrors } from '../../../engine/errors.js'
import type { NewTopic, TopicDescription, TopicSettings } from '../../../engine/topic-admin.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { CreateTopicsRequest } from '../../protocol/generated/create-topics-request.js'
import type { CreateTopicsResponse } from '../../protocol/generated/create-topics-response.js'
import { shownTopicConfigs } from '../config-entries.js'
import { distinct } from '../distinct.js'
import { failureOf } from '../error-mapping.js'
import { brokerId, type RequestContext } from '../request-context.js'
import { settingsFromConfigs } from '../topic-configs.js'
import { zeroUuid } from '../topic-names.js'

type TopicRequest = CreateTopicsRequest['topics'][number]
type TopicAnswer = CreateTopicsResponse['topics'][number]

/** Stands for "as the broker is set". */
const byDefault = -1

export async function createTopics(
  request: CreateTopicsRequest,
  context: RequestContext,
): Promise<CreateTopicsResponse> {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { name } of request.topics) (seen.has(name) ? twice : seen).add(name)
  const topics: TopicAnswer[] = []
  for (const topic of distinct(request.topics, ({ name }) => name)) {
    if (!twice.has(topic.name)) topics.push(await create(topic, request.validateOnly, context))
    else topics.push(failed(topic.name, errorCodes.INVALID_REQUEST, 'the request names the topic twice'))
  }
  return { throttleTimeMs: 0, topics }
}

async function create(request: TopicRequest, validateOnly: boolean, context: RequestContext): Promise<TopicAnswer> {
  const { name, replicationFactor, assignments } = request
  if (assignments.length === 0 && replicationFactor !== byDefault && replicationFactor !== 1) {
    const message = `a replication factor of ${replicationFactor}; there is one broker, so that 1 is the most`
    return failed(name, errorCodes.INVALID_REPLICATION_FACTOR, message)
  }
  const partitions = partitionsOf(request, context.settings.defaultPartitions)
  if (partitions === undefined) {
    const message = `partitions are numbered from 0 and each is assigned to broker ${brokerId} alone`
    return failed(name, errorCodes.INVALID_REPLICA_ASSIGNMENT, message)
  }
  if (partitions < 1) return failed(name, errorCodes.INVALID_PARTITIONS, `${partitions} partitions; 1 is the least`)
  const made = settingsFromConfigs(request.configs)
  if ('problem' in made) return failed(name, errorCodes.INVALID_CONFIG, made.problem)
  try {
    const topic: NewTopic = { name, partitions, settings: made.settings }
    if (validateOnly) return answerOf({ ...topic, id: zeroUuid, settings: checked(topic, context) })
    return answerOf(await context.engine.topics.create(topic))
  } catch (error) {
    const { code, message } = failureOf(error)
    return failed(name, isAboutPartitions(error) ? errorCodes.INVALID_PARTITIONS : code, message)
  }
}

/** A number, the broker's default, or as many as are assigned by hand; undefined when those are assigned elsewhere. */
function partitionsOf({ numPartitions, assignments }: TopicRequest, defaultPartitions: number): number | undefined {
  if (assignments.length === 0) return numPartitions === byDefault ? defaultPartitions : numPartitions
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex))
  const isDense = assignments.every((_, index) => indexes.has(index))
  const isHere = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === brokerId)
  return isDense && isHere ? assignments.length : undefined
}

/** The settings that the topic would have. Errors: those of a creation. */
function checked(topic: NewTopic, { topicNames }: RequestContext): TopicSettings {
  checkTopicName(topic.name)
  if (topicNames.find(topic.name) !== undefined) {
    throw engineErrors.make('topic_exists', `there is a topic ${topic.name} already`)
  }
  return newTopicSettings(topic)
}

function isAboutPartitions(error: unknown): boolean {
  return engineErrors.is(error, 'invalid_topic_setting') && error.details['setting'] === 'partitions'
}

function answerOf(topic: Pick<TopicDescription, 'name' | 'id' | 'partitions' | 'settings'>): TopicAnswer {
  return {
    name: topic.name,
    topicId: topic.id,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    topicConfigErrorCode: errorCodes.NONE,
    numPartitions: topic.partitions,
    replicationFactor: 1,
    configs: shownTopicConfigs(topic.settings).map(({ name, value, readOnly, configSource }) => ({
      name,
      value,
      readOnly,
      configSource,
      isSensitive: false,
    })),
  }
}

function failed(name: string, errorCode: number, errorMessage: string): TopicAnswer {
  return {
    name,
    topicId: zeroUuid,
    errorCode,
    errorMessage,
    topicConfigErrorCode: errorCodes.NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  }
}

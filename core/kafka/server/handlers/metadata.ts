// Metadata: who serves which partition. There is one broker; the address is the one that the client dialled.
//
// A topic that a client asks for is made at once, with a leader, so that what follows never meets a topic that is not
// there yet.

import { engineErrors } from '../../../engine/errors.js'
import type { TopicDescription } from '../../../engine/topic-admin.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { MetadataRequest } from '../../protocol/generated/metadata-request.js'
import type { MetadataResponse } from '../../protocol/generated/metadata-response.js'
import { distinct } from '../distinct.js'
import { failureOf } from '../error-mapping.js'
import { brokerId, type RequestContext } from '../request-context.js'
import { zeroUuid } from '../topic-names.js'

type TopicAnswer = MetadataResponse['topics'][number]

/** Two versions before have the field for ids, and answers that cannot go without a name. */
const idsFromVersion = 12

/** Stands for "operations are not told". */
export const noOperations = -2147483648

const replicas = [brokerId]

export async function metadata(request: MetadataRequest, context: RequestContext): Promise<MetadataResponse> {
  const { engine, advertised, topicNames } = context
  const topics = asksForAll(request, context.apiVersion)
    ? topicNames.list().map((topic) => answerOf(topic, context))
    : await askedFor(request, context)
  return {
    throttleTimeMs: 0,
    brokers: [{ nodeId: brokerId, host: advertised.host, port: advertised.port, rack: null }],
    clusterId: engine.hubId,
    controllerId: brokerId,
    topics,
    clusterAuthorizedOperations: noOperations,
    errorCode: errorCodes.NONE,
  }
}

/** Version 0 has no null: there an empty list asks for all. */
function asksForAll({ topics }: MetadataRequest, apiVersion: number): boolean {
  return topics === null || (apiVersion === 0 && topics.length === 0)
}

async function askedFor(
  { topics, allowAutoTopicCreation }: MetadataRequest,
  context: RequestContext,
): Promise<TopicAnswer[]> {
  const makes = allowAutoTopicCreation && context.settings.autoCreate
  const answers: TopicAnswer[] = []
  for (const { name, topicId } of distinct(topics ?? [], (topic) => topic.name ?? topic.topicId)) {
    if (name === null) answers.push(context.apiVersion < idsFromVersion ? unnamed(topicId) : byId(topicId, context))
    else answers.push(await byName(name, makes, context))
  }
  return answers
}

function byId(topicId: string, context: RequestContext): TopicAnswer {
  const topic = context.topicNames.findById(topicId)
  return topic === undefined ? { ...failed(errorCodes.UNKNOWN_TOPIC_ID, null), topicId } : answerOf(topic, context)
}

/** As Kafka answers it. */
function unnamed(topicId: string): TopicAnswer {
  return { ...failed(errorCodes.INVALID_REQUEST, ''), topicId }
}

async function byName(name: string, makes: boolean, context: RequestContext): Promise<TopicAnswer> {
  const known = context.topicNames.find(name)
  if (known !== undefined) return answerOf(known, context)
  if (!makes) return failed(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name)
  try {
    const made = await context.engine.topics.create({ name, partitions: context.settings.defaultPartitions })
    context.logger.info('a topic was made, as a client asked for it', { topic: name, client: context.clientId })
    return answerOf(made, context)
  } catch (error) {
    // Another client was faster.
    const topic = engineErrors.is(error, 'topic_exists') ? context.topicNames.find(name) : undefined
    return topic === undefined ? failed(failureOf(error).code, name) : answerOf(topic, context)
  }
}

function answerOf({ name, id, partitions }: TopicDescription, { engine }: RequestContext): TopicAnswer {
  const { leaderEpoch } = engine
  return {
    errorCode: errorCodes.NONE,
    name,
    topicId: id,
    isInternal: false,
    partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
      errorCode: errorCodes.NONE,
      partitionIndex,
      leaderId: brokerId,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: replicas,
      offlineReplicas: [],
    })),
    topicAuthorizedOperations: noOperations,
  }
}

function failed(errorCode: number, name: string | null): TopicAnswer {
  return {
    errorCode,
    name,
    topicId: zeroUuid,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: noOperations,
  }
}

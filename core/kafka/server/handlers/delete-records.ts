// DeleteRecords: moves the log start offset of partitions; -1 stands for all that is there.

import { errorCodes } from '../../protocol/error-codes.js'
import type { DeleteRecordsRequest } from '../../protocol/generated/delete-records-request.js'
import type { DeleteRecordsResponse } from '../../protocol/generated/delete-records-response.js'
import { failureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'

type PartitionRequest = DeleteRecordsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = DeleteRecordsResponse['topics'][number]['partitions'][number]

const upToTheEnd = -1

export async function deleteRecords(
  request: DeleteRecordsRequest,
  context: RequestContext,
): Promise<DeleteRecordsResponse> {
  const topics: { readonly name: string; readonly partitions: PartitionAnswer[] }[] = []
  for (const { name, partitions } of request.topics) {
    const answers: PartitionAnswer[] = []
    for (const partition of partitions) answers.push(await remove(name, partition, context))
    topics.push({ name, partitions: answers })
  }
  return { throttleTimeMs: 0, topics }
}

async function remove(
  topic: string,
  { partitionIndex, offset }: PartitionRequest,
  { engine, topicNames }: RequestContext,
): Promise<PartitionAnswer> {
  const failed = (errorCode: number): PartitionAnswer => ({ partitionIndex, lowWatermark: -1, errorCode })
  if (topicNames.find(topic) === undefined) return failed(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const of = { topic, partition: partitionIndex }
  try {
    const before = offset === upToTheEnd ? (await engine.bounds(of)).highWatermark : offset
    return { partitionIndex, lowWatermark: await engine.deleteRecords(of, before), errorCode: errorCodes.NONE }
  } catch (error) {
    return failed(failureOf(error).code)
  }
}

// DescribeProducers: the idempotent and transactional producers that partitions know, for tools that look for one that
// hangs.

import type { LogEngine } from '../../../engine/log-engine.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { DescribeProducersRequest } from '../../protocol/generated/describe-producers-request.js'
import type { DescribeProducersResponse } from '../../protocol/generated/describe-producers-response.js'
import { failureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'

type PartitionAnswer = DescribeProducersResponse['topics'][number]['partitions'][number]

/** The one coordinator never moves: nobody has to know how often. */
const coordinatorEpoch = -1

export function describeProducers(
  { topics }: DescribeProducersRequest,
  { engine, topicNames }: RequestContext,
): DescribeProducersResponse {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        if (topicNames.find(name) !== undefined) return answerOf(name, partitionIndex, engine)
        return failed(partitionIndex, errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'there is no such topic')
      }),
    })),
  }
}

function answerOf(topic: string, partitionIndex: number, engine: LogEngine): PartitionAnswer {
  try {
    const activeProducers = engine.producers
      .describe({ topic, partition: partitionIndex })
      .map(({ producerId, epoch, lastSequence, lastTimestampMs, transactionStart }) => ({
        producerId,
        producerEpoch: epoch,
        lastSequence,
        lastTimestamp: lastTimestampMs,
        coordinatorEpoch,
        currentTxnStartOffset: transactionStart,
      }))
    return { partitionIndex, errorCode: errorCodes.NONE, errorMessage: null, activeProducers }
  } catch (error) {
    const { code, message } = failureOf(error)
    return failed(partitionIndex, code, message)
  }
}

function failed(partitionIndex: number, errorCode: number, errorMessage: string): PartitionAnswer {
  return { partitionIndex, errorCode, errorMessage, activeProducers: [] }
}

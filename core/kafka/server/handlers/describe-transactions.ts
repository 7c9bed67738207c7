// DescribeTransactions: whose the transactional ids are, and what their open transactions have named.

import { engineErrors } from '../../../engine/errors.js'
import type { PartitionId } from '../../../engine/log-engine.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { DescribeTransactionsRequest } from '../../protocol/generated/describe-transactions-request.js'
import type { DescribeTransactionsResponse } from '../../protocol/generated/describe-transactions-response.js'
import { distinct } from '../distinct.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'
import { kafkaState } from '../transaction-states.js'

type TransactionAnswer = DescribeTransactionsResponse['transactionStates'][number]

export function describeTransactions(
  request: DescribeTransactionsRequest,
  context: RequestContext,
): DescribeTransactionsResponse {
  const transactionalIds = distinct(request.transactionalIds, (transactionalId) => transactionalId)
  return { throttleTimeMs: 0, transactionStates: transactionalIds.map((id) => answerOf(id, context)) }
}

function answerOf(transactionalId: string, { engine }: RequestContext): TransactionAnswer {
  try {
    const described = engine.transactions.describe(transactionalId)
    return {
      errorCode: errorCodes.NONE,
      transactionalId,
      transactionState: kafkaState(described.state),
      transactionTimeoutMs: described.timeoutMs,
      transactionStartTimeMs: described.startedAtMs,
      producerId: described.producerId,
      producerEpoch: described.epoch,
      topics: byTopic(described.partitions),
    }
  } catch (error) {
    const isUnknown = engineErrors.is(error, 'unknown_transaction')
    return {
      errorCode: isUnknown ? errorCodes.TRANSACTIONAL_ID_NOT_FOUND : coordinatorFailureOf(error).code,
      transactionalId,
      transactionState: '',
      transactionTimeoutMs: 0,
      transactionStartTimeMs: -1,
      producerId: -1,
      producerEpoch: -1,
      topics: [],
    }
  }
}

function byTopic(partitions: readonly PartitionId[]): TransactionAnswer['topics'] {
  const partitionsByTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const ofTopic = partitionsByTopic.get(topic)
    if (ofTopic === undefined) partitionsByTopic.set(topic, [partition])
    else ofTopic.push(partition)
  }
  return [...partitionsByTopic].map(([topic, ofTopic]) => ({ topic, partitions: ofTopic }))
}

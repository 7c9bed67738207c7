// AddPartitionsToTxn: the partitions that a transaction is going to write to; all of them or none. Up to version 3 of one
// transaction; from 4 on of several, each of which may only ask whether its partitions are named (brokers of Kafka do).

import type { PartitionId } from '../../../engine/log-engine.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { AddPartitionsToTxnRequest } from '../../protocol/generated/add-partitions-to-txn-request.js'
import type { AddPartitionsToTxnResponse } from '../../protocol/generated/add-partitions-to-txn-response.js'
import { distinct } from '../distinct.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'
import { wordedFor } from '../transaction-errors.js'

type TransactionRequest = AddPartitionsToTxnRequest['transactions'][number]
type TopicAnswer = AddPartitionsToTxnResponse['resultsByTransaction'][number]['topicResults'][number]
type CodeOf = (of: PartitionId) => number

const severalFromVersion = 4

export async function addPartitionsToTxn(
  request: AddPartitionsToTxnRequest,
  context: RequestContext,
): Promise<AddPartitionsToTxnResponse> {
  const isSeveral = context.apiVersion >= severalFromVersion
  const transactions = distinct(request.transactions, ({ transactionalId }) => transactionalId)
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    resultsByTransaction: await Promise.all(
      transactions.map(async (transaction) => ({
        transactionalId: transaction.transactionalId,
        topicResults: await topicAnswers(transaction, context),
      })),
    ),
    resultsByTopicV3AndBelow: isSeveral ? [] : await topicAnswers(theOne(request), context),
  }
}

function theOne(request: AddPartitionsToTxnRequest): TransactionRequest {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  }
}

async function topicAnswers(transaction: TransactionRequest, context: RequestContext): Promise<TopicAnswer[]> {
  const codeOf = await codesOf(transaction, context)
  return transaction.topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf({ topic: name, partition: partitionIndex }),
    })),
  }))
}

async function codesOf(transaction: TransactionRequest, context: RequestContext): Promise<CodeOf> {
  const { engine, topicNames, apiVersion } = context
  const { transactionalId, producerId, producerEpoch: epoch, topics, verifyOnly } = transaction
  const isUnknown = ({ topic, partition }: PartitionId): boolean => {
    return partition < 0 || partition >= (topicNames.find(topic)?.partitions ?? 0)
  }
  const partitions = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
  if (partitions.some(isUnknown)) {
    return (of) => (isUnknown(of) ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.OPERATION_NOT_ATTEMPTED)
  }
  try {
    if (verifyOnly) return verified(transaction, context)
    await engine.transactions.addPartitions({ transactionalId, producerId, epoch }, partitions)
    return () => errorCodes.NONE
  } catch (error) {
    const { code } = wordedFor(coordinatorFailureOf(error), 'addPartitionsToTxn', apiVersion)
    return () => code
  }
}

/** Errors: unknown_transaction. */
function verified(transaction: TransactionRequest, { engine }: RequestContext): CodeOf {
  const { producerId, epoch, state, partitions } = engine.transactions.describe(transaction.transactionalId)
  if (producerId !== transaction.producerId) return () => errorCodes.INVALID_PRODUCER_ID_MAPPING
  if (epoch !== transaction.producerEpoch) return () => errorCodes.PRODUCER_FENCED
  if (state === 'ending') return () => errorCodes.CONCURRENT_TRANSACTIONS
  const named = new Set(partitions.map(keyOf))
  return (of) => (named.has(keyOf(of)) ? errorCodes.NONE : errorCodes.TRANSACTION_ABORTABLE)
}

function keyOf({ topic, partition }: PartitionId): string {
  return `${topic}:${partition}`
}

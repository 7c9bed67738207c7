// Generated from messages/describe-transactions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTransactionsResponse {
  readonly throttleTimeMs: number
  readonly transactionStates: readonly DescribeTransactionsResponseTransactionState[]
}

export interface DescribeTransactionsResponseTransactionState {
  readonly errorCode: number
  readonly transactionalId: string
  readonly transactionState: string
  readonly transactionTimeoutMs: number
  readonly transactionStartTimeMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly topics: readonly DescribeTransactionsResponseTransactionStateTopic[]
}

export interface DescribeTransactionsResponseTransactionStateTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function decodeDescribeTransactionsResponse(
  reader: MessageReader,
  _version: number,
): DescribeTransactionsResponse {
  reader.flexible = true
  const throttleTimeMs = reader.int32('DescribeTransactionsResponse.throttleTimeMs')
  const transactionStatesCount = reader.count('DescribeTransactionsResponse.transactionStates', 28)
  const transactionStates: DescribeTransactionsResponseTransactionState[] = []
  for (let left = transactionStatesCount; left > 0; left--)
    transactionStates.push(decodeDescribeTransactionsResponseTransactionState(reader))
  reader.skipTags('DescribeTransactionsResponse')
  return { throttleTimeMs, transactionStates }
}

function decodeDescribeTransactionsResponseTransactionState(
  reader: MessageReader,
): DescribeTransactionsResponseTransactionState {
  const errorCode = reader.int16('DescribeTransactionsResponse.transactionStates.errorCode')
  const transactionalId = reader.string('DescribeTransactionsResponse.transactionStates.transactionalId')
  const transactionState = reader.string('DescribeTransactionsResponse.transactionStates.transactionState')
  const transactionTimeoutMs = reader.int32('DescribeTransactionsResponse.transactionStates.transactionTimeoutMs')
  const transactionStartTimeMs = reader.int64('DescribeTransactionsResponse.transactionStates.transactionStartTimeMs')
  const producerId = reader.int64('DescribeTransactionsResponse.transactionStates.producerId')
  const producerEpoch = reader.int16('DescribeTransactionsResponse.transactionStates.producerEpoch')
  const topicsCount = reader.count('DescribeTransactionsResponse.transactionStates.topics', 3)
  const topics: DescribeTransactionsResponseTransactionStateTopic[] = []
  for (let left = topicsCount; left > 0; left--)
    topics.push(decodeDescribeTransactionsResponseTransactionStateTopic(reader))
  reader.skipTags('DescribeTransactionsResponse.transactionStates')
  return {
    errorCode,
    transactionalId,
    transactionState,
    transactionTimeoutMs,
    transactionStartTimeMs,
    producerId,
    producerEpoch,
    topics,
  }
}

function decodeDescribeTransactionsResponseTransactionStateTopic(
  reader: MessageReader,
): DescribeTransactionsResponseTransactionStateTopic {
  const topic = reader.string('DescribeTransactionsResponse.transactionStates.topics.topic')
  const partitionsCount = reader.count('DescribeTransactionsResponse.transactionStates.topics.partitions', 4)
  const partitions: number[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(reader.int32('DescribeTransactionsResponse.transactionStates.topics.partitions'))
  reader.skipTags('DescribeTransactionsResponse.transactionStates.topics')
  return { topic, partitions }
}

export function encodeDescribeTransactionsResponse(
  writer: MessageWriter,
  message: DescribeTransactionsResponse,
  _version: number,
): void {
  writer.flexible = true
  writer.int32(message.throttleTimeMs)
  writer.count(message.transactionStates)
  for (const element of message.transactionStates) encodeDescribeTransactionsResponseTransactionState(writer, element)
  writer.tagCount(0)
}

function encodeDescribeTransactionsResponseTransactionState(
  writer: MessageWriter,
  message: DescribeTransactionsResponseTransactionState,
): void {
  writer.int16(message.errorCode)
  writer.string(message.transactionalId)
  writer.string(message.transactionState)
  writer.int32(message.transactionTimeoutMs)
  writer.int64(message.transactionStartTimeMs)
  writer.int64(message.producerId)
  writer.int16(message.producerEpoch)
  writer.count(message.topics)
  for (const element of message.topics) encodeDescribeTransactionsResponseTransactionStateTopic(writer, element)
  writer.tagCount(0)
}

function encodeDescribeTransactionsResponseTransactionStateTopic(
  writer: MessageWriter,
  message: DescribeTransactionsResponseTransactionStateTopic,
): void {
  writer.string(message.topic)
  writer.count(message.partitions)
  for (const element of message.partitions) writer.int32(element)
  writer.tagCount(0)
}

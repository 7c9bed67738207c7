// Generated from messages/add-partitions-to-txn.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 3. */
export interface AddPartitionsToTxnResponse {
  readonly throttleTimeMs: number
  /** Versions 4+. */
  readonly errorCode: number
  /** Versions 4+. */
  readonly resultsByTransaction: readonly AddPartitionsToTxnResponseResultsByTransaction[]
  /** Versions 0-3. */
  readonly resultsByTopicV3AndBelow: readonly AddPartitionsToTxnResponseResultsByTopicV3AndBelow[]
}

export interface AddPartitionsToTxnResponseResultsByTransaction {
  readonly transactionalId: string
  readonly topicResults: readonly AddPartitionsToTxnResponseResultsByTransactionTopicResult[]
}

export interface AddPartitionsToTxnResponseResultsByTransactionTopicResult {
  readonly name: string
  readonly resultsByPartition: readonly AddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition[]
}

export interface AddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition {
  readonly partitionIndex: number
  readonly partitionErrorCode: number
}

export interface AddPartitionsToTxnResponseResultsByTopicV3AndBelow {
  readonly name: string
  readonly resultsByPartition: readonly AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition[]
}

export interface AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition {
  readonly partitionIndex: number
  readonly partitionErrorCode: number
}

export function decodeAddPartitionsToTxnResponse(reader: MessageReader, version: number): AddPartitionsToTxnResponse {
  reader.flexible = version >= 3
  const throttleTimeMs = reader.int32('AddPartitionsToTxnResponse.throttleTimeMs')
  const errorCode = version >= 4 ? reader.int16('AddPartitionsToTxnResponse.errorCode') : 0
  const resultsByTransactionCount =
    version >= 4 ? reader.count('AddPartitionsToTxnResponse.resultsByTransaction', 3) : 0
  const resultsByTransaction: AddPartitionsToTxnResponseResultsByTransaction[] = []
  for (let left = resultsByTransactionCount; left > 0; left--)
    resultsByTransaction.push(decodeAddPartitionsToTxnResponseResultsByTransaction(reader))
  const resultsByTopicV3AndBelowCount =
    version <= 3 ? reader.count('AddPartitionsToTxnResponse.resultsByTopicV3AndBelow', 3) : 0
  const resultsByTopicV3AndBelow: AddPartitionsToTxnResponseResultsByTopicV3AndBelow[] = []
  for (let left = resultsByTopicV3AndBelowCount; left > 0; left--)
    resultsByTopicV3AndBelow.push(decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelow(reader))
  reader.skipTags('AddPartitionsToTxnResponse')
  return { throttleTimeMs, errorCode, resultsByTransaction, resultsByTopicV3AndBelow }
}

function decodeAddPartitionsToTxnResponseResultsByTransaction(
  reader: MessageReader,
): AddPartitionsToTxnResponseResultsByTransaction {
  const transactionalId = reader.string('AddPartitionsToTxnResponse.resultsByTransaction.transactionalId')
  const topicResultsCount = reader.count('AddPartitionsToTxnResponse.resultsByTransaction.topicResults', 3)
  const topicResults: AddPartitionsToTxnResponseResultsByTransactionTopicResult[] = []
  for (let left = topicResultsCount; left > 0; left--)
    topicResults.push(decodeAddPartitionsToTxnResponseResultsByTransactionTopicResult(reader))
  reader.skipTags('AddPartitionsToTxnResponse.resultsByTransaction')
  return { transactionalId, topicResults }
}

function decodeAddPartitionsToTxnResponseResultsByTransactionTopicResult(
  reader: MessageReader,
): AddPartitionsToTxnResponseResultsByTransactionTopicResult {
  const name = reader.string('AddPartitionsToTxnResponse.resultsByTransaction.topicResults.name')
  const resultsByPartitionCount = reader.count(
    'AddPartitionsToTxnResponse.resultsByTransaction.topicResults.resultsByPartition',
    6,
  )
  const resultsByPartition: AddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition[] = []
  for (let left = resultsByPartitionCount; left > 0; left--)
    resultsByPartition.push(decodeAddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition(reader))
  reader.skipTags('AddPartitionsToTxnResponse.resultsByTransaction.topicResults')
  return { name, resultsByPartition }
}

function decodeAddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition(
  reader: MessageReader,
): AddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition {
  const partitionIndex = reader.int32(
    'AddPartitionsToTxnResponse.resultsByTransaction.topicResults.resultsByPartition.partitionIndex',
  )
  const partitionErrorCode = reader.int16(
    'AddPartitionsToTxnResponse.resultsByTransaction.topicResults.resultsByPartition.partitionErrorCode',
  )
  reader.skipTags('AddPartitionsToTxnResponse.resultsByTransaction.topicResults.resultsByPartition')
  return { partitionIndex, partitionErrorCode }
}

function decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelow(
  reader: MessageReader,
): AddPartitionsToTxnResponseResultsByTopicV3AndBelow {
  const name = reader.string('AddPartitionsToTxnResponse.resultsByTopicV3AndBelow.name')
  const resultsByPartitionCount = reader.count(
    'AddPartitionsToTxnResponse.resultsByTopicV3AndBelow.resultsByPartition',
    6,
  )
  const resultsByPartition: AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition[] = []
  for (let left = resultsByPartitionCount; left > 0; left--)
    resultsByPartition.push(decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition(reader))
  reader.skipTags('AddPartitionsToTxnResponse.resultsByTopicV3AndBelow')
  return { name, resultsByPartition }
}

function decodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition(
  reader: MessageReader,
): AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition {
  const partitionIndex = reader.int32(
    'AddPartitionsToTxnResponse.resultsByTopicV3AndBelow.resultsByPartition.partitionIndex',
  )
  const partitionErrorCode = reader.int16(
    'AddPartitionsToTxnResponse.resultsByTopicV3AndBelow.resultsByPartition.partitionErrorCode',
  )
  reader.skipTags('AddPartitionsToTxnResponse.resultsByTopicV3AndBelow.resultsByPartition')
  return { partitionIndex, partitionErrorCode }
}

export function encodeAddPartitionsToTxnResponse(
  writer: MessageWriter,
  message: AddPartitionsToTxnResponse,
  version: number,
): void {
  writer.flexible = version >= 3
  writer.int32(message.throttleTimeMs)
  if (version >= 4) writer.int16(message.errorCode)
  if (version >= 4) {
    writer.count(message.resultsByTransaction)
    for (const element of message.resultsByTransaction)
      encodeAddPartitionsToTxnResponseResultsByTransaction(writer, element)
  }
  if (version <= 3) {
    writer.count(message.resultsByTopicV3AndBelow)
    for (const element of message.resultsByTopicV3AndBelow)
      encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelow(writer, element)
  }
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnResponseResultsByTransaction(
  writer: MessageWriter,
  message: AddPartitionsToTxnResponseResultsByTransaction,
): void {
  writer.string(message.transactionalId)
  writer.count(message.topicResults)
  for (const element of message.topicResults)
    encodeAddPartitionsToTxnResponseResultsByTransactionTopicResult(writer, element)
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnResponseResultsByTransactionTopicResult(
  writer: MessageWriter,
  message: AddPartitionsToTxnResponseResultsByTransactionTopicResult,
): void {
  writer.string(message.name)
  writer.count(message.resultsByPartition)
  for (const element of message.resultsByPartition)
    encodeAddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition(writer, element)
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition(
  writer: MessageWriter,
  message: AddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.partitionErrorCode)
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelow(
  writer: MessageWriter,
  message: AddPartitionsToTxnResponseResultsByTopicV3AndBelow,
): void {
  writer.string(message.name)
  writer.count(message.resultsByPartition)
  for (const element of message.resultsByPartition)
    encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition(writer, element)
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition(
  writer: MessageWriter,
  message: AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.partitionErrorCode)
  writer.tagCount(0)
}

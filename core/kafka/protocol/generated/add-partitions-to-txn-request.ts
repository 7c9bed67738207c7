// Generated from messages/add-partitions-to-txn.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 3. */
export interface AddPartitionsToTxnRequest {
  /** Versions 4+. */
  readonly transactions: readonly AddPartitionsToTxnRequestTransaction[]
  /** Versions 0-3. */
  readonly v3AndBelowTransactionalId: string
  /** Versions 0-3. */
  readonly v3AndBelowProducerId: number
  /** Versions 0-3. */
  readonly v3AndBelowProducerEpoch: number
  /** Versions 0-3. */
  readonly v3AndBelowTopics: readonly AddPartitionsToTxnRequestV3AndBelowTopic[]
}

export interface AddPartitionsToTxnRequestTransaction {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly verifyOnly: boolean
  readonly topics: readonly AddPartitionsToTxnRequestTransactionTopic[]
}

export interface AddPartitionsToTxnRequestTransactionTopic {
  readonly name: string
  readonly partitions: readonly number[]
}

export interface AddPartitionsToTxnRequestV3AndBelowTopic {
  readonly name: string
  readonly partitions: readonly number[]
}

export function decodeAddPartitionsToTxnRequest(reader: MessageReader, version: number): AddPartitionsToTxnRequest {
  reader.flexible = version >= 3
  const transactionsCount = version >= 4 ? reader.count('AddPartitionsToTxnRequest.transactions', 14) : 0
  const transactions: AddPartitionsToTxnRequestTransaction[] = []
  for (let left = transactionsCount; left > 0; left--)
    transactions.push(decodeAddPartitionsToTxnRequestTransaction(reader))
  const v3AndBelowTransactionalId =
    version <= 3 ? reader.string('AddPartitionsToTxnRequest.v3AndBelowTransactionalId') : ''
  const v3AndBelowProducerId = version <= 3 ? reader.int64('AddPartitionsToTxnRequest.v3AndBelowProducerId') : 0
  const v3AndBelowProducerEpoch = version <= 3 ? reader.int16('AddPartitionsToTxnRequest.v3AndBelowProducerEpoch') : 0
  const v3AndBelowTopicsCount = version <= 3 ? reader.count('AddPartitionsToTxnRequest.v3AndBelowTopics', 3) : 0
  const v3AndBelowTopics: AddPartitionsToTxnRequestV3AndBelowTopic[] = []
  for (let left = v3AndBelowTopicsCount; left > 0; left--)
    v3AndBelowTopics.push(decodeAddPartitionsToTxnRequestV3AndBelowTopic(reader))
  reader.skipTags('AddPartitionsToTxnRequest')
  return { transactions, v3AndBelowTransactionalId, v3AndBelowProducerId, v3AndBelowProducerEpoch, v3AndBelowTopics }
}

function decodeAddPartitionsToTxnRequestTransaction(reader: MessageReader): AddPartitionsToTxnRequestTransaction {
  const transactionalId = reader.string('AddPartitionsToTxnRequest.transactions.transactionalId')
  const producerId = reader.int64('AddPartitionsToTxnRequest.transactions.producerId')
  const producerEpoch = reader.int16('AddPartitionsToTxnRequest.transactions.producerEpoch')
  const verifyOnly = reader.bool('AddPartitionsToTxnRequest.transactions.verifyOnly')
  const topicsCount = reader.count('AddPartitionsToTxnRequest.transactions.topics', 3)
  const topics: AddPartitionsToTxnRequestTransactionTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeAddPartitionsToTxnRequestTransactionTopic(reader))
  reader.skipTags('AddPartitionsToTxnRequest.transactions')
  return { transactionalId, producerId, producerEpoch, verifyOnly, topics }
}

function decodeAddPartitionsToTxnRequestTransactionTopic(
  reader: MessageReader,
): AddPartitionsToTxnRequestTransactionTopic {
  const name = reader.string('AddPartitionsToTxnRequest.transactions.topics.name')
  const partitionsCount = reader.count('AddPartitionsToTxnRequest.transactions.topics.partitions', 4)
  const partitions: number[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(reader.int32('AddPartitionsToTxnRequest.transactions.topics.partitions'))
  reader.skipTags('AddPartitionsToTxnRequest.transactions.topics')
  return { name, partitions }
}

function decodeAddPartitionsToTxnRequestV3AndBelowTopic(
  reader: MessageReader,
): AddPartitionsToTxnRequestV3AndBelowTopic {
  const name = reader.string('AddPartitionsToTxnRequest.v3AndBelowTopics.name')
  const partitionsCount = reader.count('AddPartitionsToTxnRequest.v3AndBelowTopics.partitions', 4)
  const partitions: number[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(reader.int32('AddPartitionsToTxnRequest.v3AndBelowTopics.partitions'))
  reader.skipTags('AddPartitionsToTxnRequest.v3AndBelowTopics')
  return { name, partitions }
}

export function encodeAddPartitionsToTxnRequest(
  writer: MessageWriter,
  message: AddPartitionsToTxnRequest,
  version: number,
): void {
  writer.flexible = version >= 3
  if (version >= 4) {
    writer.count(message.transactions)
    for (const element of message.transactions) encodeAddPartitionsToTxnRequestTransaction(writer, element)
  }
  if (version <= 3) writer.string(message.v3AndBelowTransactionalId)
  if (version <= 3) writer.int64(message.v3AndBelowProducerId)
  if (version <= 3) writer.int16(message.v3AndBelowProducerEpoch)
  if (version <= 3) {
    writer.count(message.v3AndBelowTopics)
    for (const element of message.v3AndBelowTopics) encodeAddPartitionsToTxnRequestV3AndBelowTopic(writer, element)
  }
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnRequestTransaction(
  writer: MessageWriter,
  message: AddPartitionsToTxnRequestTransaction,
): void {
  writer.string(message.transactionalId)
  writer.int64(message.producerId)
  writer.int16(message.producerEpoch)
  writer.bool(message.verifyOnly)
  writer.count(message.topics)
  for (const element of message.topics) encodeAddPartitionsToTxnRequestTransactionTopic(writer, element)
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnRequestTransactionTopic(
  writer: MessageWriter,
  message: AddPartitionsToTxnRequestTransactionTopic,
): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) writer.int32(element)
  writer.tagCount(0)
}

function encodeAddPartitionsToTxnRequestV3AndBelowTopic(
  writer: MessageWriter,
  message: AddPartitionsToTxnRequestV3AndBelowTopic,
): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) writer.int32(element)
  writer.tagCount(0)
}

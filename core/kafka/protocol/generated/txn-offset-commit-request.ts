// Generated from messages/txn-offset-commit.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface TxnOffsetCommitRequest {
  readonly transactionalId: string
  readonly groupId: string
  readonly producerId: number
  readonly producerEpoch: number
  /** Versions 3+. */
  readonly generationId: number
  /** Versions 3+. */
  readonly memberId: string
  /** Versions 3+. */
  readonly groupInstanceId: string | null
  readonly topics: readonly TxnOffsetCommitRequestTopic[]
}

export interface TxnOffsetCommitRequestTopic {
  readonly name: string
  readonly partitions: readonly TxnOffsetCommitRequestTopicPartition[]
}

export interface TxnOffsetCommitRequestTopicPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  /** Versions 2+. */
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

export function decodeTxnOffsetCommitRequest(reader: MessageReader, version: number): TxnOffsetCommitRequest {
  reader.flexible = version >= 3
  const transactionalId = reader.string('TxnOffsetCommitRequest.transactionalId')
  const groupId = reader.string('TxnOffsetCommitRequest.groupId')
  const producerId = reader.int64('TxnOffsetCommitRequest.producerId')
  const producerEpoch = reader.int16('TxnOffsetCommitRequest.producerEpoch')
  const generationId = version >= 3 ? reader.int32('TxnOffsetCommitRequest.generationId') : -1
  const memberId = version >= 3 ? reader.string('TxnOffsetCommitRequest.memberId') : ''
  const groupInstanceId = version >= 3 ? reader.nullableString('TxnOffsetCommitRequest.groupInstanceId') : null
  const topicsCount = reader.count('TxnOffsetCommitRequest.topics', 3)
  const topics: TxnOffsetCommitRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeTxnOffsetCommitRequestTopic(reader, version))
  reader.skipTags('TxnOffsetCommitRequest')
  return { transactionalId, groupId, producerId, producerEpoch, generationId, memberId, groupInstanceId, topics }
}

function decodeTxnOffsetCommitRequestTopic(reader: MessageReader, version: number): TxnOffsetCommitRequestTopic {
  const name = reader.string('TxnOffsetCommitRequest.topics.name')
  const partitionsCount = reader.count('TxnOffsetCommitRequest.topics.partitions', 14)
  const partitions: TxnOffsetCommitRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeTxnOffsetCommitRequestTopicPartition(reader, version))
  reader.skipTags('TxnOffsetCommitRequest.topics')
  return { name, partitions }
}

function decodeTxnOffsetCommitRequestTopicPartition(
  reader: MessageReader,
  version: number,
): TxnOffsetCommitRequestTopicPartition {
  const partitionIndex = reader.int32('TxnOffsetCommitRequest.topics.partitions.partitionIndex')
  const committedOffset = reader.int64('TxnOffsetCommitRequest.topics.partitions.committedOffset')
  const committedLeaderEpoch =
    version >= 2 ? reader.int32('TxnOffsetCommitRequest.topics.partitions.committedLeaderEpoch') : -1
  const committedMetadata = reader.nullableString('TxnOffsetCommitRequest.topics.partitions.committedMetadata')
  reader.skipTags('TxnOffsetCommitRequest.topics.partitions')
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }
}

export function encodeTxnOffsetCommitRequest(
  writer: MessageWriter,
  message: TxnOffsetCommitRequest,
  version: number,
): void {
  writer.flexible = version >= 3
  writer.string(message.transactionalId)
  writer.string(message.groupId)
  writer.int64(message.producerId)
  writer.int16(message.producerEpoch)
  if (version >= 3) writer.int32(message.generationId)
  if (version >= 3) writer.string(message.memberId)
  if (version >= 3) writer.nullableString(message.groupInstanceId)
  writer.count(message.topics)
  for (const element of message.topics) encodeTxnOffsetCommitRequestTopic(writer, element, version)
  writer.tagCount(0)
}

function encodeTxnOffsetCommitRequestTopic(
  writer: MessageWriter,
  message: TxnOffsetCommitRequestTopic,
  version: number,
): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeTxnOffsetCommitRequestTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeTxnOffsetCommitRequestTopicPartition(
  writer: MessageWriter,
  message: TxnOffsetCommitRequestTopicPartition,
  version: number,
): void {
  writer.int32(message.partitionIndex)
  writer.int64(message.committedOffset)
  if (version >= 2) writer.int32(message.committedLeaderEpoch)
  writer.nullableString(message.committedMetadata)
  writer.tagCount(0)
}

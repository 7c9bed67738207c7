// Generated from messages/txn-offset-commit.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface TxnOffsetCommitResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly TxnOffsetCommitResponseTopic[]
}

export interface TxnOffsetCommitResponseTopic {
  readonly name: string
  readonly partitions: readonly TxnOffsetCommitResponseTopicPartition[]
}

export interface TxnOffsetCommitResponseTopicPartition {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeTxnOffsetCommitResponse(reader: MessageReader, version: number): TxnOffsetCommitResponse {
  reader.flexible = version >= 3
  const throttleTimeMs = reader.int32('TxnOffsetCommitResponse.throttleTimeMs')
  const topicsCount = reader.count('TxnOffsetCommitResponse.topics', 3)
  const topics: TxnOffsetCommitResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeTxnOffsetCommitResponseTopic(reader))
  reader.skipTags('TxnOffsetCommitResponse')
  return { throttleTimeMs, topics }
}

function decodeTxnOffsetCommitResponseTopic(reader: MessageReader): TxnOffsetCommitResponseTopic {
  const name = reader.string('TxnOffsetCommitResponse.topics.name')
  const partitionsCount = reader.count('TxnOffsetCommitResponse.topics.partitions', 6)
  const partitions: TxnOffsetCommitResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeTxnOffsetCommitResponseTopicPartition(reader))
  reader.skipTags('TxnOffsetCommitResponse.topics')
  return { name, partitions }
}

function decodeTxnOffsetCommitResponseTopicPartition(reader: MessageReader): TxnOffsetCommitResponseTopicPartition {
  const partitionIndex = reader.int32('TxnOffsetCommitResponse.topics.partitions.partitionIndex')
  const errorCode = reader.int16('TxnOffsetCommitResponse.topics.partitions.errorCode')
  reader.skipTags('TxnOffsetCommitResponse.topics.partitions')
  return { partitionIndex, errorCode }
}

export function encodeTxnOffsetCommitResponse(
  writer: MessageWriter,
  message: TxnOffsetCommitResponse,
  version: number,
): void {
  writer.flexible = version >= 3
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeTxnOffsetCommitResponseTopic(writer, element)
  writer.tagCount(0)
}

function encodeTxnOffsetCommitResponseTopic(writer: MessageWriter, message: TxnOffsetCommitResponseTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeTxnOffsetCommitResponseTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeTxnOffsetCommitResponseTopicPartition(
  writer: MessageWriter,
  message: TxnOffsetCommitResponseTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

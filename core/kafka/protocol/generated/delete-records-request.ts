// Generated from messages/delete-records.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface DeleteRecordsRequest {
  readonly topics: readonly DeleteRecordsRequestTopic[]
  readonly timeoutMs: number
}

export interface DeleteRecordsRequestTopic {
  readonly name: string
  readonly partitions: readonly DeleteRecordsRequestTopicPartition[]
}

export interface DeleteRecordsRequestTopicPartition {
  readonly partitionIndex: number
  readonly offset: number
}

export function decodeDeleteRecordsRequest(reader: MessageReader, version: number): DeleteRecordsRequest {
  reader.flexible = version >= 2
  const topicsCount = reader.count('DeleteRecordsRequest.topics', 3)
  const topics: DeleteRecordsRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDeleteRecordsRequestTopic(reader))
  const timeoutMs = reader.int32('DeleteRecordsRequest.timeoutMs')
  reader.skipTags('DeleteRecordsRequest')
  return { topics, timeoutMs }
}

function decodeDeleteRecordsRequestTopic(reader: MessageReader): DeleteRecordsRequestTopic {
  const name = reader.string('DeleteRecordsRequest.topics.name')
  const partitionsCount = reader.count('DeleteRecordsRequest.topics.partitions', 12)
  const partitions: DeleteRecordsRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeDeleteRecordsRequestTopicPartition(reader))
  reader.skipTags('DeleteRecordsRequest.topics')
  return { name, partitions }
}

function decodeDeleteRecordsRequestTopicPartition(reader: MessageReader): DeleteRecordsRequestTopicPartition {
  const partitionIndex = reader.int32('DeleteRecordsRequest.topics.partitions.partitionIndex')
  const offset = reader.int64('DeleteRecordsRequest.topics.partitions.offset')
  reader.skipTags('DeleteRecordsRequest.topics.partitions')
  return { partitionIndex, offset }
}

export function encodeDeleteRecordsRequest(
  writer: MessageWriter,
  message: DeleteRecordsRequest,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.count(message.topics)
  for (const element of message.topics) encodeDeleteRecordsRequestTopic(writer, element)
  writer.int32(message.timeoutMs)
  writer.tagCount(0)
}

function encodeDeleteRecordsRequestTopic(writer: MessageWriter, message: DeleteRecordsRequestTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeDeleteRecordsRequestTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeDeleteRecordsRequestTopicPartition(
  writer: MessageWriter,
  message: DeleteRecordsRequestTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int64(message.offset)
  writer.tagCount(0)
}

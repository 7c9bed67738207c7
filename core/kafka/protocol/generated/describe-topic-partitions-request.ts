// Generated from messages/describe-topic-partitions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTopicPartitionsRequest {
  readonly topics: readonly DescribeTopicPartitionsRequestTopic[]
  readonly responsePartitionLimit: number
  readonly cursor: DescribeTopicPartitionsRequestCursor | null
}

export interface DescribeTopicPartitionsRequestTopic {
  readonly name: string
}

export interface DescribeTopicPartitionsRequestCursor {
  readonly topicName: string
  readonly partitionIndex: number
}

export function decodeDescribeTopicPartitionsRequest(
  reader: MessageReader,
  _version: number,
): DescribeTopicPartitionsRequest {
  reader.flexible = true
  const topicsCount = reader.count('DescribeTopicPartitionsRequest.topics', 2)
  const topics: DescribeTopicPartitionsRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDescribeTopicPartitionsRequestTopic(reader))
  const responsePartitionLimit = reader.int32('DescribeTopicPartitionsRequest.responsePartitionLimit')
  const cursor = reader.isPresent('DescribeTopicPartitionsRequest.cursor')
    ? decodeDescribeTopicPartitionsRequestCursor(reader)
    : null
  reader.skipTags('DescribeTopicPartitionsRequest')
  return { topics, responsePartitionLimit, cursor }
}

function decodeDescribeTopicPartitionsRequestTopic(reader: MessageReader): DescribeTopicPartitionsRequestTopic {
  const name = reader.string('DescribeTopicPartitionsRequest.topics.name')
  reader.skipTags('DescribeTopicPartitionsRequest.topics')
  return { name }
}

function decodeDescribeTopicPartitionsRequestCursor(reader: MessageReader): DescribeTopicPartitionsRequestCursor {
  const topicName = reader.string('DescribeTopicPartitionsRequest.cursor.topicName')
  const partitionIndex = reader.int32('DescribeTopicPartitionsRequest.cursor.partitionIndex')
  reader.skipTags('DescribeTopicPartitionsRequest.cursor')
  return { topicName, partitionIndex }
}

export function encodeDescribeTopicPartitionsRequest(
  writer: MessageWriter,
  message: DescribeTopicPartitionsRequest,
  _version: number,
): void {
  writer.flexible = true
  writer.count(message.topics)
  for (const element of message.topics) encodeDescribeTopicPartitionsRequestTopic(writer, element)
  writer.int32(message.responsePartitionLimit)
  writer.isPresent(message.cursor !== null)
  if (message.cursor !== null) encodeDescribeTopicPartitionsRequestCursor(writer, message.cursor)
  writer.tagCount(0)
}

function encodeDescribeTopicPartitionsRequestTopic(
  writer: MessageWriter,
  message: DescribeTopicPartitionsRequestTopic,
): void {
  writer.string(message.name)
  writer.tagCount(0)
}

function encodeDescribeTopicPartitionsRequestCursor(
  writer: MessageWriter,
  message: DescribeTopicPartitionsRequestCursor,
): void {
  writer.string(message.topicName)
  writer.int32(message.partitionIndex)
  writer.tagCount(0)
}

// Generated from messages/offset-delete.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, none of them flexible. */
export interface OffsetDeleteRequest {
  readonly groupId: string
  readonly topics: readonly OffsetDeleteRequestTopic[]
}

export interface OffsetDeleteRequestTopic {
  readonly name: string
  readonly partitions: readonly OffsetDeleteRequestTopicPartition[]
}

export interface OffsetDeleteRequestTopicPartition {
  readonly partitionIndex: number
}

export function decodeOffsetDeleteRequest(reader: MessageReader, _version: number): OffsetDeleteRequest {
  reader.flexible = false
  const groupId = reader.string('OffsetDeleteRequest.groupId')
  const topicsCount = reader.count('OffsetDeleteRequest.topics', 6)
  const topics: OffsetDeleteRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetDeleteRequestTopic(reader))
  return { groupId, topics }
}

function decodeOffsetDeleteRequestTopic(reader: MessageReader): OffsetDeleteRequestTopic {
  const name = reader.string('OffsetDeleteRequest.topics.name')
  const partitionsCount = reader.count('OffsetDeleteRequest.topics.partitions', 4)
  const partitions: OffsetDeleteRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeOffsetDeleteRequestTopicPartition(reader))
  return { name, partitions }
}

function decodeOffsetDeleteRequestTopicPartition(reader: MessageReader): OffsetDeleteRequestTopicPartition {
  const partitionIndex = reader.int32('OffsetDeleteRequest.topics.partitions.partitionIndex')
  return { partitionIndex }
}

export function encodeOffsetDeleteRequest(writer: MessageWriter, message: OffsetDeleteRequest, _version: number): void {
  writer.flexible = false
  writer.string(message.groupId)
  writer.count(message.topics)
  for (const element of message.topics) encodeOffsetDeleteRequestTopic(writer, element)
}

function encodeOffsetDeleteRequestTopic(writer: MessageWriter, message: OffsetDeleteRequestTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetDeleteRequestTopicPartition(writer, element)
}

function encodeOffsetDeleteRequestTopicPartition(
  writer: MessageWriter,
  message: OffsetDeleteRequestTopicPartition,
): void {
  writer.int32(message.partitionIndex)
}

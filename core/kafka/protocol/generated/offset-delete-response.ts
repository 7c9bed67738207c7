// Generated from messages/offset-delete.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, none of them flexible. */
export interface OffsetDeleteResponse {
  readonly errorCode: number
  readonly throttleTimeMs: number
  readonly topics: readonly OffsetDeleteResponseTopic[]
}

export interface OffsetDeleteResponseTopic {
  readonly name: string
  readonly partitions: readonly OffsetDeleteResponseTopicPartition[]
}

export interface OffsetDeleteResponseTopicPartition {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeOffsetDeleteResponse(reader: MessageReader, _version: number): OffsetDeleteResponse {
  reader.flexible = false
  const errorCode = reader.int16('OffsetDeleteResponse.errorCode')
  const throttleTimeMs = reader.int32('OffsetDeleteResponse.throttleTimeMs')
  const topicsCount = reader.count('OffsetDeleteResponse.topics', 6)
  const topics: OffsetDeleteResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetDeleteResponseTopic(reader))
  return { errorCode, throttleTimeMs, topics }
}

function decodeOffsetDeleteResponseTopic(reader: MessageReader): OffsetDeleteResponseTopic {
  const name = reader.string('OffsetDeleteResponse.topics.name')
  const partitionsCount = reader.count('OffsetDeleteResponse.topics.partitions', 6)
  const partitions: OffsetDeleteResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeOffsetDeleteResponseTopicPartition(reader))
  return { name, partitions }
}

function decodeOffsetDeleteResponseTopicPartition(reader: MessageReader): OffsetDeleteResponseTopicPartition {
  const partitionIndex = reader.int32('OffsetDeleteResponse.topics.partitions.partitionIndex')
  const errorCode = reader.int16('OffsetDeleteResponse.topics.partitions.errorCode')
  return { partitionIndex, errorCode }
}

export function encodeOffsetDeleteResponse(
  writer: MessageWriter,
  message: OffsetDeleteResponse,
  _version: number,
): void {
  writer.flexible = false
  writer.int16(message.errorCode)
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeOffsetDeleteResponseTopic(writer, element)
}

function encodeOffsetDeleteResponseTopic(writer: MessageWriter, message: OffsetDeleteResponseTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetDeleteResponseTopicPartition(writer, element)
}

function encodeOffsetDeleteResponseTopicPartition(
  writer: MessageWriter,
  message: OffsetDeleteResponseTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.errorCode)
}

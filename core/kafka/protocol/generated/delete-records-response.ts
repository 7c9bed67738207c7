// Generated from messages/delete-records.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface DeleteRecordsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly DeleteRecordsResponseTopic[]
}

export interface DeleteRecordsResponseTopic {
  readonly name: string
  readonly partitions: readonly DeleteRecordsResponseTopicPartition[]
}

export interface DeleteRecordsResponseTopicPartition {
  readonly partitionIndex: number
  readonly lowWatermark: number
  readonly errorCode: number
}

export function decodeDeleteRecordsResponse(reader: MessageReader, version: number): DeleteRecordsResponse {
  reader.flexible = version >= 2
  const throttleTimeMs = reader.int32('DeleteRecordsResponse.throttleTimeMs')
  const topicsCount = reader.count('DeleteRecordsResponse.topics', 3)
  const topics: DeleteRecordsResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDeleteRecordsResponseTopic(reader))
  reader.skipTags('DeleteRecordsResponse')
  return { throttleTimeMs, topics }
}

function decodeDeleteRecordsResponseTopic(reader: MessageReader): DeleteRecordsResponseTopic {
  const name = reader.string('DeleteRecordsResponse.topics.name')
  const partitionsCount = reader.count('DeleteRecordsResponse.topics.partitions', 14)
  const partitions: DeleteRecordsResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeDeleteRecordsResponseTopicPartition(reader))
  reader.skipTags('DeleteRecordsResponse.topics')
  return { name, partitions }
}

function decodeDeleteRecordsResponseTopicPartition(reader: MessageReader): DeleteRecordsResponseTopicPartition {
  const partitionIndex = reader.int32('DeleteRecordsResponse.topics.partitions.partitionIndex')
  const lowWatermark = reader.int64('DeleteRecordsResponse.topics.partitions.lowWatermark')
  const errorCode = reader.int16('DeleteRecordsResponse.topics.partitions.errorCode')
  reader.skipTags('DeleteRecordsResponse.topics.partitions')
  return { partitionIndex, lowWatermark, errorCode }
}

export function encodeDeleteRecordsResponse(
  writer: MessageWriter,
  message: DeleteRecordsResponse,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeDeleteRecordsResponseTopic(writer, element)
  writer.tagCount(0)
}

function encodeDeleteRecordsResponseTopic(writer: MessageWriter, message: DeleteRecordsResponseTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeDeleteRecordsResponseTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeDeleteRecordsResponseTopicPartition(
  writer: MessageWriter,
  message: DeleteRecordsResponseTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int64(message.lowWatermark)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

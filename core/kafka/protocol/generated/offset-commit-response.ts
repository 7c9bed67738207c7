// Generated from messages/offset-commit.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 2 to 9, flexible from 8. */
export interface OffsetCommitResponse {
  /** Versions 3+. */
  readonly throttleTimeMs: number
  readonly topics: readonly OffsetCommitResponseTopic[]
}

export interface OffsetCommitResponseTopic {
  readonly name: string
  readonly partitions: readonly OffsetCommitResponseTopicPartition[]
}

export interface OffsetCommitResponseTopicPartition {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeOffsetCommitResponse(reader: MessageReader, version: number): OffsetCommitResponse {
  reader.flexible = version >= 8
  const throttleTimeMs = version >= 3 ? reader.int32('OffsetCommitResponse.throttleTimeMs') : 0
  const topicsCount = reader.count('OffsetCommitResponse.topics', 3)
  const topics: OffsetCommitResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetCommitResponseTopic(reader))
  reader.skipTags('OffsetCommitResponse')
  return { throttleTimeMs, topics }
}

function decodeOffsetCommitResponseTopic(reader: MessageReader): OffsetCommitResponseTopic {
  const name = reader.string('OffsetCommitResponse.topics.name')
  const partitionsCount = reader.count('OffsetCommitResponse.topics.partitions', 6)
  const partitions: OffsetCommitResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeOffsetCommitResponseTopicPartition(reader))
  reader.skipTags('OffsetCommitResponse.topics')
  return { name, partitions }
}

function decodeOffsetCommitResponseTopicPartition(reader: MessageReader): OffsetCommitResponseTopicPartition {
  const partitionIndex = reader.int32('OffsetCommitResponse.topics.partitions.partitionIndex')
  const errorCode = reader.int16('OffsetCommitResponse.topics.partitions.errorCode')
  reader.skipTags('OffsetCommitResponse.topics.partitions')
  return { partitionIndex, errorCode }
}

export function encodeOffsetCommitResponse(
  writer: MessageWriter,
  message: OffsetCommitResponse,
  version: number,
): void {
  writer.flexible = version >= 8
  if (version >= 3) writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeOffsetCommitResponseTopic(writer, element)
  writer.tagCount(0)
}

function encodeOffsetCommitResponseTopic(writer: MessageWriter, message: OffsetCommitResponseTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetCommitResponseTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeOffsetCommitResponseTopicPartition(
  writer: MessageWriter,
  message: OffsetCommitResponseTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

// Generated from messages/list-offsets.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 10, flexible from 6. */
export interface ListOffsetsRequest {
  readonly replicaId: number
  /** Versions 2+. */
  readonly isolationLevel: number
  readonly topics: readonly ListOffsetsRequestTopic[]
  /** Versions 10. */
  readonly timeoutMs: number
}

export interface ListOffsetsRequestTopic {
  readonly name: string
  readonly partitions: readonly ListOffsetsRequestTopicPartition[]
}

export interface ListOffsetsRequestTopicPartition {
  readonly partitionIndex: number
  /** Versions 4+. */
  readonly currentLeaderEpoch: number
  readonly timestamp: number
}

export function decodeListOffsetsRequest(reader: MessageReader, version: number): ListOffsetsRequest {
  reader.flexible = version >= 6
  const replicaId = reader.int32('ListOffsetsRequest.replicaId')
  const isolationLevel = version >= 2 ? reader.int8('ListOffsetsRequest.isolationLevel') : 0
  const topicsCount = reader.count('ListOffsetsRequest.topics', 3)
  const topics: ListOffsetsRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeListOffsetsRequestTopic(reader, version))
  const timeoutMs = version >= 10 ? reader.int32('ListOffsetsRequest.timeoutMs') : 0
  reader.skipTags('ListOffsetsRequest')
  return { replicaId, isolationLevel, topics, timeoutMs }
}

function decodeListOffsetsRequestTopic(reader: MessageReader, version: number): ListOffsetsRequestTopic {
  const name = reader.string('ListOffsetsRequest.topics.name')
  const partitionsCount = reader.count('ListOffsetsRequest.topics.partitions', 12)
  const partitions: ListOffsetsRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeListOffsetsRequestTopicPartition(reader, version))
  reader.skipTags('ListOffsetsRequest.topics')
  return { name, partitions }
}

function decodeListOffsetsRequestTopicPartition(
  reader: MessageReader,
  version: number,
): ListOffsetsRequestTopicPartition {
  const partitionIndex = reader.int32('ListOffsetsRequest.topics.partitions.partitionIndex')
  const currentLeaderEpoch = version >= 4 ? reader.int32('ListOffsetsRequest.topics.partitions.currentLeaderEpoch') : -1
  const timestamp = reader.int64('ListOffsetsRequest.topics.partitions.timestamp')
  reader.skipTags('ListOffsetsRequest.topics.partitions')
  return { partitionIndex, currentLeaderEpoch, timestamp }
}

export function encodeListOffsetsRequest(writer: MessageWriter, message: ListOffsetsRequest, version: number): void {
  writer.flexible = version >= 6
  writer.int32(message.replicaId)
  if (version >= 2) writer.int8(message.isolationLevel)
  writer.count(message.topics)
  for (const element of message.topics) encodeListOffsetsRequestTopic(writer, element, version)
  if (version >= 10) writer.int32(message.timeoutMs)
  writer.tagCount(0)
}

function encodeListOffsetsRequestTopic(writer: MessageWriter, message: ListOffsetsRequestTopic, version: number): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeListOffsetsRequestTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeListOffsetsRequestTopicPartition(
  writer: MessageWriter,
  message: ListOffsetsRequestTopicPartition,
  version: number,
): void {
  writer.int32(message.partitionIndex)
  if (version >= 4) writer.int32(message.currentLeaderEpoch)
  writer.int64(message.timestamp)
  writer.tagCount(0)
}

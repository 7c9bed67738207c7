// Generated from messages/list-offsets.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 10, flexible from 6. */
export interface ListOffsetsResponse {
  /** Versions 2+. */
  readonly throttleTimeMs: number
  readonly topics: readonly ListOffsetsResponseTopic[]
}

export interface ListOffsetsResponseTopic {
  readonly name: string
  readonly partitions: readonly ListOffsetsResponseTopicPartition[]
}

export interface ListOffsetsResponseTopicPartition {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly timestamp: number
  readonly offset: number
  /** Versions 4+. */
  readonly leaderEpoch: number
}

export function decodeListOffsetsResponse(reader: MessageReader, version: number): ListOffsetsResponse {
  reader.flexible = version >= 6
  const throttleTimeMs = version >= 2 ? reader.int32('ListOffsetsResponse.throttleTimeMs') : 0
  const topicsCount = reader.count('ListOffsetsResponse.topics', 3)
  const topics: ListOffsetsResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeListOffsetsResponseTopic(reader, version))
  reader.skipTags('ListOffsetsResponse')
  return { throttleTimeMs, topics }
}

function decodeListOffsetsResponseTopic(reader: MessageReader, version: number): ListOffsetsResponseTopic {
  const name = reader.string('ListOffsetsResponse.topics.name')
  const partitionsCount = reader.count('ListOffsetsResponse.topics.partitions', 22)
  const partitions: ListOffsetsResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeListOffsetsResponseTopicPartition(reader, version))
  reader.skipTags('ListOffsetsResponse.topics')
  return { name, partitions }
}

function decodeListOffsetsResponseTopicPartition(
  reader: MessageReader,
  version: number,
): ListOffsetsResponseTopicPartition {
  const partitionIndex = reader.int32('ListOffsetsResponse.topics.partitions.partitionIndex')
  const errorCode = reader.int16('ListOffsetsResponse.topics.partitions.errorCode')
  const timestamp = reader.int64('ListOffsetsResponse.topics.partitions.timestamp')
  const offset = reader.int64('ListOffsetsResponse.topics.partitions.offset')
  const leaderEpoch = version >= 4 ? reader.int32('ListOffsetsResponse.topics.partitions.leaderEpoch') : -1
  reader.skipTags('ListOffsetsResponse.topics.partitions')
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch }
}

export function encodeListOffsetsResponse(writer: MessageWriter, message: ListOffsetsResponse, version: number): void {
  writer.flexible = version >= 6
  if (version >= 2) writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeListOffsetsResponseTopic(writer, element, version)
  writer.tagCount(0)
}

function encodeListOffsetsResponseTopic(
  writer: MessageWriter,
  message: ListOffsetsResponseTopic,
  version: number,
): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeListOffsetsResponseTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeListOffsetsResponseTopicPartition(
  writer: MessageWriter,
  message: ListOffsetsResponseTopicPartition,
  version: number,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.errorCode)
  writer.int64(message.timestamp)
  writer.int64(message.offset)
  if (version >= 4) writer.int32(message.leaderEpoch)
  writer.tagCount(0)
}

// Generated from messages/offset-for-leader-epoch.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 2 to 4, flexible from 4. */
export interface OffsetForLeaderEpochResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly OffsetForLeaderEpochResponseTopic[]
}

export interface OffsetForLeaderEpochResponseTopic {
  readonly topic: string
  readonly partitions: readonly OffsetForLeaderEpochResponseTopicPartition[]
}

export interface OffsetForLeaderEpochResponseTopicPartition {
  readonly errorCode: number
  readonly partition: number
  readonly leaderEpoch: number
  readonly endOffset: number
}

export function decodeOffsetForLeaderEpochResponse(
  reader: MessageReader,
  version: number,
): OffsetForLeaderEpochResponse {
  reader.flexible = version >= 4
  const throttleTimeMs = reader.int32('OffsetForLeaderEpochResponse.throttleTimeMs')
  const topicsCount = reader.count('OffsetForLeaderEpochResponse.topics', 3)
  const topics: OffsetForLeaderEpochResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetForLeaderEpochResponseTopic(reader))
  reader.skipTags('OffsetForLeaderEpochResponse')
  return { throttleTimeMs, topics }
}

function decodeOffsetForLeaderEpochResponseTopic(reader: MessageReader): OffsetForLeaderEpochResponseTopic {
  const topic = reader.string('OffsetForLeaderEpochResponse.topics.topic')
  const partitionsCount = reader.count('OffsetForLeaderEpochResponse.topics.partitions', 18)
  const partitions: OffsetForLeaderEpochResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeOffsetForLeaderEpochResponseTopicPartition(reader))
  reader.skipTags('OffsetForLeaderEpochResponse.topics')
  return { topic, partitions }
}

function decodeOffsetForLeaderEpochResponseTopicPartition(
  reader: MessageReader,
): OffsetForLeaderEpochResponseTopicPartition {
  const errorCode = reader.int16('OffsetForLeaderEpochResponse.topics.partitions.errorCode')
  const partition = reader.int32('OffsetForLeaderEpochResponse.topics.partitions.partition')
  const leaderEpoch = reader.int32('OffsetForLeaderEpochResponse.topics.partitions.leaderEpoch')
  const endOffset = reader.int64('OffsetForLeaderEpochResponse.topics.partitions.endOffset')
  reader.skipTags('OffsetForLeaderEpochResponse.topics.partitions')
  return { errorCode, partition, leaderEpoch, endOffset }
}

export function encodeOffsetForLeaderEpochResponse(
  writer: MessageWriter,
  message: OffsetForLeaderEpochResponse,
  version: number,
): void {
  writer.flexible = version >= 4
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeOffsetForLeaderEpochResponseTopic(writer, element)
  writer.tagCount(0)
}

function encodeOffsetForLeaderEpochResponseTopic(
  writer: MessageWriter,
  message: OffsetForLeaderEpochResponseTopic,
): void {
  writer.string(message.topic)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetForLeaderEpochResponseTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeOffsetForLeaderEpochResponseTopicPartition(
  writer: MessageWriter,
  message: OffsetForLeaderEpochResponseTopicPartition,
): void {
  writer.int16(message.errorCode)
  writer.int32(message.partition)
  writer.int32(message.leaderEpoch)
  writer.int64(message.endOffset)
  writer.tagCount(0)
}

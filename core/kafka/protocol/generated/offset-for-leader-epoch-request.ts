// Generated from messages/offset-for-leader-epoch.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 2 to 4, flexible from 4. */
export interface OffsetForLeaderEpochRequest {
  /** Versions 3+. */
  readonly replicaId: number
  readonly topics: readonly OffsetForLeaderEpochRequestTopic[]
}

export interface OffsetForLeaderEpochRequestTopic {
  readonly topic: string
  readonly partitions: readonly OffsetForLeaderEpochRequestTopicPartition[]
}

export interface OffsetForLeaderEpochRequestTopicPartition {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly leaderEpoch: number
}

export function decodeOffsetForLeaderEpochRequest(reader: MessageReader, version: number): OffsetForLeaderEpochRequest {
  reader.flexible = version >= 4
  const replicaId = version >= 3 ? reader.int32('OffsetForLeaderEpochRequest.replicaId') : -2
  const topicsCount = reader.count('OffsetForLeaderEpochRequest.topics', 3)
  const topics: OffsetForLeaderEpochRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetForLeaderEpochRequestTopic(reader))
  reader.skipTags('OffsetForLeaderEpochRequest')
  return { replicaId, topics }
}

function decodeOffsetForLeaderEpochRequestTopic(reader: MessageReader): OffsetForLeaderEpochRequestTopic {
  const topic = reader.string('OffsetForLeaderEpochRequest.topics.topic')
  const partitionsCount = reader.count('OffsetForLeaderEpochRequest.topics.partitions', 12)
  const partitions: OffsetForLeaderEpochRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeOffsetForLeaderEpochRequestTopicPartition(reader))
  reader.skipTags('OffsetForLeaderEpochRequest.topics')
  return { topic, partitions }
}

function decodeOffsetForLeaderEpochRequestTopicPartition(
  reader: MessageReader,
): OffsetForLeaderEpochRequestTopicPartition {
  const partition = reader.int32('OffsetForLeaderEpochRequest.topics.partitions.partition')
  const currentLeaderEpoch = reader.int32('OffsetForLeaderEpochRequest.topics.partitions.currentLeaderEpoch')
  const leaderEpoch = reader.int32('OffsetForLeaderEpochRequest.topics.partitions.leaderEpoch')
  reader.skipTags('OffsetForLeaderEpochRequest.topics.partitions')
  return { partition, currentLeaderEpoch, leaderEpoch }
}

export function encodeOffsetForLeaderEpochRequest(
  writer: MessageWriter,
  message: OffsetForLeaderEpochRequest,
  version: number,
): void {
  writer.flexible = version >= 4
  if (version >= 3) writer.int32(message.replicaId)
  writer.count(message.topics)
  for (const element of message.topics) encodeOffsetForLeaderEpochRequestTopic(writer, element)
  writer.tagCount(0)
}

function encodeOffsetForLeaderEpochRequestTopic(
  writer: MessageWriter,
  message: OffsetForLeaderEpochRequestTopic,
): void {
  writer.string(message.topic)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetForLeaderEpochRequestTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeOffsetForLeaderEpochRequestTopicPartition(
  writer: MessageWriter,
  message: OffsetForLeaderEpochRequestTopicPartition,
): void {
  writer.int32(message.partition)
  writer.int32(message.currentLeaderEpoch)
  writer.int32(message.leaderEpoch)
  writer.tagCount(0)
}

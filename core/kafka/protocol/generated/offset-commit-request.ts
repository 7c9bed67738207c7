// Generated from messages/offset-commit.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 2 to 9, flexible from 8. */
export interface OffsetCommitRequest {
  readonly groupId: string
  readonly generationIdOrMemberEpoch: number
  readonly memberId: string
  /** Versions 7+. */
  readonly groupInstanceId: string | null
  /** Versions 2-4. */
  readonly retentionTimeMs: number
  readonly topics: readonly OffsetCommitRequestTopic[]
}

export interface OffsetCommitRequestTopic {
  readonly name: string
  readonly partitions: readonly OffsetCommitRequestTopicPartition[]
}

export interface OffsetCommitRequestTopicPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  /** Versions 6+. */
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

export function decodeOffsetCommitRequest(reader: MessageReader, version: number): OffsetCommitRequest {
  reader.flexible = version >= 8
  const groupId = reader.string('OffsetCommitRequest.groupId')
  const generationIdOrMemberEpoch = reader.int32('OffsetCommitRequest.generationIdOrMemberEpoch')
  const memberId = reader.string('OffsetCommitRequest.memberId')
  const groupInstanceId = version >= 7 ? reader.nullableString('OffsetCommitRequest.groupInstanceId') : null
  const retentionTimeMs = version <= 4 ? reader.int64('OffsetCommitRequest.retentionTimeMs') : -1
  const topicsCount = reader.count('OffsetCommitRequest.topics', 3)
  const topics: OffsetCommitRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetCommitRequestTopic(reader, version))
  reader.skipTags('OffsetCommitRequest')
  return { groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, retentionTimeMs, topics }
}

function decodeOffsetCommitRequestTopic(reader: MessageReader, version: number): OffsetCommitRequestTopic {
  const name = reader.string('OffsetCommitRequest.topics.name')
  const partitionsCount = reader.count('OffsetCommitRequest.topics.partitions', 14)
  const partitions: OffsetCommitRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeOffsetCommitRequestTopicPartition(reader, version))
  reader.skipTags('OffsetCommitRequest.topics')
  return { name, partitions }
}

function decodeOffsetCommitRequestTopicPartition(
  reader: MessageReader,
  version: number,
): OffsetCommitRequestTopicPartition {
  const partitionIndex = reader.int32('OffsetCommitRequest.topics.partitions.partitionIndex')
  const committedOffset = reader.int64('OffsetCommitRequest.topics.partitions.committedOffset')
  const committedLeaderEpoch =
    version >= 6 ? reader.int32('OffsetCommitRequest.topics.partitions.committedLeaderEpoch') : -1
  const committedMetadata = reader.nullableString('OffsetCommitRequest.topics.partitions.committedMetadata')
  reader.skipTags('OffsetCommitRequest.topics.partitions')
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }
}

export function encodeOffsetCommitRequest(writer: MessageWriter, message: OffsetCommitRequest, version: number): void {
  writer.flexible = version >= 8
  writer.string(message.groupId)
  writer.int32(message.generationIdOrMemberEpoch)
  writer.string(message.memberId)
  if (version >= 7) writer.nullableString(message.groupInstanceId)
  if (version <= 4) writer.int64(message.retentionTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeOffsetCommitRequestTopic(writer, element, version)
  writer.tagCount(0)
}

function encodeOffsetCommitRequestTopic(
  writer: MessageWriter,
  message: OffsetCommitRequestTopic,
  version: number,
): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetCommitRequestTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeOffsetCommitRequestTopicPartition(
  writer: MessageWriter,
  message: OffsetCommitRequestTopicPartition,
  version: number,
): void {
  writer.int32(message.partitionIndex)
  writer.int64(message.committedOffset)
  if (version >= 6) writer.int32(message.committedLeaderEpoch)
  writer.nullableString(message.committedMetadata)
  writer.tagCount(0)
}

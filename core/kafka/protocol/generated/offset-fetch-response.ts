// Generated from messages/offset-fetch.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 9, flexible from 6. */
export interface OffsetFetchResponse {
  /** Versions 3+. */
  readonly throttleTimeMs: number
  /** Versions 1-7. */
  readonly topics: readonly OffsetFetchResponseTopic[]
  /** Versions 2-7. */
  readonly errorCode: number
  /** Versions 8+. */
  readonly groups: readonly OffsetFetchResponseGroup[]
}

export interface OffsetFetchResponseTopic {
  readonly name: string
  readonly partitions: readonly OffsetFetchResponseTopicPartition[]
}

export interface OffsetFetchResponseTopicPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  /** Versions 5-7. */
  readonly committedLeaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}

export interface OffsetFetchResponseGroup {
  readonly groupId: string
  readonly topics: readonly OffsetFetchResponseGroupTopic[]
  readonly errorCode: number
}

export interface OffsetFetchResponseGroupTopic {
  readonly name: string
  readonly partitions: readonly OffsetFetchResponseGroupTopicPartition[]
}

export interface OffsetFetchResponseGroupTopicPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}

export function decodeOffsetFetchResponse(reader: MessageReader, version: number): OffsetFetchResponse {
  reader.flexible = version >= 6
  const throttleTimeMs = version >= 3 ? reader.int32('OffsetFetchResponse.throttleTimeMs') : 0
  const topicsCount = version <= 7 ? reader.count('OffsetFetchResponse.topics', 3) : 0
  const topics: OffsetFetchResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetFetchResponseTopic(reader, version))
  const errorCode = version >= 2 && version <= 7 ? reader.int16('OffsetFetchResponse.errorCode') : 0
  const groupsCount = version >= 8 ? reader.count('OffsetFetchResponse.groups', 5) : 0
  const groups: OffsetFetchResponseGroup[] = []
  for (let left = groupsCount; left > 0; left--) groups.push(decodeOffsetFetchResponseGroup(reader))
  reader.skipTags('OffsetFetchResponse')
  return { throttleTimeMs, topics, errorCode, groups }
}

function decodeOffsetFetchResponseTopic(reader: MessageReader, version: number): OffsetFetchResponseTopic {
  const name = reader.string('OffsetFetchResponse.topics.name')
  const partitionsCount = reader.count('OffsetFetchResponse.topics.partitions', 16)
  const partitions: OffsetFetchResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeOffsetFetchResponseTopicPartition(reader, version))
  reader.skipTags('OffsetFetchResponse.topics')
  return { name, partitions }
}

function decodeOffsetFetchResponseTopicPartition(
  reader: MessageReader,
  version: number,
): OffsetFetchResponseTopicPartition {
  const partitionIndex = reader.int32('OffsetFetchResponse.topics.partitions.partitionIndex')
  const committedOffset = reader.int64('OffsetFetchResponse.topics.partitions.committedOffset')
  const committedLeaderEpoch =
    version >= 5 ? reader.int32('OffsetFetchResponse.topics.partitions.committedLeaderEpoch') : -1
  const metadata = reader.nullableString('OffsetFetchResponse.topics.partitions.metadata')
  const errorCode = reader.int16('OffsetFetchResponse.topics.partitions.errorCode')
  reader.skipTags('OffsetFetchResponse.topics.partitions')
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }
}

function decodeOffsetFetchResponseGroup(reader: MessageReader): OffsetFetchResponseGroup {
  const groupId = reader.string('OffsetFetchResponse.groups.groupId')
  const topicsCount = reader.count('OffsetFetchResponse.groups.topics', 3)
  const topics: OffsetFetchResponseGroupTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetFetchResponseGroupTopic(reader))
  const errorCode = reader.int16('OffsetFetchResponse.groups.errorCode')
  reader.skipTags('OffsetFetchResponse.groups')
  return { groupId, topics, errorCode }
}

function decodeOffsetFetchResponseGroupTopic(reader: MessageReader): OffsetFetchResponseGroupTopic {
  const name = reader.string('OffsetFetchResponse.groups.topics.name')
  const partitionsCount = reader.count('OffsetFetchResponse.groups.topics.partitions', 20)
  const partitions: OffsetFetchResponseGroupTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeOffsetFetchResponseGroupTopicPartition(reader))
  reader.skipTags('OffsetFetchResponse.groups.topics')
  return { name, partitions }
}

function decodeOffsetFetchResponseGroupTopicPartition(reader: MessageReader): OffsetFetchResponseGroupTopicPartition {
  const partitionIndex = reader.int32('OffsetFetchResponse.groups.topics.partitions.partitionIndex')
  const committedOffset = reader.int64('OffsetFetchResponse.groups.topics.partitions.committedOffset')
  const committedLeaderEpoch = reader.int32('OffsetFetchResponse.groups.topics.partitions.committedLeaderEpoch')
  const metadata = reader.nullableString('OffsetFetchResponse.groups.topics.partitions.metadata')
  const errorCode = reader.int16('OffsetFetchResponse.groups.topics.partitions.errorCode')
  reader.skipTags('OffsetFetchResponse.groups.topics.partitions')
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }
}

export function encodeOffsetFetchResponse(writer: MessageWriter, message: OffsetFetchResponse, version: number): void {
  writer.flexible = version >= 6
  if (version >= 3) writer.int32(message.throttleTimeMs)
  if (version <= 7) {
    writer.count(message.topics)
    for (const element of message.topics) encodeOffsetFetchResponseTopic(writer, element, version)
  }
  if (version >= 2 && version <= 7) writer.int16(message.errorCode)
  if (version >= 8) {
    writer.count(message.groups)
    for (const element of message.groups) encodeOffsetFetchResponseGroup(writer, element)
  }
  writer.tagCount(0)
}

function encodeOffsetFetchResponseTopic(
  writer: MessageWriter,
  message: OffsetFetchResponseTopic,
  version: number,
): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetFetchResponseTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeOffsetFetchResponseTopicPartition(
  writer: MessageWriter,
  message: OffsetFetchResponseTopicPartition,
  version: number,
): void {
  writer.int32(message.partitionIndex)
  writer.int64(message.committedOffset)
  if (version >= 5) writer.int32(message.committedLeaderEpoch)
  writer.nullableString(message.metadata)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

function encodeOffsetFetchResponseGroup(writer: MessageWriter, message: OffsetFetchResponseGroup): void {
  writer.string(message.groupId)
  writer.count(message.topics)
  for (const element of message.topics) encodeOffsetFetchResponseGroupTopic(writer, element)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

function encodeOffsetFetchResponseGroupTopic(writer: MessageWriter, message: OffsetFetchResponseGroupTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeOffsetFetchResponseGroupTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeOffsetFetchResponseGroupTopicPartition(
  writer: MessageWriter,
  message: OffsetFetchResponseGroupTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int64(message.committedOffset)
  writer.int32(message.committedLeaderEpoch)
  writer.nullableString(message.metadata)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

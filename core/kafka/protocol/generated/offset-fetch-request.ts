// Generated from messages/offset-fetch.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 9, flexible from 6. */
export interface OffsetFetchRequest {
  /** Versions 1-7. */
  readonly groupId: string
  /** Versions 1-7. May be null in versions 2-7. */
  readonly topics: readonly OffsetFetchRequestTopic[] | null
  /** Versions 8+. */
  readonly groups: readonly OffsetFetchRequestGroup[]
  /** Versions 7+. */
  readonly requireStable: boolean
}

export interface OffsetFetchRequestTopic {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

export interface OffsetFetchRequestGroup {
  readonly groupId: string
  /** Versions 9. */
  readonly memberId: string | null
  /** Versions 9. */
  readonly memberEpoch: number
  readonly topics: readonly OffsetFetchRequestGroupTopic[] | null
}

export interface OffsetFetchRequestGroupTopic {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

export function decodeOffsetFetchRequest(reader: MessageReader, version: number): OffsetFetchRequest {
  reader.flexible = version >= 6
  const groupId = version <= 7 ? reader.string('OffsetFetchRequest.groupId') : ''
  const topicsCount =
    version <= 7
      ? version >= 2
        ? reader.nullableCount('OffsetFetchRequest.topics', 3)
        : reader.count('OffsetFetchRequest.topics', 3)
      : 0
  const topics: OffsetFetchRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetFetchRequestTopic(reader))
  const groupsCount = version >= 8 ? reader.count('OffsetFetchRequest.groups', 3) : 0
  const groups: OffsetFetchRequestGroup[] = []
  for (let left = groupsCount; left > 0; left--) groups.push(decodeOffsetFetchRequestGroup(reader, version))
  const requireStable = version >= 7 ? reader.bool('OffsetFetchRequest.requireStable') : false
  reader.skipTags('OffsetFetchRequest')
  return { groupId, topics: topicsCount === -1 ? null : topics, groups, requireStable }
}

function decodeOffsetFetchRequestTopic(reader: MessageReader): OffsetFetchRequestTopic {
  const name = reader.string('OffsetFetchRequest.topics.name')
  const partitionIndexesCount = reader.count('OffsetFetchRequest.topics.partitionIndexes', 4)
  const partitionIndexes: number[] = []
  for (let left = partitionIndexesCount; left > 0; left--)
    partitionIndexes.push(reader.int32('OffsetFetchRequest.topics.partitionIndexes'))
  reader.skipTags('OffsetFetchRequest.topics')
  return { name, partitionIndexes }
}

function decodeOffsetFetchRequestGroup(reader: MessageReader, version: number): OffsetFetchRequestGroup {
  const groupId = reader.string('OffsetFetchRequest.groups.groupId')
  const memberId = version >= 9 ? reader.nullableString('OffsetFetchRequest.groups.memberId') : null
  const memberEpoch = version >= 9 ? reader.int32('OffsetFetchRequest.groups.memberEpoch') : -1
  const topicsCount = reader.nullableCount('OffsetFetchRequest.groups.topics', 3)
  const topics: OffsetFetchRequestGroupTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeOffsetFetchRequestGroupTopic(reader))
  reader.skipTags('OffsetFetchRequest.groups')
  return { groupId, memberId, memberEpoch, topics: topicsCount === -1 ? null : topics }
}

function decodeOffsetFetchRequestGroupTopic(reader: MessageReader): OffsetFetchRequestGroupTopic {
  const name = reader.string('OffsetFetchRequest.groups.topics.name')
  const partitionIndexesCount = reader.count('OffsetFetchRequest.groups.topics.partitionIndexes', 4)
  const partitionIndexes: number[] = []
  for (let left = partitionIndexesCount; left > 0; left--)
    partitionIndexes.push(reader.int32('OffsetFetchRequest.groups.topics.partitionIndexes'))
  reader.skipTags('OffsetFetchRequest.groups.topics')
  return { name, partitionIndexes }
}

export function encodeOffsetFetchRequest(writer: MessageWriter, message: OffsetFetchRequest, version: number): void {
  writer.flexible = version >= 6
  if (version <= 7) writer.string(message.groupId)
  if (version <= 7) {
    if (version >= 2) writer.nullableCount(message.topics)
    else writer.count(message.topics)
    for (const element of message.topics ?? []) encodeOffsetFetchRequestTopic(writer, element)
  }
  if (version >= 8) {
    writer.count(message.groups)
    for (const element of message.groups) encodeOffsetFetchRequestGroup(writer, element, version)
  }
  if (version >= 7) writer.bool(message.requireStable)
  writer.tagCount(0)
}

function encodeOffsetFetchRequestTopic(writer: MessageWriter, message: OffsetFetchRequestTopic): void {
  writer.string(message.name)
  writer.count(message.partitionIndexes)
  for (const element of message.partitionIndexes) writer.int32(element)
  writer.tagCount(0)
}

function encodeOffsetFetchRequestGroup(writer: MessageWriter, message: OffsetFetchRequestGroup, version: number): void {
  writer.string(message.groupId)
  if (version >= 9) writer.nullableString(message.memberId)
  if (version >= 9) writer.int32(message.memberEpoch)
  writer.nullableCount(message.topics)
  for (const element of message.topics ?? []) encodeOffsetFetchRequestGroupTopic(writer, element)
  writer.tagCount(0)
}

function encodeOffsetFetchRequestGroupTopic(writer: MessageWriter, message: OffsetFetchRequestGroupTopic): void {
  writer.string(message.name)
  writer.count(message.partitionIndexes)
  for (const element of message.partitionIndexes) writer.int32(element)
  writer.tagCount(0)
}

// Generated from messages/metadata.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 13, flexible from 9. */
export interface MetadataRequest {
  /** May be null in versions 1+. */
  readonly topics: readonly MetadataRequestTopic[] | null
  /** Versions 4+. */
  readonly allowAutoTopicCreation: boolean
  /** Versions 8-10. */
  readonly includeClusterAuthorizedOperations: boolean
  /** Versions 8+. */
  readonly includeTopicAuthorizedOperations: boolean
}

export interface MetadataRequestTopic {
  /** Versions 10+. */
  readonly topicId: string
  /** May be null in versions 10+. */
  readonly name: string | null
}

export function decodeMetadataRequest(reader: MessageReader, version: number): MetadataRequest {
  reader.flexible = version >= 9
  const topicsCount =
    version >= 1 ? reader.nullableCount('MetadataRequest.topics', 2) : reader.count('MetadataRequest.topics', 2)
  const topics: MetadataRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeMetadataRequestTopic(reader, version))
  const allowAutoTopicCreation = version >= 4 ? reader.bool('MetadataRequest.allowAutoTopicCreation') : true
  const includeClusterAuthorizedOperations =
    version >= 8 && version <= 10 ? reader.bool('MetadataRequest.includeClusterAuthorizedOperations') : false
  const includeTopicAuthorizedOperations =
    version >= 8 ? reader.bool('MetadataRequest.includeTopicAuthorizedOperations') : false
  reader.skipTags('MetadataRequest')
  return {
    topics: topicsCount === -1 ? null : topics,
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations,
    includeTopicAuthorizedOperations,
  }
}

function decodeMetadataRequestTopic(reader: MessageReader, version: number): MetadataRequestTopic {
  const topicId = version >= 10 ? reader.uuid('MetadataRequest.topics.topicId') : '00000000-0000-0000-0000-000000000000'
  const name =
    version >= 10 ? reader.nullableString('MetadataRequest.topics.name') : reader.string('MetadataRequest.topics.name')
  reader.skipTags('MetadataRequest.topics')
  return { topicId, name }
}

export function encodeMetadataRequest(writer: MessageWriter, message: MetadataRequest, version: number): void {
  writer.flexible = version >= 9
  if (version >= 1) writer.nullableCount(message.topics)
  else writer.count(message.topics)
  for (const element of message.topics ?? []) encodeMetadataRequestTopic(writer, element, version)
  if (version >= 4) writer.bool(message.allowAutoTopicCreation)
  if (version >= 8 && version <= 10) writer.bool(message.includeClusterAuthorizedOperations)
  if (version >= 8) writer.bool(message.includeTopicAuthorizedOperations)
  writer.tagCount(0)
}

function encodeMetadataRequestTopic(writer: MessageWriter, message: MetadataRequestTopic, version: number): void {
  if (version >= 10) writer.uuid(message.topicId)
  if (version >= 10) writer.nullableString(message.name)
  else writer.string(message.name)
  writer.tagCount(0)
}

// Generated from messages/delete-topics.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 6, flexible from 4. */
export interface DeleteTopicsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly DeleteTopicsResponseTopic[]
}

export interface DeleteTopicsResponseTopic {
  /** May be null in versions 6. */
  readonly name: string | null
  /** Versions 6. */
  readonly topicId: string
  readonly errorCode: number
  /** Versions 5+. */
  readonly errorMessage: string | null
}

export function decodeDeleteTopicsResponse(reader: MessageReader, version: number): DeleteTopicsResponse {
  reader.flexible = version >= 4
  const throttleTimeMs = reader.int32('DeleteTopicsResponse.throttleTimeMs')
  const topicsCount = reader.count('DeleteTopicsResponse.topics', 4)
  const topics: DeleteTopicsResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDeleteTopicsResponseTopic(reader, version))
  reader.skipTags('DeleteTopicsResponse')
  return { throttleTimeMs, topics }
}

function decodeDeleteTopicsResponseTopic(reader: MessageReader, version: number): DeleteTopicsResponseTopic {
  const name =
    version >= 6
      ? reader.nullableString('DeleteTopicsResponse.topics.name')
      : reader.string('DeleteTopicsResponse.topics.name')
  const topicId =
    version >= 6 ? reader.uuid('DeleteTopicsResponse.topics.topicId') : '00000000-0000-0000-0000-000000000000'
  const errorCode = reader.int16('DeleteTopicsResponse.topics.errorCode')
  const errorMessage = version >= 5 ? reader.nullableString('DeleteTopicsResponse.topics.errorMessage') : null
  reader.skipTags('DeleteTopicsResponse.topics')
  return { name, topicId, errorCode, errorMessage }
}

export function encodeDeleteTopicsResponse(
  writer: MessageWriter,
  message: DeleteTopicsResponse,
  version: number,
): void {
  writer.flexible = version >= 4
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeDeleteTopicsResponseTopic(writer, element, version)
  writer.tagCount(0)
}

function encodeDeleteTopicsResponseTopic(
  writer: MessageWriter,
  message: DeleteTopicsResponseTopic,
  version: number,
): void {
  if (version >= 6) writer.nullableString(message.name)
  else writer.string(message.name)
  if (version >= 6) writer.uuid(message.topicId)
  writer.int16(message.errorCode)
  if (version >= 5) writer.nullableString(message.errorMessage)
  writer.tagCount(0)
}

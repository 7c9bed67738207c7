// Generated from messages/delete-topics.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 6, flexible from 4. */
export interface DeleteTopicsRequest {
  /** Versions 6. */
  readonly topics: readonly DeleteTopicsRequestTopic[]
  /** Versions 1-5. */
  readonly topicNames: readonly string[]
  readonly timeoutMs: number
}

export interface DeleteTopicsRequestTopic {
  readonly name: string | null
  readonly topicId: string
}

export function decodeDeleteTopicsRequest(reader: MessageReader, version: number): DeleteTopicsRequest {
  reader.flexible = version >= 4
  const topicsCount = version >= 6 ? reader.count('DeleteTopicsRequest.topics', 18) : 0
  const topics: DeleteTopicsRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDeleteTopicsRequestTopic(reader))
  const topicNamesCount = version <= 5 ? reader.count('DeleteTopicsRequest.topicNames', 1) : 0
  const topicNames: string[] = []
  for (let left = topicNamesCount; left > 0; left--) topicNames.push(reader.string('DeleteTopicsRequest.topicNames'))
  const timeoutMs = reader.int32('DeleteTopicsRequest.timeoutMs')
  reader.skipTags('DeleteTopicsRequest')
  return { topics, topicNames, timeoutMs }
}

function decodeDeleteTopicsRequestTopic(reader: MessageReader): DeleteTopicsRequestTopic {
  const name = reader.nullableString('DeleteTopicsRequest.topics.name')
  const topicId = reader.uuid('DeleteTopicsRequest.topics.topicId')
  reader.skipTags('DeleteTopicsRequest.topics')
  return { name, topicId }
}

export function encodeDeleteTopicsRequest(writer: MessageWriter, message: DeleteTopicsRequest, version: number): void {
  writer.flexible = version >= 4
  if (version >= 6) {
    writer.count(message.topics)
    for (const element of message.topics) encodeDeleteTopicsRequestTopic(writer, element)
  }
  if (version <= 5) {
    writer.count(message.topicNames)
    for (const element of message.topicNames) writer.string(element)
  }
  writer.int32(message.timeoutMs)
  writer.tagCount(0)
}

function encodeDeleteTopicsRequestTopic(writer: MessageWriter, message: DeleteTopicsRequestTopic): void {
  writer.nullableString(message.name)
  writer.uuid(message.topicId)
  writer.tagCount(0)
}

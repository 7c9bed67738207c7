// Generated from messages/create-topics.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 2 to 7, flexible from 5. */
export interface CreateTopicsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly CreateTopicsResponseTopic[]
}

export interface CreateTopicsResponseTopic {
  readonly name: string
  /** Versions 7. */
  readonly topicId: string
  readonly errorCode: number
  readonly errorMessage: string | null
  /** Versions 5+. */
  readonly topicConfigErrorCode: number
  /** Versions 5+. */
  readonly numPartitions: number
  /** Versions 5+. */
  readonly replicationFactor: number
  /** Versions 5+. */
  readonly configs: readonly CreateTopicsResponseTopicConfig[] | null
}

export interface CreateTopicsResponseTopicConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
}

export function decodeCreateTopicsResponse(reader: MessageReader, version: number): CreateTopicsResponse {
  reader.flexible = version >= 5
  const throttleTimeMs = reader.int32('CreateTopicsResponse.throttleTimeMs')
  const topicsCount = reader.count('CreateTopicsResponse.topics', 6)
  const topics: CreateTopicsResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeCreateTopicsResponseTopic(reader, version))
  reader.skipTags('CreateTopicsResponse')
  return { throttleTimeMs, topics }
}

function decodeCreateTopicsResponseTopic(reader: MessageReader, version: number): CreateTopicsResponseTopic {
  const name = reader.string('CreateTopicsResponse.topics.name')
  const topicId =
    version >= 7 ? reader.uuid('CreateTopicsResponse.topics.topicId') : '00000000-0000-0000-0000-000000000000'
  const errorCode = reader.int16('CreateTopicsResponse.topics.errorCode')
  const errorMessage = reader.nullableString('CreateTopicsResponse.topics.errorMessage')
  const numPartitions = version >= 5 ? reader.int32('CreateTopicsResponse.topics.numPartitions') : -1
  const replicationFactor = version >= 5 ? reader.int16('CreateTopicsResponse.topics.replicationFactor') : -1
  const configsCount = version >= 5 ? reader.nullableCount('CreateTopicsResponse.topics.configs', 6) : 0
  const configs: CreateTopicsResponseTopicConfig[] = []
  for (let left = configsCount; left > 0; left--) configs.push(decodeCreateTopicsResponseTopicConfig(reader))
  let topicConfigErrorCode: number = 0
  for (let left = reader.tagCount('CreateTopicsResponse.topics'); left > 0; left--) {
    const tag = reader.tag('CreateTopicsResponse.topics')
    const end = reader.tagEnd('CreateTopicsResponse.topics')
    if (tag === 0) {
      topicConfigErrorCode = reader.int16('CreateTopicsResponse.topics.topicConfigErrorCode')
      reader.expectAt(end, 'CreateTopicsResponse.topics.topicConfigErrorCode')
    } else {
      reader.skipTo(end)
    }
  }
  return {
    name,
    topicId,
    errorCode,
    errorMessage,
    topicConfigErrorCode,
    numPartitions,
    replicationFactor,
    configs: configsCount === -1 ? null : configs,
  }
}

function decodeCreateTopicsResponseTopicConfig(reader: MessageReader): CreateTopicsResponseTopicConfig {
  const name = reader.string('CreateTopicsResponse.topics.configs.name')
  const value = reader.nullableString('CreateTopicsResponse.topics.configs.value')
  const readOnly = reader.bool('CreateTopicsResponse.topics.configs.readOnly')
  const configSource = reader.int8('CreateTopicsResponse.topics.configs.configSource')
  const isSensitive = reader.bool('CreateTopicsResponse.topics.configs.isSensitive')
  reader.skipTags('CreateTopicsResponse.topics.configs')
  return { name, value, readOnly, configSource, isSensitive }
}

export function encodeCreateTopicsResponse(
  writer: MessageWriter,
  message: CreateTopicsResponse,
  version: number,
): void {
  writer.flexible = version >= 5
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeCreateTopicsResponseTopic(writer, element, version)
  writer.tagCount(0)
}

function encodeCreateTopicsResponseTopic(
  writer: MessageWriter,
  message: CreateTopicsResponseTopic,
  version: number,
): void {
  writer.string(message.name)
  if (version >= 7) writer.uuid(message.topicId)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  if (version >= 5) writer.int32(message.numPartitions)
  if (version >= 5) writer.int16(message.replicationFactor)
  if (version >= 5) {
    writer.nullableCount(message.configs)
    for (const element of message.configs ?? []) encodeCreateTopicsResponseTopicConfig(writer, element)
  }
  const hasTopicConfigErrorCode = version >= 5 && message.topicConfigErrorCode !== 0
  writer.tagCount(Number(hasTopicConfigErrorCode))
  if (hasTopicConfigErrorCode) {
    const content = writer.content()
    content.int16(message.topicConfigErrorCode)
    writer.tagged(0, content)
  }
}

function encodeCreateTopicsResponseTopicConfig(writer: MessageWriter, message: CreateTopicsResponseTopicConfig): void {
  writer.string(message.name)
  writer.nullableString(message.value)
  writer.bool(message.readOnly)
  writer.int8(message.configSource)
  writer.bool(message.isSensitive)
  writer.tagCount(0)
}

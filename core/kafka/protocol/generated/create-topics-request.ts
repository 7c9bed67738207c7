// Generated from messages/create-topics.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 2 to 7, flexible from 5. */
export interface CreateTopicsRequest {
  readonly topics: readonly CreateTopicsRequestTopic[]
  readonly timeoutMs: number
  readonly validateOnly: boolean
}

export interface CreateTopicsRequestTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly CreateTopicsRequestTopicAssignment[]
  readonly configs: readonly CreateTopicsRequestTopicConfig[]
}

export interface CreateTopicsRequestTopicAssignment {
  readonly partitionIndex: number
  readonly brokerIds: readonly number[]
}

export interface CreateTopicsRequestTopicConfig {
  readonly name: string
  readonly value: string | null
}

export function decodeCreateTopicsRequest(reader: MessageReader, version: number): CreateTopicsRequest {
  reader.flexible = version >= 5
  const topicsCount = reader.count('CreateTopicsRequest.topics', 10)
  const topics: CreateTopicsRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeCreateTopicsRequestTopic(reader))
  const timeoutMs = reader.int32('CreateTopicsRequest.timeoutMs')
  const validateOnly = reader.bool('CreateTopicsRequest.validateOnly')
  reader.skipTags('CreateTopicsRequest')
  return { topics, timeoutMs, validateOnly }
}

function decodeCreateTopicsRequestTopic(reader: MessageReader): CreateTopicsRequestTopic {
  const name = reader.string('CreateTopicsRequest.topics.name')
  const numPartitions = reader.int32('CreateTopicsRequest.topics.numPartitions')
  const replicationFactor = reader.int16('CreateTopicsRequest.topics.replicationFactor')
  const assignmentsCount = reader.count('CreateTopicsRequest.topics.assignments', 6)
  const assignments: CreateTopicsRequestTopicAssignment[] = []
  for (let left = assignmentsCount; left > 0; left--) assignments.push(decodeCreateTopicsRequestTopicAssignment(reader))
  const configsCount = reader.count('CreateTopicsRequest.topics.configs', 3)
  const configs: CreateTopicsRequestTopicConfig[] = []
  for (let left = configsCount; left > 0; left--) configs.push(decodeCreateTopicsRequestTopicConfig(reader))
  reader.skipTags('CreateTopicsRequest.topics')
  return { name, numPartitions, replicationFactor, assignments, configs }
}

function decodeCreateTopicsRequestTopicAssignment(reader: MessageReader): CreateTopicsRequestTopicAssignment {
  const partitionIndex = reader.int32('CreateTopicsRequest.topics.assignments.partitionIndex')
  const brokerIdsCount = reader.count('CreateTopicsRequest.topics.assignments.brokerIds', 4)
  const brokerIds: number[] = []
  for (let left = brokerIdsCount; left > 0; left--)
    brokerIds.push(reader.int32('CreateTopicsRequest.topics.assignments.brokerIds'))
  reader.skipTags('CreateTopicsRequest.topics.assignments')
  return { partitionIndex, brokerIds }
}

function decodeCreateTopicsRequestTopicConfig(reader: MessageReader): CreateTopicsRequestTopicConfig {
  const name = reader.string('CreateTopicsRequest.topics.configs.name')
  const value = reader.nullableString('CreateTopicsRequest.topics.configs.value')
  reader.skipTags('CreateTopicsRequest.topics.configs')
  return { name, value }
}

export function encodeCreateTopicsRequest(writer: MessageWriter, message: CreateTopicsRequest, version: number): void {
  writer.flexible = version >= 5
  writer.count(message.topics)
  for (const element of message.topics) encodeCreateTopicsRequestTopic(writer, element)
  writer.int32(message.timeoutMs)
  writer.bool(message.validateOnly)
  writer.tagCount(0)
}

function encodeCreateTopicsRequestTopic(writer: MessageWriter, message: CreateTopicsRequestTopic): void {
  writer.string(message.name)
  writer.int32(message.numPartitions)
  writer.int16(message.replicationFactor)
  writer.count(message.assignments)
  for (const element of message.assignments) encodeCreateTopicsRequestTopicAssignment(writer, element)
  writer.count(message.configs)
  for (const element of message.configs) encodeCreateTopicsRequestTopicConfig(writer, element)
  writer.tagCount(0)
}

function encodeCreateTopicsRequestTopicAssignment(
  writer: MessageWriter,
  message: CreateTopicsRequestTopicAssignment,
): void {
  writer.int32(message.partitionIndex)
  writer.count(message.brokerIds)
  for (const element of message.brokerIds) writer.int32(element)
  writer.tagCount(0)
}

function encodeCreateTopicsRequestTopicConfig(writer: MessageWriter, message: CreateTopicsRequestTopicConfig): void {
  writer.string(message.name)
  writer.nullableString(message.value)
  writer.tagCount(0)
}

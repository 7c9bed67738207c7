// Generated from messages/create-partitions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 3, flexible from 2. */
export interface CreatePartitionsRequest {
  readonly topics: readonly CreatePartitionsRequestTopic[]
  readonly timeoutMs: number
  readonly validateOnly: boolean
}

export interface CreatePartitionsRequestTopic {
  readonly name: string
  readonly count: number
  readonly assignments: readonly CreatePartitionsRequestTopicAssignment[] | null
}

export interface CreatePartitionsRequestTopicAssignment {
  readonly brokerIds: readonly number[]
}

export function decodeCreatePartitionsRequest(reader: MessageReader, version: number): CreatePartitionsRequest {
  reader.flexible = version >= 2
  const topicsCount = reader.count('CreatePartitionsRequest.topics', 7)
  const topics: CreatePartitionsRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeCreatePartitionsRequestTopic(reader))
  const timeoutMs = reader.int32('CreatePartitionsRequest.timeoutMs')
  const validateOnly = reader.bool('CreatePartitionsRequest.validateOnly')
  reader.skipTags('CreatePartitionsRequest')
  return { topics, timeoutMs, validateOnly }
}

function decodeCreatePartitionsRequestTopic(reader: MessageReader): CreatePartitionsRequestTopic {
  const name = reader.string('CreatePartitionsRequest.topics.name')
  const count = reader.int32('CreatePartitionsRequest.topics.count')
  const assignmentsCount = reader.nullableCount('CreatePartitionsRequest.topics.assignments', 2)
  const assignments: CreatePartitionsRequestTopicAssignment[] = []
  for (let left = assignmentsCount; left > 0; left--)
    assignments.push(decodeCreatePartitionsRequestTopicAssignment(reader))
  reader.skipTags('CreatePartitionsRequest.topics')
  return { name, count, assignments: assignmentsCount === -1 ? null : assignments }
}

function decodeCreatePartitionsRequestTopicAssignment(reader: MessageReader): CreatePartitionsRequestTopicAssignment {
  const brokerIdsCount = reader.count('CreatePartitionsRequest.topics.assignments.brokerIds', 4)
  const brokerIds: number[] = []
  for (let left = brokerIdsCount; left > 0; left--)
    brokerIds.push(reader.int32('CreatePartitionsRequest.topics.assignments.brokerIds'))
  reader.skipTags('CreatePartitionsRequest.topics.assignments')
  return { brokerIds }
}

export function encodeCreatePartitionsRequest(
  writer: MessageWriter,
  message: CreatePartitionsRequest,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.count(message.topics)
  for (const element of message.topics) encodeCreatePartitionsRequestTopic(writer, element)
  writer.int32(message.timeoutMs)
  writer.bool(message.validateOnly)
  writer.tagCount(0)
}

function encodeCreatePartitionsRequestTopic(writer: MessageWriter, message: CreatePartitionsRequestTopic): void {
  writer.string(message.name)
  writer.int32(message.count)
  writer.nullableCount(message.assignments)
  for (const element of message.assignments ?? []) encodeCreatePartitionsRequestTopicAssignment(writer, element)
  writer.tagCount(0)
}

function encodeCreatePartitionsRequestTopicAssignment(
  writer: MessageWriter,
  message: CreatePartitionsRequestTopicAssignment,
): void {
  writer.count(message.brokerIds)
  for (const element of message.brokerIds) writer.int32(element)
  writer.tagCount(0)
}

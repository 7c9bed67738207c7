// Generated from messages/produce.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 3 to 12, flexible from 9. */
export interface ProduceRequest {
  readonly transactionalId: string | null
  readonly acks: number
  readonly timeoutMs: number
  readonly topics: readonly ProduceRequestTopic[]
}

export interface ProduceRequestTopic {
  readonly name: string
  readonly partitions: readonly ProduceRequestTopicPartition[]
}

export interface ProduceRequestTopicPartition {
  readonly index: number
  readonly records: Buffer | null
}

export function decodeProduceRequest(reader: MessageReader, version: number): ProduceRequest {
  reader.flexible = version >= 9
  const transactionalId = reader.nullableString('ProduceRequest.transactionalId')
  const acks = reader.int16('ProduceRequest.acks')
  const timeoutMs = reader.int32('ProduceRequest.timeoutMs')
  const topicsCount = reader.count('ProduceRequest.topics', 3)
  const topics: ProduceRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeProduceRequestTopic(reader))
  reader.skipTags('ProduceRequest')
  return { transactionalId, acks, timeoutMs, topics }
}

function decodeProduceRequestTopic(reader: MessageReader): ProduceRequestTopic {
  const name = reader.string('ProduceRequest.topics.name')
  const partitionsCount = reader.count('ProduceRequest.topics.partitions', 6)
  const partitions: ProduceRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeProduceRequestTopicPartition(reader))
  reader.skipTags('ProduceRequest.topics')
  return { name, partitions }
}

function decodeProduceRequestTopicPartition(reader: MessageReader): ProduceRequestTopicPartition {
  const index = reader.int32('ProduceRequest.topics.partitions.index')
  const records = reader.nullableBytes('ProduceRequest.topics.partitions.records')
  reader.skipTags('ProduceRequest.topics.partitions')
  return { index, records }
}

export function encodeProduceRequest(writer: MessageWriter, message: ProduceRequest, version: number): void {
  writer.flexible = version >= 9
  writer.nullableString(message.transactionalId)
  writer.int16(message.acks)
  writer.int32(message.timeoutMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeProduceRequestTopic(writer, element)
  writer.tagCount(0)
}

function encodeProduceRequestTopic(writer: MessageWriter, message: ProduceRequestTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeProduceRequestTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeProduceRequestTopicPartition(writer: MessageWriter, message: ProduceRequestTopicPartition): void {
  writer.int32(message.index)
  writer.nullableRecords(message.records)
  writer.tagCount(0)
}

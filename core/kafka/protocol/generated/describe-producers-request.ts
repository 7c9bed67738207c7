// Generated from messages/describe-producers.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeProducersRequest {
  readonly topics: readonly DescribeProducersRequestTopic[]
}

export interface DescribeProducersRequestTopic {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

export function decodeDescribeProducersRequest(reader: MessageReader, _version: number): DescribeProducersRequest {
  reader.flexible = true
  const topicsCount = reader.count('DescribeProducersRequest.topics', 3)
  const topics: DescribeProducersRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDescribeProducersRequestTopic(reader))
  reader.skipTags('DescribeProducersRequest')
  return { topics }
}

function decodeDescribeProducersRequestTopic(reader: MessageReader): DescribeProducersRequestTopic {
  const name = reader.string('DescribeProducersRequest.topics.name')
  const partitionIndexesCount = reader.count('DescribeProducersRequest.topics.partitionIndexes', 4)
  const partitionIndexes: number[] = []
  for (let left = partitionIndexesCount; left > 0; left--)
    partitionIndexes.push(reader.int32('DescribeProducersRequest.topics.partitionIndexes'))
  reader.skipTags('DescribeProducersRequest.topics')
  return { name, partitionIndexes }
}

export function encodeDescribeProducersRequest(
  writer: MessageWriter,
  message: DescribeProducersRequest,
  _version: number,
): void {
  writer.flexible = true
  writer.count(message.topics)
  for (const element of message.topics) encodeDescribeProducersRequestTopic(writer, element)
  writer.tagCount(0)
}

function encodeDescribeProducersRequestTopic(writer: MessageWriter, message: DescribeProducersRequestTopic): void {
  writer.string(message.name)
  writer.count(message.partitionIndexes)
  for (const element of message.partitionIndexes) writer.int32(element)
  writer.tagCount(0)
}

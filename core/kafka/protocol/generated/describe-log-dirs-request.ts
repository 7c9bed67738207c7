// Generated from messages/describe-log-dirs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 4, flexible from 2. */
export interface DescribeLogDirsRequest {
  readonly topics: readonly DescribeLogDirsRequestTopic[] | null
}

export interface DescribeLogDirsRequestTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function decodeDescribeLogDirsRequest(reader: MessageReader, version: number): DescribeLogDirsRequest {
  reader.flexible = version >= 2
  const topicsCount = reader.nullableCount('DescribeLogDirsRequest.topics', 3)
  const topics: DescribeLogDirsRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDescribeLogDirsRequestTopic(reader))
  reader.skipTags('DescribeLogDirsRequest')
  return { topics: topicsCount === -1 ? null : topics }
}

function decodeDescribeLogDirsRequestTopic(reader: MessageReader): DescribeLogDirsRequestTopic {
  const topic = reader.string('DescribeLogDirsRequest.topics.topic')
  const partitionsCount = reader.count('DescribeLogDirsRequest.topics.partitions', 4)
  const partitions: number[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(reader.int32('DescribeLogDirsRequest.topics.partitions'))
  reader.skipTags('DescribeLogDirsRequest.topics')
  return { topic, partitions }
}

export function encodeDescribeLogDirsRequest(
  writer: MessageWriter,
  message: DescribeLogDirsRequest,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.nullableCount(message.topics)
  for (const element of message.topics ?? []) encodeDescribeLogDirsRequestTopic(writer, element)
  writer.tagCount(0)
}

function encodeDescribeLogDirsRequestTopic(writer: MessageWriter, message: DescribeLogDirsRequestTopic): void {
  writer.string(message.topic)
  writer.count(message.partitions)
  for (const element of message.partitions) writer.int32(element)
  writer.tagCount(0)
}

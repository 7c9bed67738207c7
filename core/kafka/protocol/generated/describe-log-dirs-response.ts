// Generated from messages/describe-log-dirs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 4, flexible from 2. */
export interface DescribeLogDirsResponse {
  readonly throttleTimeMs: number
  /** Versions 3+. */
  readonly errorCode: number
  readonly results: readonly DescribeLogDirsResponseResult[]
}

export interface DescribeLogDirsResponseResult {
  readonly errorCode: number
  readonly logDir: string
  readonly topics: readonly DescribeLogDirsResponseResultTopic[]
  /** Versions 4. */
  readonly totalBytes: number
  /** Versions 4. */
  readonly usableBytes: number
}

export interface DescribeLogDirsResponseResultTopic {
  readonly name: string
  readonly partitions: readonly DescribeLogDirsResponseResultTopicPartition[]
}

export interface DescribeLogDirsResponseResultTopicPartition {
  readonly partitionIndex: number
  readonly partitionSize: number
  readonly offsetLag: number
  readonly isFutureKey: boolean
}

export function decodeDescribeLogDirsResponse(reader: MessageReader, version: number): DescribeLogDirsResponse {
  reader.flexible = version >= 2
  const throttleTimeMs = reader.int32('DescribeLogDirsResponse.throttleTimeMs')
  const errorCode = version >= 3 ? reader.int16('DescribeLogDirsResponse.errorCode') : 0
  const resultsCount = reader.count('DescribeLogDirsResponse.results', 5)
  const results: DescribeLogDirsResponseResult[] = []
  for (let left = resultsCount; left > 0; left--) results.push(decodeDescribeLogDirsResponseResult(reader, version))
  reader.skipTags('DescribeLogDirsResponse')
  return { throttleTimeMs, errorCode, results }
}

function decodeDescribeLogDirsResponseResult(reader: MessageReader, version: number): DescribeLogDirsResponseResult {
  const errorCode = reader.int16('DescribeLogDirsResponse.results.errorCode')
  const logDir = reader.string('DescribeLogDirsResponse.results.logDir')
  const topicsCount = reader.count('DescribeLogDirsResponse.results.topics', 3)
  const topics: DescribeLogDirsResponseResultTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDescribeLogDirsResponseResultTopic(reader))
  const totalBytes = version >= 4 ? reader.int64('DescribeLogDirsResponse.results.totalBytes') : -1
  const usableBytes = version >= 4 ? reader.int64('DescribeLogDirsResponse.results.usableBytes') : -1
  reader.skipTags('DescribeLogDirsResponse.results')
  return { errorCode, logDir, topics, totalBytes, usableBytes }
}

function decodeDescribeLogDirsResponseResultTopic(reader: MessageReader): DescribeLogDirsResponseResultTopic {
  const name = reader.string('DescribeLogDirsResponse.results.topics.name')
  const partitionsCount = reader.count('DescribeLogDirsResponse.results.topics.partitions', 21)
  const partitions: DescribeLogDirsResponseResultTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeDescribeLogDirsResponseResultTopicPartition(reader))
  reader.skipTags('DescribeLogDirsResponse.results.topics')
  return { name, partitions }
}

function decodeDescribeLogDirsResponseResultTopicPartition(
  reader: MessageReader,
): DescribeLogDirsResponseResultTopicPartition {
  const partitionIndex = reader.int32('DescribeLogDirsResponse.results.topics.partitions.partitionIndex')
  const partitionSize = reader.int64('DescribeLogDirsResponse.results.topics.partitions.partitionSize')
  const offsetLag = reader.int64('DescribeLogDirsResponse.results.topics.partitions.offsetLag')
  const isFutureKey = reader.bool('DescribeLogDirsResponse.results.topics.partitions.isFutureKey')
  reader.skipTags('DescribeLogDirsResponse.results.topics.partitions')
  return { partitionIndex, partitionSize, offsetLag, isFutureKey }
}

export function encodeDescribeLogDirsResponse(
  writer: MessageWriter,
  message: DescribeLogDirsResponse,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.int32(message.throttleTimeMs)
  if (version >= 3) writer.int16(message.errorCode)
  writer.count(message.results)
  for (const element of message.results) encodeDescribeLogDirsResponseResult(writer, element, version)
  writer.tagCount(0)
}

function encodeDescribeLogDirsResponseResult(
  writer: MessageWriter,
  message: DescribeLogDirsResponseResult,
  version: number,
): void {
  writer.int16(message.errorCode)
  writer.string(message.logDir)
  writer.count(message.topics)
  for (const element of message.topics) encodeDescribeLogDirsResponseResultTopic(writer, element)
  if (version >= 4) writer.int64(message.totalBytes)
  if (version >= 4) writer.int64(message.usableBytes)
  writer.tagCount(0)
}

function encodeDescribeLogDirsResponseResultTopic(
  writer: MessageWriter,
  message: DescribeLogDirsResponseResultTopic,
): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeDescribeLogDirsResponseResultTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeDescribeLogDirsResponseResultTopicPartition(
  writer: MessageWriter,
  message: DescribeLogDirsResponseResultTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int64(message.partitionSize)
  writer.int64(message.offsetLag)
  writer.bool(message.isFutureKey)
  writer.tagCount(0)
}

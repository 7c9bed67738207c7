// Generated from messages/produce.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 3 to 12, flexible from 9. */
export interface ProduceResponse {
  readonly topics: readonly ProduceResponseTopic[]
  readonly throttleTimeMs: number
  /** Versions 10+. */
  readonly nodeEndpoints: readonly ProduceResponseNodeEndpoint[]
}

export interface ProduceResponseTopic {
  readonly name: string
  readonly partitions: readonly ProduceResponseTopicPartition[]
}

export interface ProduceResponseTopicPartition {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: number
  readonly logAppendTimeMs: number
  /** Versions 5+. */
  readonly logStartOffset: number
  /** Versions 8+. */
  readonly recordErrors: readonly ProduceResponseTopicPartitionRecordError[]
  /** Versions 8+. */
  readonly errorMessage: string | null
  /** Versions 10+. */
  readonly currentLeader: ProduceResponseTopicPartitionCurrentLeader | null
}

export interface ProduceResponseTopicPartitionRecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string | null
}

export interface ProduceResponseTopicPartitionCurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface ProduceResponseNodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export function decodeProduceResponse(reader: MessageReader, version: number): ProduceResponse {
  reader.flexible = version >= 9
  const topicsCount = reader.count('ProduceResponse.topics', 3)
  const topics: ProduceResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeProduceResponseTopic(reader, version))
  const throttleTimeMs = reader.int32('ProduceResponse.throttleTimeMs')
  let nodeEndpoints: ProduceResponseNodeEndpoint[] = []
  for (let left = reader.tagCount('ProduceResponse'); left > 0; left--) {
    const tag = reader.tag('ProduceResponse')
    const end = reader.tagEnd('ProduceResponse')
    if (tag === 0 && version >= 10) {
      nodeEndpoints = []
      for (let more = reader.count('ProduceResponse.nodeEndpoints', 11); more > 0; more--) {
        nodeEndpoints.push(decodeProduceResponseNodeEndpoint(reader))
      }
      reader.expectAt(end, 'ProduceResponse.nodeEndpoints')
    } else {
      reader.skipTo(end)
    }
  }
  return { topics, throttleTimeMs, nodeEndpoints }
}

function decodeProduceResponseTopic(reader: MessageReader, version: number): ProduceResponseTopic {
  const name = reader.string('ProduceResponse.topics.name')
  const partitionsCount = reader.count('ProduceResponse.topics.partitions', 22)
  const partitions: ProduceResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeProduceResponseTopicPartition(reader, version))
  reader.skipTags('ProduceResponse.topics')
  return { name, partitions }
}

function decodeProduceResponseTopicPartition(reader: MessageReader, version: number): ProduceResponseTopicPartition {
  const index = reader.int32('ProduceResponse.topics.partitions.index')
  const errorCode = reader.int16('ProduceResponse.topics.partitions.errorCode')
  const baseOffset = reader.int64('ProduceResponse.topics.partitions.baseOffset')
  const logAppendTimeMs = reader.int64('ProduceResponse.topics.partitions.logAppendTimeMs')
  const logStartOffset = version >= 5 ? reader.int64('ProduceResponse.topics.partitions.logStartOffset') : -1
  const recordErrorsCount = version >= 8 ? reader.count('ProduceResponse.topics.partitions.recordErrors', 6) : 0
  const recordErrors: ProduceResponseTopicPartitionRecordError[] = []
  for (let left = recordErrorsCount; left > 0; left--)
    recordErrors.push(decodeProduceResponseTopicPartitionRecordError(reader))
  const errorMessage = version >= 8 ? reader.nullableString('ProduceResponse.topics.partitions.errorMessage') : null
  let currentLeader: ProduceResponseTopicPartitionCurrentLeader | null = null
  for (let left = reader.tagCount('ProduceResponse.topics.partitions'); left > 0; left--) {
    const tag = reader.tag('ProduceResponse.topics.partitions')
    const end = reader.tagEnd('ProduceResponse.topics.partitions')
    if (tag === 0 && version >= 10) {
      currentLeader = decodeProduceResponseTopicPartitionCurrentLeader(reader)
      reader.expectAt(end, 'ProduceResponse.topics.partitions.currentLeader')
    } else {
      reader.skipTo(end)
    }
  }
  return { index, errorCode, baseOffset, logAppendTimeMs, logStartOffset, recordErrors, errorMessage, currentLeader }
}

function decodeProduceResponseTopicPartitionRecordError(
  reader: MessageReader,
): ProduceResponseTopicPartitionRecordError {
  const batchIndex = reader.int32('ProduceResponse.topics.partitions.recordErrors.batchIndex')
  const batchIndexErrorMessage = reader.nullableString(
    'ProduceResponse.topics.partitions.recordErrors.batchIndexErrorMessage',
  )
  reader.skipTags('ProduceResponse.topics.partitions.recordErrors')
  return { batchIndex, batchIndexErrorMessage }
}

function decodeProduceResponseTopicPartitionCurrentLeader(
  reader: MessageReader,
): ProduceResponseTopicPartitionCurrentLeader {
  const leaderId = reader.int32('ProduceResponse.topics.partitions.currentLeader.leaderId')
  const leaderEpoch = reader.int32('ProduceResponse.topics.partitions.currentLeader.leaderEpoch')
  reader.skipTags('ProduceResponse.topics.partitions.currentLeader')
  return { leaderId, leaderEpoch }
}

function decodeProduceResponseNodeEndpoint(reader: MessageReader): ProduceResponseNodeEndpoint {
  const nodeId = reader.int32('ProduceResponse.nodeEndpoints.nodeId')
  const host = reader.string('ProduceResponse.nodeEndpoints.host')
  const port = reader.int32('ProduceResponse.nodeEndpoints.port')
  const rack = reader.nullableString('ProduceResponse.nodeEndpoints.rack')
  reader.skipTags('ProduceResponse.nodeEndpoints')
  return { nodeId, host, port, rack }
}

export function encodeProduceResponse(writer: MessageWriter, message: ProduceResponse, version: number): void {
  writer.flexible = version >= 9
  writer.count(message.topics)
  for (const element of message.topics) encodeProduceResponseTopic(writer, element, version)
  writer.int32(message.throttleTimeMs)
  const hasNodeEndpoints = version >= 10 && message.nodeEndpoints.length > 0
  writer.tagCount(Number(hasNodeEndpoints))
  if (hasNodeEndpoints) {
    const content = writer.content()
    content.count(message.nodeEndpoints)
    for (const element of message.nodeEndpoints) encodeProduceResponseNodeEndpoint(content, element)
    writer.tagged(0, content)
  }
}

function encodeProduceResponseTopic(writer: MessageWriter, message: ProduceResponseTopic, version: number): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeProduceResponseTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeProduceResponseTopicPartition(
  writer: MessageWriter,
  message: ProduceResponseTopicPartition,
  version: number,
): void {
  writer.int32(message.index)
  writer.int16(message.errorCode)
  writer.int64(message.baseOffset)
  writer.int64(message.logAppendTimeMs)
  if (version >= 5) writer.int64(message.logStartOffset)
  if (version >= 8) {
    writer.count(message.recordErrors)
    for (const element of message.recordErrors) encodeProduceResponseTopicPartitionRecordError(writer, element)
  }
  if (version >= 8) writer.nullableString(message.errorMessage)
  const hasCurrentLeader = version >= 10 && message.currentLeader !== null
  writer.tagCount(Number(hasCurrentLeader))
  if (hasCurrentLeader) {
    const content = writer.content()
    encodeProduceResponseTopicPartitionCurrentLeader(content, message.currentLeader)
    writer.tagged(0, content)
  }
}

function encodeProduceResponseTopicPartitionRecordError(
  writer: MessageWriter,
  message: ProduceResponseTopicPartitionRecordError,
): void {
  writer.int32(message.batchIndex)
  writer.nullableString(message.batchIndexErrorMessage)
  writer.tagCount(0)
}

function encodeProduceResponseTopicPartitionCurrentLeader(
  writer: MessageWriter,
  message: ProduceResponseTopicPartitionCurrentLeader,
): void {
  writer.int32(message.leaderId)
  writer.int32(message.leaderEpoch)
  writer.tagCount(0)
}

function encodeProduceResponseNodeEndpoint(writer: MessageWriter, message: ProduceResponseNodeEndpoint): void {
  writer.int32(message.nodeId)
  writer.string(message.host)
  writer.int32(message.port)
  writer.nullableString(message.rack)
  writer.tagCount(0)
}

// Generated from messages/describe-producers.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeProducersResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly DescribeProducersResponseTopic[]
}

export interface DescribeProducersResponseTopic {
  readonly name: string
  readonly partitions: readonly DescribeProducersResponseTopicPartition[]
}

export interface DescribeProducersResponseTopicPartition {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly activeProducers: readonly DescribeProducersResponseTopicPartitionActiveProducer[]
}

export interface DescribeProducersResponseTopicPartitionActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnStartOffset: number
}

export function decodeDescribeProducersResponse(reader: MessageReader, _version: number): DescribeProducersResponse {
  reader.flexible = true
  const throttleTimeMs = reader.int32('DescribeProducersResponse.throttleTimeMs')
  const topicsCount = reader.count('DescribeProducersResponse.topics', 3)
  const topics: DescribeProducersResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDescribeProducersResponseTopic(reader))
  reader.skipTags('DescribeProducersResponse')
  return { throttleTimeMs, topics }
}

function decodeDescribeProducersResponseTopic(reader: MessageReader): DescribeProducersResponseTopic {
  const name = reader.string('DescribeProducersResponse.topics.name')
  const partitionsCount = reader.count('DescribeProducersResponse.topics.partitions', 9)
  const partitions: DescribeProducersResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeDescribeProducersResponseTopicPartition(reader))
  reader.skipTags('DescribeProducersResponse.topics')
  return { name, partitions }
}

function decodeDescribeProducersResponseTopicPartition(reader: MessageReader): DescribeProducersResponseTopicPartition {
  const partitionIndex = reader.int32('DescribeProducersResponse.topics.partitions.partitionIndex')
  const errorCode = reader.int16('DescribeProducersResponse.topics.partitions.errorCode')
  const errorMessage = reader.nullableString('DescribeProducersResponse.topics.partitions.errorMessage')
  const activeProducersCount = reader.count('DescribeProducersResponse.topics.partitions.activeProducers', 37)
  const activeProducers: DescribeProducersResponseTopicPartitionActiveProducer[] = []
  for (let left = activeProducersCount; left > 0; left--)
    activeProducers.push(decodeDescribeProducersResponseTopicPartitionActiveProducer(reader))
  reader.skipTags('DescribeProducersResponse.topics.partitions')
  return { partitionIndex, errorCode, errorMessage, activeProducers }
}

function decodeDescribeProducersResponseTopicPartitionActiveProducer(
  reader: MessageReader,
): DescribeProducersResponseTopicPartitionActiveProducer {
  const producerId = reader.int64('DescribeProducersResponse.topics.partitions.activeProducers.producerId')
  const producerEpoch = reader.int32('DescribeProducersResponse.topics.partitions.activeProducers.producerEpoch')
  const lastSequence = reader.int32('DescribeProducersResponse.topics.partitions.activeProducers.lastSequence')
  const lastTimestamp = reader.int64('DescribeProducersResponse.topics.partitions.activeProducers.lastTimestamp')
  const coordinatorEpoch = reader.int32('DescribeProducersResponse.topics.partitions.activeProducers.coordinatorEpoch')
  const currentTxnStartOffset = reader.int64(
    'DescribeProducersResponse.topics.partitions.activeProducers.currentTxnStartOffset',
  )
  reader.skipTags('DescribeProducersResponse.topics.partitions.activeProducers')
  return { producerId, producerEpoch, lastSequence, lastTimestamp, coordinatorEpoch, currentTxnStartOffset }
}

export function encodeDescribeProducersResponse(
  writer: MessageWriter,
  message: DescribeProducersResponse,
  _version: number,
): void {
  writer.flexible = true
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeDescribeProducersResponseTopic(writer, element)
  writer.tagCount(0)
}

function encodeDescribeProducersResponseTopic(writer: MessageWriter, message: DescribeProducersResponseTopic): void {
  writer.string(message.name)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeDescribeProducersResponseTopicPartition(writer, element)
  writer.tagCount(0)
}

function encodeDescribeProducersResponseTopicPartition(
  writer: MessageWriter,
  message: DescribeProducersResponseTopicPartition,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.count(message.activeProducers)
  for (const element of message.activeProducers)
    encodeDescribeProducersResponseTopicPartitionActiveProducer(writer, element)
  writer.tagCount(0)
}

function encodeDescribeProducersResponseTopicPartitionActiveProducer(
  writer: MessageWriter,
  message: DescribeProducersResponseTopicPartitionActiveProducer,
): void {
  writer.int64(message.producerId)
  writer.int32(message.producerEpoch)
  writer.int32(message.lastSequence)
  writer.int64(message.lastTimestamp)
  writer.int32(message.coordinatorEpoch)
  writer.int64(message.currentTxnStartOffset)
  writer.tagCount(0)
}

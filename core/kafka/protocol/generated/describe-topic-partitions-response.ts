// Generated from messages/describe-topic-partitions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTopicPartitionsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly DescribeTopicPartitionsResponseTopic[]
  readonly nextCursor: DescribeTopicPartitionsResponseNextCursor | null
}

export interface DescribeTopicPartitionsResponseTopic {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly DescribeTopicPartitionsResponseTopicPartition[]
  readonly topicAuthorizedOperations: number
}

export interface DescribeTopicPartitionsResponseTopicPartition {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
  readonly offlineReplicas: readonly number[]
}

export interface DescribeTopicPartitionsResponseNextCursor {
  readonly topicName: string
  readonly partitionIndex: number
}

export function decodeDescribeTopicPartitionsResponse(
  reader: MessageReader,
  _version: number,
): DescribeTopicPartitionsResponse {
  reader.flexible = true
  const throttleTimeMs = reader.int32('DescribeTopicPartitionsResponse.throttleTimeMs')
  const topicsCount = reader.count('DescribeTopicPartitionsResponse.topics', 26)
  const topics: DescribeTopicPartitionsResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeDescribeTopicPartitionsResponseTopic(reader))
  const nextCursor = reader.isPresent('DescribeTopicPartitionsResponse.nextCursor')
    ? decodeDescribeTopicPartitionsResponseNextCursor(reader)
    : null
  reader.skipTags('DescribeTopicPartitionsResponse')
  return { throttleTimeMs, topics, nextCursor }
}

function decodeDescribeTopicPartitionsResponseTopic(reader: MessageReader): DescribeTopicPartitionsResponseTopic {
  const errorCode = reader.int16('DescribeTopicPartitionsResponse.topics.errorCode')
  const name = reader.nullableString('DescribeTopicPartitionsResponse.topics.name')
  const topicId = reader.uuid('DescribeTopicPartitionsResponse.topics.topicId')
  const isInternal = reader.bool('DescribeTopicPartitionsResponse.topics.isInternal')
  const partitionsCount = reader.count('DescribeTopicPartitionsResponse.topics.partitions', 20)
  const partitions: DescribeTopicPartitionsResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeDescribeTopicPartitionsResponseTopicPartition(reader))
  const topicAuthorizedOperations = reader.int32('DescribeTopicPartitionsResponse.topics.topicAuthorizedOperations')
  reader.skipTags('DescribeTopicPartitionsResponse.topics')
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations }
}

function decodeDescribeTopicPartitionsResponseTopicPartition(
  reader: MessageReader,
): DescribeTopicPartitionsResponseTopicPartition {
  const errorCode = reader.int16('DescribeTopicPartitionsResponse.topics.partitions.errorCode')
  const partitionIndex = reader.int32('DescribeTopicPartitionsResponse.topics.partitions.partitionIndex')
  const leaderId = reader.int32('DescribeTopicPartitionsResponse.topics.partitions.leaderId')
  const leaderEpoch = reader.int32('DescribeTopicPartitionsResponse.topics.partitions.leaderEpoch')
  const replicaNodesCount = reader.count('DescribeTopicPartitionsResponse.topics.partitions.replicaNodes', 4)
  const replicaNodes: number[] = []
  for (let left = replicaNodesCount; left > 0; left--)
    replicaNodes.push(reader.int32('DescribeTopicPartitionsResponse.topics.partitions.replicaNodes'))
  const isrNodesCount = reader.count('DescribeTopicPartitionsResponse.topics.partitions.isrNodes', 4)
  const isrNodes: number[] = []
  for (let left = isrNodesCount; left > 0; left--)
    isrNodes.push(reader.int32('DescribeTopicPartitionsResponse.topics.partitions.isrNodes'))
  const eligibleLeaderReplicasCount = reader.nullableCount(
    'DescribeTopicPartitionsResponse.topics.partitions.eligibleLeaderReplicas',
    4,
  )
  const eligibleLeaderReplicas: number[] = []
  for (let left = eligibleLeaderReplicasCount; left > 0; left--)
    eligibleLeaderReplicas.push(
      reader.int32('DescribeTopicPartitionsResponse.topics.partitions.eligibleLeaderReplicas'),
    )
  const lastKnownElrCount = reader.nullableCount('DescribeTopicPartitionsResponse.topics.partitions.lastKnownElr', 4)
  const lastKnownElr: number[] = []
  for (let left = lastKnownElrCount; left > 0; left--)
    lastKnownElr.push(reader.int32('DescribeTopicPartitionsResponse.topics.partitions.lastKnownElr'))
  const offlineReplicasCount = reader.count('DescribeTopicPartitionsResponse.topics.partitions.offlineReplicas', 4)
  const offlineReplicas: number[] = []
  for (let left = offlineReplicasCount; left > 0; left--)
    offlineReplicas.push(reader.int32('DescribeTopicPartitionsResponse.topics.partitions.offlineReplicas'))
  reader.skipTags('DescribeTopicPartitionsResponse.topics.partitions')
  return {
    errorCode,
    partitionIndex,
    leaderId,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    eligibleLeaderReplicas: eligibleLeaderReplicasCount === -1 ? null : eligibleLeaderReplicas,
    lastKnownElr: lastKnownElrCount === -1 ? null : lastKnownElr,
    offlineReplicas,
  }
}

function decodeDescribeTopicPartitionsResponseNextCursor(
  reader: MessageReader,
): DescribeTopicPartitionsResponseNextCursor {
  const topicName = reader.string('DescribeTopicPartitionsResponse.nextCursor.topicName')
  const partitionIndex = reader.int32('DescribeTopicPartitionsResponse.nextCursor.partitionIndex')
  reader.skipTags('DescribeTopicPartitionsResponse.nextCursor')
  return { topicName, partitionIndex }
}

export function encodeDescribeTopicPartitionsResponse(
  writer: MessageWriter,
  message: DescribeTopicPartitionsResponse,
  _version: number,
): void {
  writer.flexible = true
  writer.int32(message.throttleTimeMs)
  writer.count(message.topics)
  for (const element of message.topics) encodeDescribeTopicPartitionsResponseTopic(writer, element)
  writer.isPresent(message.nextCursor !== null)
  if (message.nextCursor !== null) encodeDescribeTopicPartitionsResponseNextCursor(writer, message.nextCursor)
  writer.tagCount(0)
}

function encodeDescribeTopicPartitionsResponseTopic(
  writer: MessageWriter,
  message: DescribeTopicPartitionsResponseTopic,
): void {
  writer.int16(message.errorCode)
  writer.nullableString(message.name)
  writer.uuid(message.topicId)
  writer.bool(message.isInternal)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeDescribeTopicPartitionsResponseTopicPartition(writer, element)
  writer.int32(message.topicAuthorizedOperations)
  writer.tagCount(0)
}

function encodeDescribeTopicPartitionsResponseTopicPartition(
  writer: MessageWriter,
  message: DescribeTopicPartitionsResponseTopicPartition,
): void {
  writer.int16(message.errorCode)
  writer.int32(message.partitionIndex)
  writer.int32(message.leaderId)
  writer.int32(message.leaderEpoch)
  writer.count(message.replicaNodes)
  for (const element of message.replicaNodes) writer.int32(element)
  writer.count(message.isrNodes)
  for (const element of message.isrNodes) writer.int32(element)
  writer.nullableCount(message.eligibleLeaderReplicas)
  for (const element of message.eligibleLeaderReplicas ?? []) writer.int32(element)
  writer.nullableCount(message.lastKnownElr)
  for (const element of message.lastKnownElr ?? []) writer.int32(element)
  writer.count(message.offlineReplicas)
  for (const element of message.offlineReplicas) writer.int32(element)
  writer.tagCount(0)
}

function encodeDescribeTopicPartitionsResponseNextCursor(
  writer: MessageWriter,
  message: DescribeTopicPartitionsResponseNextCursor,
): void {
  writer.string(message.topicName)
  writer.int32(message.partitionIndex)
  writer.tagCount(0)
}

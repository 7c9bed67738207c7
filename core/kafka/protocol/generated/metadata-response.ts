// Generated from messages/metadata.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 13, flexible from 9. */
export interface MetadataResponse {
  /** Versions 3+. */
  readonly throttleTimeMs: number
  readonly brokers: readonly MetadataResponseBroker[]
  /** Versions 2+. */
  readonly clusterId: string | null
  /** Versions 1+. */
  readonly controllerId: number
  readonly topics: readonly MetadataResponseTopic[]
  /** Versions 8-10. */
  readonly clusterAuthorizedOperations: number
  /** Versions 13. */
  readonly errorCode: number
}

export interface MetadataResponseBroker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  /** Versions 1+. */
  readonly rack: string | null
}

export interface MetadataResponseTopic {
  readonly errorCode: number
  /** May be null in versions 12+. */
  readonly name: string | null
  /** Versions 10+. */
  readonly topicId: string
  /** Versions 1+. */
  readonly isInternal: boolean
  readonly partitions: readonly MetadataResponseTopicPartition[]
  /** Versions 8+. */
  readonly topicAuthorizedOperations: number
}

export interface MetadataResponseTopicPartition {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  /** Versions 7+. */
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  /** Versions 5+. */
  readonly offlineReplicas: readonly number[]
}

export function decodeMetadataResponse(reader: MessageReader, version: number): MetadataResponse {
  reader.flexible = version >= 9
  const throttleTimeMs = version >= 3 ? reader.int32('MetadataResponse.throttleTimeMs') : 0
  const brokersCount = reader.count('MetadataResponse.brokers', 10)
  const brokers: MetadataResponseBroker[] = []
  for (let left = brokersCount; left > 0; left--) brokers.push(decodeMetadataResponseBroker(reader, version))
  const clusterId = version >= 2 ? reader.nullableString('MetadataResponse.clusterId') : null
  const controllerId = version >= 1 ? reader.int32('MetadataResponse.controllerId') : -1
  const topicsCount = reader.count('MetadataResponse.topics', 8)
  const topics: MetadataResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeMetadataResponseTopic(reader, version))
  const clusterAuthorizedOperations =
    version >= 8 && version <= 10 ? reader.int32('MetadataResponse.clusterAuthorizedOperations') : -2147483648
  const errorCode = version >= 13 ? reader.int16('MetadataResponse.errorCode') : 0
  reader.skipTags('MetadataResponse')
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations, errorCode }
}

function decodeMetadataResponseBroker(reader: MessageReader, version: number): MetadataResponseBroker {
  const nodeId = reader.int32('MetadataResponse.brokers.nodeId')
  const host = reader.string('MetadataResponse.brokers.host')
  const port = reader.int32('MetadataResponse.brokers.port')
  const rack = version >= 1 ? reader.nullableString('MetadataResponse.brokers.rack') : null
  reader.skipTags('MetadataResponse.brokers')
  return { nodeId, host, port, rack }
}

function decodeMetadataResponseTopic(reader: MessageReader, version: number): MetadataResponseTopic {
  const errorCode = reader.int16('MetadataResponse.topics.errorCode')
  const name =
    version >= 12
      ? reader.nullableString('MetadataResponse.topics.name')
      : reader.string('MetadataResponse.topics.name')
  const topicId =
    version >= 10 ? reader.uuid('MetadataResponse.topics.topicId') : '00000000-0000-0000-0000-000000000000'
  const isInternal = version >= 1 ? reader.bool('MetadataResponse.topics.isInternal') : false
  const partitionsCount = reader.count('MetadataResponse.topics.partitions', 18)
  const partitions: MetadataResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(decodeMetadataResponseTopicPartition(reader, version))
  const topicAuthorizedOperations =
    version >= 8 ? reader.int32('MetadataResponse.topics.topicAuthorizedOperations') : -2147483648
  reader.skipTags('MetadataResponse.topics')
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations }
}

function decodeMetadataResponseTopicPartition(reader: MessageReader, version: number): MetadataResponseTopicPartition {
  const errorCode = reader.int16('MetadataResponse.topics.partitions.errorCode')
  const partitionIndex = reader.int32('MetadataResponse.topics.partitions.partitionIndex')
  const leaderId = reader.int32('MetadataResponse.topics.partitions.leaderId')
  const leaderEpoch = version >= 7 ? reader.int32('MetadataResponse.topics.partitions.leaderEpoch') : -1
  const replicaNodesCount = reader.count('MetadataResponse.topics.partitions.replicaNodes', 4)
  const replicaNodes: number[] = []
  for (let left = replicaNodesCount; left > 0; left--)
    replicaNodes.push(reader.int32('MetadataResponse.topics.partitions.replicaNodes'))
  const isrNodesCount = reader.count('MetadataResponse.topics.partitions.isrNodes', 4)
  const isrNodes: number[] = []
  for (let left = isrNodesCount; left > 0; left--)
    isrNodes.push(reader.int32('MetadataResponse.topics.partitions.isrNodes'))
  const offlineReplicasCount = version >= 5 ? reader.count('MetadataResponse.topics.partitions.offlineReplicas', 4) : 0
  const offlineReplicas: number[] = []
  for (let left = offlineReplicasCount; left > 0; left--)
    offlineReplicas.push(reader.int32('MetadataResponse.topics.partitions.offlineReplicas'))
  reader.skipTags('MetadataResponse.topics.partitions')
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }
}

export function encodeMetadataResponse(writer: MessageWriter, message: MetadataResponse, version: number): void {
  writer.flexible = version >= 9
  if (version >= 3) writer.int32(message.throttleTimeMs)
  writer.count(message.brokers)
  for (const element of message.brokers) encodeMetadataResponseBroker(writer, element, version)
  if (version >= 2) writer.nullableString(message.clusterId)
  if (version >= 1) writer.int32(message.controllerId)
  writer.count(message.topics)
  for (const element of message.topics) encodeMetadataResponseTopic(writer, element, version)
  if (version >= 8 && version <= 10) writer.int32(message.clusterAuthorizedOperations)
  if (version >= 13) writer.int16(message.errorCode)
  writer.tagCount(0)
}

function encodeMetadataResponseBroker(writer: MessageWriter, message: MetadataResponseBroker, version: number): void {
  writer.int32(message.nodeId)
  writer.string(message.host)
  writer.int32(message.port)
  if (version >= 1) writer.nullableString(message.rack)
  writer.tagCount(0)
}

function encodeMetadataResponseTopic(writer: MessageWriter, message: MetadataResponseTopic, version: number): void {
  writer.int16(message.errorCode)
  if (version >= 12) writer.nullableString(message.name)
  else writer.string(message.name)
  if (version >= 10) writer.uuid(message.topicId)
  if (version >= 1) writer.bool(message.isInternal)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeMetadataResponseTopicPartition(writer, element, version)
  if (version >= 8) writer.int32(message.topicAuthorizedOperations)
  writer.tagCount(0)
}

function encodeMetadataResponseTopicPartition(
  writer: MessageWriter,
  message: MetadataResponseTopicPartition,
  version: number,
): void {
  writer.int16(message.errorCode)
  writer.int32(message.partitionIndex)
  writer.int32(message.leaderId)
  if (version >= 7) writer.int32(message.leaderEpoch)
  writer.count(message.replicaNodes)
  for (const element of message.replicaNodes) writer.int32(element)
  writer.count(message.isrNodes)
  for (const element of message.isrNodes) writer.int32(element)
  if (version >= 5) {
    writer.count(message.offlineReplicas)
    for (const element of message.offlineReplicas) writer.int32(element)
  }
  writer.tagCount(0)
}

// Generated from messages/fetch.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 4 to 17, flexible from 12. */
export interface FetchRequest {
  /** Versions 12+. */
  readonly clusterId: string | null
  /** Versions 4-14. */
  readonly replicaId: number
  /** Versions 15+. */
  readonly replicaState: FetchRequestReplicaState | null
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolationLevel: number
  /** Versions 7+. */
  readonly sessionId: number
  /** Versions 7+. */
  readonly sessionEpoch: number
  readonly topics: readonly FetchRequestTopic[]
  /** Versions 7+. */
  readonly forgottenTopics: readonly FetchRequestForgottenTopic[]
  /** Versions 11+. */
  readonly rackId: string
}

export interface FetchRequestReplicaState {
  readonly replicaId: number
  readonly replicaEpoch: number
}

export interface FetchRequestTopic {
  /** Versions 4-12. */
  readonly topic: string
  /** Versions 13+. */
  readonly topicId: string
  readonly partitions: readonly FetchRequestTopicPartition[]
}

export interface FetchRequestTopicPartition {
  readonly partition: number
  /** Versions 9+. */
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  /** Versions 12+. */
  readonly lastFetchedEpoch: number
  /** Versions 5+. */
  readonly logStartOffset: number
  readonly partitionMaxBytes: number
  /** Versions 17. */
  readonly replicaDirectoryId: string
}

export interface FetchRequestForgottenTopic {
  /** Versions 7-12. */
  readonly topic: string
  /** Versions 13+. */
  readonly topicId: string
  readonly partitions: readonly number[]
}

export function decodeFetchRequest(reader: MessageReader, version: number): FetchRequest {
  reader.flexible = version >= 12
  const replicaId = version <= 14 ? reader.int32('FetchRequest.replicaId') : -1
  const maxWaitMs = reader.int32('FetchRequest.maxWaitMs')
  const minBytes = reader.int32('FetchRequest.minBytes')
  const maxBytes = reader.int32('FetchRequest.maxBytes')
  const isolationLevel = reader.int8('FetchRequest.isolationLevel')
  const sessionId = version >= 7 ? reader.int32('FetchRequest.sessionId') : 0
  const sessionEpoch = version >= 7 ? reader.int32('FetchRequest.sessionEpoch') : -1
  const topicsCount = reader.count('FetchRequest.topics', 3)
  const topics: FetchRequestTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeFetchRequestTopic(reader, version))
  const forgottenTopicsCount = version >= 7 ? reader.count('FetchRequest.forgottenTopics', 3) : 0
  const forgottenTopics: FetchRequestForgottenTopic[] = []
  for (let left = forgottenTopicsCount; left > 0; left--)
    forgottenTopics.push(decodeFetchRequestForgottenTopic(reader, version))
  const rackId = version >= 11 ? reader.string('FetchRequest.rackId') : ''
  let clusterId: string | null = null
  let replicaState: FetchRequestReplicaState | null = null
  for (let left = reader.tagCount('FetchRequest'); left > 0; left--) {
    const tag = reader.tag('FetchRequest')
    const end = reader.tagEnd('FetchRequest')
    if (tag === 0) {
      clusterId = reader.nullableString('FetchRequest.clusterId')
      reader.expectAt(end, 'FetchRequest.clusterId')
    } else if (tag === 1 && version >= 15) {
      replicaState = decodeFetchRequestReplicaState(reader)
      reader.expectAt(end, 'FetchRequest.replicaState')
    } else {
      reader.skipTo(end)
    }
  }
  return {
    clusterId,
    replicaId,
    replicaState,
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId,
    sessionEpoch,
    topics,
    forgottenTopics,
    rackId,
  }
}

function decodeFetchRequestReplicaState(reader: MessageReader): FetchRequestReplicaState {
  const replicaId = reader.int32('FetchRequest.replicaState.replicaId')
  const replicaEpoch = reader.int64('FetchRequest.replicaState.replicaEpoch')
  reader.skipTags('FetchRequest.replicaState')
  return { replicaId, replicaEpoch }
}

function decodeFetchRequestTopic(reader: MessageReader, version: number): FetchRequestTopic {
  const topic = version <= 12 ? reader.string('FetchRequest.topics.topic') : ''
  const topicId = version >= 13 ? reader.uuid('FetchRequest.topics.topicId') : '00000000-0000-0000-0000-000000000000'
  const partitionsCount = reader.count('FetchRequest.topics.partitions', 16)
  const partitions: FetchRequestTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeFetchRequestTopicPartition(reader, version))
  reader.skipTags('FetchRequest.topics')
  return { topic, topicId, partitions }
}

function decodeFetchRequestTopicPartition(reader: MessageReader, version: number): FetchRequestTopicPartition {
  const partition = reader.int32('FetchRequest.topics.partitions.partition')
  const currentLeaderEpoch = version >= 9 ? reader.int32('FetchRequest.topics.partitions.currentLeaderEpoch') : -1
  const fetchOffset = reader.int64('FetchRequest.topics.partitions.fetchOffset')
  const lastFetchedEpoch = version >= 12 ? reader.int32('FetchRequest.topics.partitions.lastFetchedEpoch') : -1
  const logStartOffset = version >= 5 ? reader.int64('FetchRequest.topics.partitions.logStartOffset') : -1
  const partitionMaxBytes = reader.int32('FetchRequest.topics.partitions.partitionMaxBytes')
  let replicaDirectoryId: string = '00000000-0000-0000-0000-000000000000'
  for (let left = reader.tagCount('FetchRequest.topics.partitions'); left > 0; left--) {
    const tag = reader.tag('FetchRequest.topics.partitions')
    const end = reader.tagEnd('FetchRequest.topics.partitions')
    if (tag === 0 && version >= 17) {
      replicaDirectoryId = reader.uuid('FetchRequest.topics.partitions.replicaDirectoryId')
      reader.expectAt(end, 'FetchRequest.topics.partitions.replicaDirectoryId')
    } else {
      reader.skipTo(end)
    }
  }
  return {
    partition,
    currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch,
    logStartOffset,
    partitionMaxBytes,
    replicaDirectoryId,
  }
}

function decodeFetchRequestForgottenTopic(reader: MessageReader, version: number): FetchRequestForgottenTopic {
  const topic = version <= 12 ? reader.string('FetchRequest.forgottenTopics.topic') : ''
  const topicId =
    version >= 13 ? reader.uuid('FetchRequest.forgottenTopics.topicId') : '00000000-0000-0000-0000-000000000000'
  const partitionsCount = reader.count('FetchRequest.forgottenTopics.partitions', 4)
  const partitions: number[] = []
  for (let left = partitionsCount; left > 0; left--)
    partitions.push(reader.int32('FetchRequest.forgottenTopics.partitions'))
  reader.skipTags('FetchRequest.forgottenTopics')
  return { topic, topicId, partitions }
}

export function encodeFetchRequest(writer: MessageWriter, message: FetchRequest, version: number): void {
  writer.flexible = version >= 12
  if (version <= 14) writer.int32(message.replicaId)
  writer.int32(message.maxWaitMs)
  writer.int32(message.minBytes)
  writer.int32(message.maxBytes)
  writer.int8(message.isolationLevel)
  if (version >= 7) writer.int32(message.sessionId)
  if (version >= 7) writer.int32(message.sessionEpoch)
  writer.count(message.topics)
  for (const element of message.topics) encodeFetchRequestTopic(writer, element, version)
  if (version >= 7) {
    writer.count(message.forgottenTopics)
    for (const element of message.forgottenTopics) encodeFetchRequestForgottenTopic(writer, element, version)
  }
  if (version >= 11) writer.string(message.rackId)
  const hasClusterId = version >= 12 && message.clusterId !== null
  const hasReplicaState = version >= 15 && message.replicaState !== null
  writer.tagCount(Number(hasClusterId) + Number(hasReplicaState))
  if (hasClusterId) {
    const content = writer.content()
    content.nullableString(message.clusterId)
    writer.tagged(0, content)
  }
  if (hasReplicaState) {
    const content = writer.content()
    encodeFetchRequestReplicaState(content, message.replicaState)
    writer.tagged(1, content)
  }
}

function encodeFetchRequestReplicaState(writer: MessageWriter, message: FetchRequestReplicaState): void {
  writer.int32(message.replicaId)
  writer.int64(message.replicaEpoch)
  writer.tagCount(0)
}

function encodeFetchRequestTopic(writer: MessageWriter, message: FetchRequestTopic, version: number): void {
  if (version <= 12) writer.string(message.topic)
  if (version >= 13) writer.uuid(message.topicId)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeFetchRequestTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeFetchRequestTopicPartition(
  writer: MessageWriter,
  message: FetchRequestTopicPartition,
  version: number,
): void {
  writer.int32(message.partition)
  if (version >= 9) writer.int32(message.currentLeaderEpoch)
  writer.int64(message.fetchOffset)
  if (version >= 12) writer.int32(message.lastFetchedEpoch)
  if (version >= 5) writer.int64(message.logStartOffset)
  writer.int32(message.partitionMaxBytes)
  const hasReplicaDirectoryId = version >= 17 && message.replicaDirectoryId !== '00000000-0000-0000-0000-000000000000'
  writer.tagCount(Number(hasReplicaDirectoryId))
  if (hasReplicaDirectoryId) {
    const content = writer.content()
    content.uuid(message.replicaDirectoryId)
    writer.tagged(0, content)
  }
}

function encodeFetchRequestForgottenTopic(
  writer: MessageWriter,
  message: FetchRequestForgottenTopic,
  version: number,
): void {
  if (version <= 12) writer.string(message.topic)
  if (version >= 13) writer.uuid(message.topicId)
  writer.count(message.partitions)
  for (const element of message.partitions) writer.int32(element)
  writer.tagCount(0)
}

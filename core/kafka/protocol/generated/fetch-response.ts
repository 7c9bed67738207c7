// Generated from messages/fetch.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter, RecordChunks } from '../../../message/message-writer.js'

/** Versions 4 to 17, flexible from 12. */
export interface FetchResponse {
  readonly throttleTimeMs: number
  /** Versions 7+. */
  readonly errorCode: number
  /** Versions 7+. */
  readonly sessionId: number
  readonly topics: readonly FetchResponseTopic[]
  /** Versions 16+. */
  readonly nodeEndpoints: readonly FetchResponseNodeEndpoint[]
}

export interface FetchResponseTopic {
  /** Versions 4-12. */
  readonly topic: string
  /** Versions 13+. */
  readonly topicId: string
  readonly partitions: readonly FetchResponseTopicPartition[]
}

export interface FetchResponseTopicPartition {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** Versions 5+. */
  readonly logStartOffset: number
  /** Versions 12+. */
  readonly divergingEpoch: FetchResponseTopicPartitionDivergingEpoch | null
  /** Versions 12+. */
  readonly currentLeader: FetchResponseTopicPartitionCurrentLeader | null
  /** Versions 12+. */
  readonly snapshotId: FetchResponseTopicPartitionSnapshotId | null
  readonly abortedTransactions: readonly FetchResponseTopicPartitionAbortedTransaction[] | null
  /** Versions 11+. */
  readonly preferredReadReplica: number
  readonly records: RecordChunks | null
}

export interface FetchResponseTopicPartitionDivergingEpoch {
  readonly epoch: number
  readonly endOffset: number
}

export interface FetchResponseTopicPartitionCurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface FetchResponseTopicPartitionSnapshotId {
  readonly endOffset: number
  readonly epoch: number
}

export interface FetchResponseTopicPartitionAbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface FetchResponseNodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export function decodeFetchResponse(reader: MessageReader, version: number): FetchResponse {
  reader.flexible = version >= 12
  const throttleTimeMs = reader.int32('FetchResponse.throttleTimeMs')
  const errorCode = version >= 7 ? reader.int16('FetchResponse.errorCode') : 0
  const sessionId = version >= 7 ? reader.int32('FetchResponse.sessionId') : 0
  const topicsCount = reader.count('FetchResponse.topics', 3)
  const topics: FetchResponseTopic[] = []
  for (let left = topicsCount; left > 0; left--) topics.push(decodeFetchResponseTopic(reader, version))
  let nodeEndpoints: FetchResponseNodeEndpoint[] = []
  for (let left = reader.tagCount('FetchResponse'); left > 0; left--) {
    const tag = reader.tag('FetchResponse')
    const end = reader.tagEnd('FetchResponse')
    if (tag === 0 && version >= 16) {
      nodeEndpoints = []
      for (let more = reader.count('FetchResponse.nodeEndpoints', 11); more > 0; more--) {
        nodeEndpoints.push(decodeFetchResponseNodeEndpoint(reader))
      }
      reader.expectAt(end, 'FetchResponse.nodeEndpoints')
    } else {
      reader.skipTo(end)
    }
  }
  return { throttleTimeMs, errorCode, sessionId, topics, nodeEndpoints }
}

function decodeFetchResponseTopic(reader: MessageReader, version: number): FetchResponseTopic {
  const topic = version <= 12 ? reader.string('FetchResponse.topics.topic') : ''
  const topicId = version >= 13 ? reader.uuid('FetchResponse.topics.topicId') : '00000000-0000-0000-0000-000000000000'
  const partitionsCount = reader.count('FetchResponse.topics.partitions', 30)
  const partitions: FetchResponseTopicPartition[] = []
  for (let left = partitionsCount; left > 0; left--) partitions.push(decodeFetchResponseTopicPartition(reader, version))
  reader.skipTags('FetchResponse.topics')
  return { topic, topicId, partitions }
}

function decodeFetchResponseTopicPartition(reader: MessageReader, version: number): FetchResponseTopicPartition {
  const partitionIndex = reader.int32('FetchResponse.topics.partitions.partitionIndex')
  const errorCode = reader.int16('FetchResponse.topics.partitions.errorCode')
  const highWatermark = reader.int64('FetchResponse.topics.partitions.highWatermark')
  const lastStableOffset = reader.int64('FetchResponse.topics.partitions.lastStableOffset')
  const logStartOffset = version >= 5 ? reader.int64('FetchResponse.topics.partitions.logStartOffset') : -1
  const abortedTransactionsCount = reader.nullableCount('FetchResponse.topics.partitions.abortedTransactions', 16)
  const abortedTransactions: FetchResponseTopicPartitionAbortedTransaction[] = []
  for (let left = abortedTransactionsCount; left > 0; left--)
    abortedTransactions.push(decodeFetchResponseTopicPartitionAbortedTransaction(reader))
  const preferredReadReplica = version >= 11 ? reader.int32('FetchResponse.topics.partitions.preferredReadReplica') : -1
  const records = reader.nullableBytes('FetchResponse.topics.partitions.records')
  let divergingEpoch: FetchResponseTopicPartitionDivergingEpoch | null = null
  let currentLeader: FetchResponseTopicPartitionCurrentLeader | null = null
  let snapshotId: FetchResponseTopicPartitionSnapshotId | null = null
  for (let left = reader.tagCount('FetchResponse.topics.partitions'); left > 0; left--) {
    const tag = reader.tag('FetchResponse.topics.partitions')
    const end = reader.tagEnd('FetchResponse.topics.partitions')
    if (tag === 0) {
      divergingEpoch = decodeFetchResponseTopicPartitionDivergingEpoch(reader)
      reader.expectAt(end, 'FetchResponse.topics.partitions.divergingEpoch')
    } else if (tag === 1) {
      currentLeader = decodeFetchResponseTopicPartitionCurrentLeader(reader)
      reader.expectAt(end, 'FetchResponse.topics.partitions.currentLeader')
    } else if (tag === 2) {
      snapshotId = decodeFetchResponseTopicPartitionSnapshotId(reader)
      reader.expectAt(end, 'FetchResponse.topics.partitions.snapshotId')
    } else {
      reader.skipTo(end)
    }
  }
  return {
    partitionIndex,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    divergingEpoch,
    currentLeader,
    snapshotId,
    abortedTransactions: abortedTransactionsCount === -1 ? null : abortedTransactions,
    preferredReadReplica,
    records,
  }
}

function decodeFetchResponseTopicPartitionDivergingEpoch(
  reader: MessageReader,
): FetchResponseTopicPartitionDivergingEpoch {
  const epoch = reader.int32('FetchResponse.topics.partitions.divergingEpoch.epoch')
  const endOffset = reader.int64('FetchResponse.topics.partitions.divergingEpoch.endOffset')
  reader.skipTags('FetchResponse.topics.partitions.divergingEpoch')
  return { epoch, endOffset }
}

function decodeFetchResponseTopicPartitionCurrentLeader(
  reader: MessageReader,
): FetchResponseTopicPartitionCurrentLeader {
  const leaderId = reader.int32('FetchResponse.topics.partitions.currentLeader.leaderId')
  const leaderEpoch = reader.int32('FetchResponse.topics.partitions.currentLeader.leaderEpoch')
  reader.skipTags('FetchResponse.topics.partitions.currentLeader')
  return { leaderId, leaderEpoch }
}

function decodeFetchResponseTopicPartitionSnapshotId(reader: MessageReader): FetchResponseTopicPartitionSnapshotId {
  const endOffset = reader.int64('FetchResponse.topics.partitions.snapshotId.endOffset')
  const epoch = reader.int32('FetchResponse.topics.partitions.snapshotId.epoch')
  reader.skipTags('FetchResponse.topics.partitions.snapshotId')
  return { endOffset, epoch }
}

function decodeFetchResponseTopicPartitionAbortedTransaction(
  reader: MessageReader,
): FetchResponseTopicPartitionAbortedTransaction {
  const producerId = reader.int64('FetchResponse.topics.partitions.abortedTransactions.producerId')
  const firstOffset = reader.int64('FetchResponse.topics.partitions.abortedTransactions.firstOffset')
  reader.skipTags('FetchResponse.topics.partitions.abortedTransactions')
  return { producerId, firstOffset }
}

function decodeFetchResponseNodeEndpoint(reader: MessageReader): FetchResponseNodeEndpoint {
  const nodeId = reader.int32('FetchResponse.nodeEndpoints.nodeId')
  const host = reader.string('FetchResponse.nodeEndpoints.host')
  const port = reader.int32('FetchResponse.nodeEndpoints.port')
  const rack = reader.nullableString('FetchResponse.nodeEndpoints.rack')
  reader.skipTags('FetchResponse.nodeEndpoints')
  return { nodeId, host, port, rack }
}

export function encodeFetchResponse(writer: MessageWriter, message: FetchResponse, version: number): void {
  writer.flexible = version >= 12
  writer.int32(message.throttleTimeMs)
  if (version >= 7) writer.int16(message.errorCode)
  if (version >= 7) writer.int32(message.sessionId)
  writer.count(message.topics)
  for (const element of message.topics) encodeFetchResponseTopic(writer, element, version)
  const hasNodeEndpoints = version >= 16 && message.nodeEndpoints.length > 0
  writer.tagCount(Number(hasNodeEndpoints))
  if (hasNodeEndpoints) {
    const content = writer.content()
    content.count(message.nodeEndpoints)
    for (const element of message.nodeEndpoints) encodeFetchResponseNodeEndpoint(content, element)
    writer.tagged(0, content)
  }
}

function encodeFetchResponseTopic(writer: MessageWriter, message: FetchResponseTopic, version: number): void {
  if (version <= 12) writer.string(message.topic)
  if (version >= 13) writer.uuid(message.topicId)
  writer.count(message.partitions)
  for (const element of message.partitions) encodeFetchResponseTopicPartition(writer, element, version)
  writer.tagCount(0)
}

function encodeFetchResponseTopicPartition(
  writer: MessageWriter,
  message: FetchResponseTopicPartition,
  version: number,
): void {
  writer.int32(message.partitionIndex)
  writer.int16(message.errorCode)
  writer.int64(message.highWatermark)
  writer.int64(message.lastStableOffset)
  if (version >= 5) writer.int64(message.logStartOffset)
  writer.nullableCount(message.abortedTransactions)
  for (const element of message.abortedTransactions ?? [])
    encodeFetchResponseTopicPartitionAbortedTransaction(writer, element)
  if (version >= 11) writer.int32(message.preferredReadReplica)
  writer.nullableRecords(message.records)
  const hasDivergingEpoch = version >= 12 && message.divergingEpoch !== null
  const hasCurrentLeader = version >= 12 && message.currentLeader !== null
  const hasSnapshotId = version >= 12 && message.snapshotId !== null
  writer.tagCount(Number(hasDivergingEpoch) + Number(hasCurrentLeader) + Number(hasSnapshotId))
  if (hasDivergingEpoch) {
    const content = writer.content()
    encodeFetchResponseTopicPartitionDivergingEpoch(content, message.divergingEpoch)
    writer.tagged(0, content)
  }
  if (hasCurrentLeader) {
    const content = writer.content()
    encodeFetchResponseTopicPartitionCurrentLeader(content, message.currentLeader)
    writer.tagged(1, content)
  }
  if (hasSnapshotId) {
    const content = writer.content()
    encodeFetchResponseTopicPartitionSnapshotId(content, message.snapshotId)
    writer.tagged(2, content)
  }
}

function encodeFetchResponseTopicPartitionDivergingEpoch(
  writer: MessageWriter,
  message: FetchResponseTopicPartitionDivergingEpoch,
): void {
  writer.int32(message.epoch)
  writer.int64(message.endOffset)
  writer.tagCount(0)
}

function encodeFetchResponseTopicPartitionCurrentLeader(
  writer: MessageWriter,
  message: FetchResponseTopicPartitionCurrentLeader,
): void {
  writer.int32(message.leaderId)
  writer.int32(message.leaderEpoch)
  writer.tagCount(0)
}

function encodeFetchResponseTopicPartitionSnapshotId(
  writer: MessageWriter,
  message: FetchResponseTopicPartitionSnapshotId,
): void {
  writer.int64(message.endOffset)
  writer.int32(message.epoch)
  writer.tagCount(0)
}

function encodeFetchResponseTopicPartitionAbortedTransaction(
  writer: MessageWriter,
  message: FetchResponseTopicPartitionAbortedTransaction,
): void {
  writer.int64(message.producerId)
  writer.int64(message.firstOffset)
  writer.tagCount(0)
}

function encodeFetchResponseNodeEndpoint(writer: MessageWriter, message: FetchResponseNodeEndpoint): void {
  writer.int32(message.nodeId)
  writer.string(message.host)
  writer.int32(message.port)
  writer.nullableString(message.rack)
  writer.tagCount(0)
}

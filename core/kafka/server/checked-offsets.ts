// Offsets as requests to commit them name them, with what is wrong with each of them.

import type { OffsetToCommit } from '../../engine/group-service.js'
import { errorCodes } from '../protocol/error-codes.js'
import type { TopicNames } from './topic-names.js'

/** As Kafka's offset.metadata.max.bytes. */
const maxMetadataLength = 4096

interface RequestedOffset {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

export interface RequestedTopic {
  readonly name: string
  readonly partitions: readonly RequestedOffset[]
}

interface TopicAnswer {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
}

export interface CheckedOffsets {
  /** Those that can be committed. */
  readonly offsets: readonly OffsetToCommit[]
  /** In the order of the request, with what is wrong with each. */
  readonly topics: readonly TopicAnswer[]
}

export function checkOffsets(topics: readonly RequestedTopic[], topicNames: TopicNames): CheckedOffsets {
  const offsets: OffsetToCommit[] = []
  const checked = topics.map(({ name, partitions }) => {
    const partitionCount = topicNames.find(name)?.partitions ?? 0
    return {
      name,
      partitions: partitions.map((partition) => {
        const errorCode = faultOf(partition, partitionCount)
        if (errorCode === errorCodes.NONE) offsets.push(offsetOf(name, partition))
        return { partitionIndex: partition.partitionIndex, errorCode }
      }),
    }
  })
  return { offsets, topics: checked }
}

/** The answer to the whole request, when those that could be committed came to this. */
export function answeredWith({ topics }: CheckedOffsets, errorCode: number): readonly TopicAnswer[] {
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((each) => (each.errorCode === errorCodes.NONE ? { ...each, errorCode } : each)),
  }))
}

function faultOf({ partitionIndex, committedMetadata }: RequestedOffset, partitionCount: number): number {
  if (partitionIndex < 0 || partitionIndex >= partitionCount) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  const isTooLong = (committedMetadata ?? '').length > maxMetadataLength
  return isTooLong ? errorCodes.OFFSET_METADATA_TOO_LARGE : errorCodes.NONE
}

function offsetOf(topic: string, request: RequestedOffset): OffsetToCommit {
  return {
    topic,
    partition: request.partitionIndex,
    offset: request.committedOffset,
    leaderEpoch: request.committedLeaderEpoch,
    metadata: request.committedMetadata ?? '',
  }
}

// Commits the offsets of a group.

import { array, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const offsetCommitApi = declareApi({
  key: 8,
  name: 'OffsetCommit',
  versions: '2-9',
  flexible: '8+',
  request: {
    groupId: string('0+'),
    generationIdOrMemberEpoch: int32('0+', { default: -1 }),
    memberId: string('0+'),
    groupInstanceId: string('7+', { nullable: '7+', default: null }),
    retentionTimeMs: int64('0-4', { default: -1 }),
    topics: array(
      struct('OffsetCommitRequestTopic', {
        name: string('0+'),
        partitions: array(
          struct('OffsetCommitRequestTopicPartition', {
            partitionIndex: int32('0+'),
            committedOffset: int64('0+'),
            committedLeaderEpoch: int32('6+', { default: -1 }),
            committedMetadata: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('3+'),
    topics: array(
      struct('OffsetCommitResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('OffsetCommitResponseTopicPartition', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

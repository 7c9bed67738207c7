// Tells where a leader epoch ended, so that a client notices a truncated log.

import { array, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const offsetForLeaderEpochApi = declareApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '2-4',
  flexible: '4+',
  request: {
    replicaId: int32('3+', { default: -2 }),
    topics: array(
      struct('OffsetForLeaderEpochRequestTopic', {
        topic: string('0+'),
        partitions: array(
          struct('OffsetForLeaderEpochRequestTopicPartition', {
            partition: int32('0+'),
            currentLeaderEpoch: int32('0+', { default: -1 }),
            leaderEpoch: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('OffsetForLeaderEpochResponseTopic', {
        topic: string('0+'),
        partitions: array(
          struct('OffsetForLeaderEpochResponseTopicPartition', {
            errorCode: int16('0+'),
            partition: int32('0+'),
            leaderEpoch: int32('0+', { default: -1 }),
            endOffset: int64('0+', { default: -1 }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

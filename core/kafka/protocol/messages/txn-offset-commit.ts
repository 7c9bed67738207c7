// Commits a group's offsets as part of a transaction.

import { array, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const txnOffsetCommitApi = declareApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: '0-4',
  flexible: '3+',
  request: {
    transactionalId: string('0+'),
    groupId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    generationId: int32('3+', { default: -1 }),
    memberId: string('3+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
    topics: array(
      struct('TxnOffsetCommitRequestTopic', {
        name: string('0+'),
        partitions: array(
          struct('TxnOffsetCommitRequestTopicPartition', {
            partitionIndex: int32('0+'),
            committedOffset: int64('0+'),
            committedLeaderEpoch: int32('2+', { default: -1 }),
            committedMetadata: string('0+', { nullable: '0+' }),
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
      struct('TxnOffsetCommitResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('TxnOffsetCommitResponseTopicPartition', {
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

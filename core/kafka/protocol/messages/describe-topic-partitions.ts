// Describes topics page by page, for clusters whose metadata is large.

import { array, bool, int16, int32, one, string, struct, uuid } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeTopicPartitionsApi = declareApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0',
  flexible: '0+',
  request: {
    topics: array(
      struct('DescribeTopicPartitionsRequestTopic', {
        name: string('0+'),
      }),
      '0+',
    ),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: one(
      struct('DescribeTopicPartitionsRequestCursor', {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('DescribeTopicPartitionsResponseTopic', {
        errorCode: int16('0+'),
        name: string('0+', { nullable: '0+' }),
        topicId: uuid('0+'),
        isInternal: bool('0+'),
        partitions: array(
          struct('DescribeTopicPartitionsResponseTopicPartition', {
            errorCode: int16('0+'),
            partitionIndex: int32('0+'),
            leaderId: int32('0+'),
            leaderEpoch: int32('0+', { default: -1 }),
            replicaNodes: array('int32', '0+'),
            isrNodes: array('int32', '0+'),
            eligibleLeaderReplicas: array('int32', '0+', { nullable: '0+', default: null }),
            lastKnownElr: array('int32', '0+', { nullable: '0+', default: null }),
            offlineReplicas: array('int32', '0+'),
          }),
          '0+',
        ),
        topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
      }),
      '0+',
    ),
    nextCursor: one(
      struct('DescribeTopicPartitionsResponseNextCursor', {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
})

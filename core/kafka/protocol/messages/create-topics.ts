// Creates topics. From version 4 on -1 stands for the broker's number of partitions or replicas.

import { array, bool, int16, int32, int8, string, struct, uuid } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const createTopicsApi = declareApi({
  key: 19,
  name: 'CreateTopics',
  versions: '2-7',
  flexible: '5+',
  request: {
    topics: array(
      struct('CreateTopicsRequestTopic', {
        name: string('0+'),
        numPartitions: int32('0+'),
        replicationFactor: int16('0+'),
        assignments: array(
          struct('CreateTopicsRequestTopicAssignment', {
            partitionIndex: int32('0+'),
            brokerIds: array('int32', '0+'),
          }),
          '0+',
        ),
        configs: array(
          struct('CreateTopicsRequestTopicConfig', {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('CreateTopicsResponseTopic', {
        name: string('0+'),
        topicId: uuid('7+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        topicConfigErrorCode: int16('5+', { tag: 0 }),
        numPartitions: int32('5+', { default: -1 }),
        replicationFactor: int16('5+', { default: -1 }),
        configs: array(
          struct('CreateTopicsResponseTopicConfig', {
            name: string('5+'),
            value: string('5+', { nullable: '5+' }),
            readOnly: bool('5+'),
            configSource: int8('5+', { default: -1 }),
            isSensitive: bool('5+'),
          }),
          '5+',
          { nullable: '5+' },
        ),
      }),
      '0+',
    ),
  },
})

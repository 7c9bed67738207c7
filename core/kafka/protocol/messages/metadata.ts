// Tells brokers, topics and their partitions. Null topics stand for all of them; in version 0 an empty list does.

import { array, bool, int16, int32, string, struct, uuid } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const metadataApi = declareApi({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexible: '9+',
  request: {
    topics: array(
      struct('MetadataRequestTopic', {
        topicId: uuid('10+'),
        name: string('0+', { nullable: '10+' }),
      }),
      '0+',
      { nullable: '1+' },
    ),
    allowAutoTopicCreation: bool('4+', { default: true }),
    includeClusterAuthorizedOperations: bool('8-10'),
    includeTopicAuthorizedOperations: bool('8+'),
  },
  response: {
    throttleTimeMs: int32('3+'),
    brokers: array(
      struct('MetadataResponseBroker', {
        nodeId: int32('0+'),
        host: string('0+'),
        port: int32('0+'),
        rack: string('1+', { nullable: '1+', default: null }),
      }),
      '0+',
    ),
    clusterId: string('2+', { nullable: '2+', default: null }),
    controllerId: int32('1+', { default: -1 }),
    topics: array(
      struct('MetadataResponseTopic', {
        errorCode: int16('0+'),
        name: string('0+', { nullable: '12+' }),
        topicId: uuid('10+'),
        isInternal: bool('1+'),
        partitions: array(
          struct('MetadataResponseTopicPartition', {
            errorCode: int16('0+'),
            partitionIndex: int32('0+'),
            leaderId: int32('0+'),
            leaderEpoch: int32('7+', { default: -1 }),
            replicaNodes: array('int32', '0+'),
            isrNodes: array('int32', '0+'),
            offlineReplicas: array('int32', '5+'),
          }),
          '0+',
        ),
        topicAuthorizedOperations: int32('8+', { default: -2147483648 }),
      }),
      '0+',
    ),
    clusterAuthorizedOperations: int32('8-10', { default: -2147483648 }),
    errorCode: int16('13+'),
  },
})

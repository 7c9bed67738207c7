// Looks offsets up by time stamp: -1 latest, -2 earliest, -3 that of the greatest time stamp, -4 and -5 those of tiered
// storage.

import { array, int16, int32, int64, int8, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const listOffsetsApi = declareApi({
  key: 2,
  name: 'ListOffsets',
  versions: '1-10',
  flexible: '6+',
  request: {
    replicaId: int32('0+'),
    isolationLevel: int8('2+'),
    topics: array(
      struct('ListOffsetsRequestTopic', {
        name: string('0+'),
        partitions: array(
          struct('ListOffsetsRequestTopicPartition', {
            partitionIndex: int32('0+'),
            currentLeaderEpoch: int32('4+', { default: -1 }),
            timestamp: int64('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('10+'),
  },
  response: {
    throttleTimeMs: int32('2+'),
    topics: array(
      struct('ListOffsetsResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('ListOffsetsResponseTopicPartition', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            timestamp: int64('0+', { default: -1 }),
            offset: int64('0+', { default: -1 }),
            leaderEpoch: int32('4+', { default: -1 }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

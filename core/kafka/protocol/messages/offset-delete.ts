// Deletes committed offsets of topics that the group does not consume. It never became flexible.

import { array, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const offsetDeleteApi = declareApi({
  key: 47,
  name: 'OffsetDelete',
  versions: '0',
  flexible: 'none',
  request: {
    groupId: string('0+'),
    topics: array(
      struct('OffsetDeleteRequestTopic', {
        name: string('0+'),
        partitions: array(
          struct('OffsetDeleteRequestTopicPartition', {
            partitionIndex: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
  response: {
    errorCode: int16('0+'),
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('OffsetDeleteResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('OffsetDeleteResponseTopicPartition', {
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

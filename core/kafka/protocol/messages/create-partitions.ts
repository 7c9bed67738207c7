// Raises the number of a topic's partitions.

import { array, bool, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const createPartitionsApi = declareApi({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: array(
      struct('CreatePartitionsRequestTopic', {
        name: string('0+'),
        count: int32('0+'),
        assignments: array(
          struct('CreatePartitionsRequestTopicAssignment', {
            brokerIds: array('int32', '0+'),
          }),
          '0+',
          { nullable: '0+' },
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('0+'),
    validateOnly: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('CreatePartitionsResponseResult', {
        name: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
      '0+',
    ),
  },
})

// Deletes topics: by name, from version 6 on also by id.

import { array, int16, int32, string, struct, uuid } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const deleteTopicsApi = declareApi({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexible: '4+',
  request: {
    topics: array(
      struct('DeleteTopicsRequestTopic', {
        name: string('6+', { nullable: '6+', default: null }),
        topicId: uuid('6+'),
      }),
      '6+',
    ),
    topicNames: array('string', '0-5'),
    timeoutMs: int32('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('DeleteTopicsResponseTopic', {
        name: string('0+', { nullable: '6+' }),
        topicId: uuid('6+'),
        errorCode: int16('0+'),
        errorMessage: string('5+', { nullable: '5+', default: null }),
      }),
      '0+',
    ),
  },
})

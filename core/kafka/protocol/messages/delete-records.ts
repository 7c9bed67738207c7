// Moves the log start offset of partitions forward; -1 stands for the high watermark.

import { array, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const deleteRecordsApi = declareApi({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexible: '2+',
  request: {
    topics: array(
      struct('DeleteRecordsRequestTopic', {
        name: string('0+'),
        partitions: array(
          struct('DeleteRecordsRequestTopicPartition', {
            partitionIndex: int32('0+'),
            offset: int64('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('DeleteRecordsResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('DeleteRecordsResponseTopicPartition', {
            partitionIndex: int32('0+'),
            lowWatermark: int64('0+'),
            errorCode: int16('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

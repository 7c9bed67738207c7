// Describes the producers that a partition knows, for the search for hanging transactions.

import { array, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeProducersApi = declareApi({
  key: 61,
  name: 'DescribeProducers',
  versions: '0',
  flexible: '0+',
  request: {
    topics: array(
      struct('DescribeProducersRequestTopic', {
        name: string('0+'),
        partitionIndexes: array('int32', '0+'),
      }),
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    topics: array(
      struct('DescribeProducersResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('DescribeProducersResponseTopicPartition', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+', default: null }),
            activeProducers: array(
              struct('DescribeProducersResponseTopicPartitionActiveProducer', {
                producerId: int64('0+'),
                producerEpoch: int32('0+'),
                lastSequence: int32('0+', { default: -1 }),
                lastTimestamp: int64('0+', { default: -1 }),
                coordinatorEpoch: int32('0+'),
                currentTxnStartOffset: int64('0+', { default: -1 }),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

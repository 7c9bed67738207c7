// Appends record batches, at most one a partition and request.
//
// Versions 0 to 2 carried older formats of records. They are advertised, because clients of librdkafka before 2.12 look
// for them before they compress, but have no codec: a request with one of them is refused.

import { array, int16, int32, int64, one, scalar, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const produceApi = declareApi({
  key: 0,
  name: 'Produce',
  versions: '3-12',
  advertisedFrom: 0,
  flexible: '9+',
  request: {
    transactionalId: string('0+', { nullable: '0+', default: null }),
    acks: int16('0+'),
    timeoutMs: int32('0+'),
    topics: array(
      struct('ProduceRequestTopic', {
        name: string('0+'),
        partitions: array(
          struct('ProduceRequestTopicPartition', {
            index: int32('0+'),
            records: scalar('records', '0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
  response: {
    topics: array(
      struct('ProduceResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('ProduceResponseTopicPartition', {
            index: int32('0+'),
            errorCode: int16('0+'),
            baseOffset: int64('0+'),
            logAppendTimeMs: int64('0+', { default: -1 }),
            logStartOffset: int64('5+', { default: -1 }),
            recordErrors: array(
              struct('ProduceResponseTopicPartitionRecordError', {
                batchIndex: int32('8+'),
                batchIndexErrorMessage: string('8+', { nullable: '8+', default: null }),
              }),
              '8+',
            ),
            errorMessage: string('8+', { nullable: '8+', default: null }),
            currentLeader: one(
              struct('ProduceResponseTopicPartitionCurrentLeader', {
                leaderId: int32('10+', { default: -1 }),
                leaderEpoch: int32('10+', { default: -1 }),
              }),
              '10+',
              { tag: 0 },
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    throttleTimeMs: int32('0+'),
    nodeEndpoints: array(
      struct('ProduceResponseNodeEndpoint', {
        nodeId: int32('10+'),
        host: string('10+'),
        port: int32('10+'),
        rack: string('10+', { nullable: '10+', default: null }),
      }),
      '10+',
      { tag: 0 },
    ),
  },
})

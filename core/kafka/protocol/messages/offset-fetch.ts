// Reads committed offsets: of one group up to version 7, of several from 8 on. Null topics stand for all.

import { array, bool, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const offsetFetchApi = declareApi({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-9',
  flexible: '6+',
  request: {
    groupId: string('0-7'),
    topics: array(
      struct('OffsetFetchRequestTopic', {
        name: string('0-7'),
        partitionIndexes: array('int32', '0-7'),
      }),
      '0-7',
      { nullable: '2-7' },
    ),
    groups: array(
      struct('OffsetFetchRequestGroup', {
        groupId: string('8+'),
        memberId: string('9+', { nullable: '9+', default: null }),
        memberEpoch: int32('9+', { default: -1 }),
        topics: array(
          struct('OffsetFetchRequestGroupTopic', {
            name: string('8+'),
            partitionIndexes: array('int32', '8+'),
          }),
          '8+',
          { nullable: '8+' },
        ),
      }),
      '8+',
    ),
    requireStable: bool('7+'),
  },
  response: {
    throttleTimeMs: int32('3+'),
    topics: array(
      struct('OffsetFetchResponseTopic', {
        name: string('0-7'),
        partitions: array(
          struct('OffsetFetchResponseTopicPartition', {
            partitionIndex: int32('0-7'),
            committedOffset: int64('0-7'),
            committedLeaderEpoch: int32('5-7', { default: -1 }),
            metadata: string('0-7', { nullable: '0-7' }),
            errorCode: int16('0-7'),
          }),
          '0-7',
        ),
      }),
      '0-7',
    ),
    errorCode: int16('2-7'),
    groups: array(
      struct('OffsetFetchResponseGroup', {
        groupId: string('8+'),
        topics: array(
          struct('OffsetFetchResponseGroupTopic', {
            name: string('8+'),
            partitions: array(
              struct('OffsetFetchResponseGroupTopicPartition', {
                partitionIndex: int32('8+'),
                committedOffset: int64('8+'),
                committedLeaderEpoch: int32('8+', { default: -1 }),
                metadata: string('8+', { nullable: '8+' }),
                errorCode: int16('8+'),
              }),
              '8+',
            ),
          }),
          '8+',
        ),
        errorCode: int16('8+'),
      }),
      '8+',
    ),
  },
})

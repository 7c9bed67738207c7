// Tells how much room partitions take on disk. Null topics stand for all.

import { array, bool, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeLogDirsApi = declareApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-4',
  flexible: '2+',
  request: {
    topics: array(
      struct('DescribeLogDirsRequestTopic', {
        topic: string('0+'),
        partitions: array('int32', '0+'),
      }),
      '0+',
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('3+'),
    results: array(
      struct('DescribeLogDirsResponseResult', {
        errorCode: int16('0+'),
        logDir: string('0+'),
        topics: array(
          struct('DescribeLogDirsResponseResultTopic', {
            name: string('0+'),
            partitions: array(
              struct('DescribeLogDirsResponseResultTopicPartition', {
                partitionIndex: int32('0+'),
                partitionSize: int64('0+'),
                offsetLag: int64('0+'),
                isFutureKey: bool('0+'),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
        totalBytes: int64('4+', { default: -1 }),
        usableBytes: int64('4+', { default: -1 }),
      }),
      '0+',
    ),
  },
})

// Describes transactions by their transactional ids.

import { array, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeTransactionsApi = declareApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: '0',
  flexible: '0+',
  request: {
    transactionalIds: array('string', '0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    transactionStates: array(
      struct('DescribeTransactionsResponseTransactionState', {
        errorCode: int16('0+'),
        transactionalId: string('0+'),
        transactionState: string('0+'),
        transactionTimeoutMs: int32('0+'),
        transactionStartTimeMs: int64('0+'),
        producerId: int64('0+'),
        producerEpoch: int16('0+'),
        topics: array(
          struct('DescribeTransactionsResponseTransactionStateTopic', {
            topic: string('0+'),
            partitions: array('int32', '0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

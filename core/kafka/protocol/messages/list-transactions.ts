// Lists transactions, by state, producer and, from version 1 on, age.

import { array, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const listTransactionsApi = declareApi({
  key: 66,
  name: 'ListTransactions',
  versions: '0-1',
  flexible: '0+',
  request: {
    stateFilters: array('string', '0+'),
    producerIdFilters: array('int64', '0+'),
    durationFilter: int64('1+', { default: -1 }),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    unknownStateFilters: array('string', '0+'),
    transactionStates: array(
      struct('ListTransactionsResponseTransactionState', {
        transactionalId: string('0+'),
        producerId: int64('0+'),
        transactionState: string('0+'),
      }),
      '0+',
    ),
  },
})

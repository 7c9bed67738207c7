// Commits or aborts a transaction.

import { bool, int16, int32, int64, string } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const endTxnApi = declareApi({
  key: 26,
  name: 'EndTxn',
  versions: '0-4',
  flexible: '3+',
  request: {
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    committed: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
  },
})

// EndTxn: the outcome of a transaction, in all its partitions and groups when it is answered.

import { errorCodes } from '../../protocol/error-codes.js'
import type { EndTxnRequest } from '../../protocol/generated/end-txn-request.js'
import type { EndTxnResponse } from '../../protocol/generated/end-txn-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'
import { wordedFor } from '../transaction-errors.js'

export async function endTxn(
  { transactionalId, producerId, producerEpoch: epoch, committed }: EndTxnRequest,
  { engine, apiVersion }: RequestContext,
): Promise<EndTxnResponse> {
  try {
    await engine.transactions.end({ transactionalId, producerId, epoch }, committed ? 'commit' : 'abort')
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE }
  } catch (error) {
    const { code } = wordedFor(coordinatorFailureOf(error), 'endTxn', apiVersion)
    return { throttleTimeMs: 0, errorCode: code }
  }
}

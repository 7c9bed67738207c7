// AddOffsetsToTxn: the transaction is going to commit offsets of a group.

import { errorCodes } from '../../protocol/error-codes.js'
import type { AddOffsetsToTxnRequest } from '../../protocol/generated/add-offsets-to-txn-request.js'
import type { AddOffsetsToTxnResponse } from '../../protocol/generated/add-offsets-to-txn-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'
import { wordedFor } from '../transaction-errors.js'

export async function addOffsetsToTxn(
  { transactionalId, producerId, producerEpoch: epoch, groupId }: AddOffsetsToTxnRequest,
  { engine, apiVersion }: RequestContext,
): Promise<AddOffsetsToTxnResponse> {
  try {
    await engine.transactions.addGroup({ transactionalId, producerId, epoch }, groupId)
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE }
  } catch (error) {
    const { code } = wordedFor(coordinatorFailureOf(error), 'addOffsetsToTxn', apiVersion)
    return { throttleTimeMs: 0, errorCode: code }
  }
}

// TxnOffsetCommit: offsets of a group that count once their transaction is committed. Partitions that cannot be committed
// are named; the others are taken together.

import { errorCodes } from '../../protocol/error-codes.js'
import type { TxnOffsetCommitRequest } from '../../protocol/generated/txn-offset-commit-request.js'
import type { TxnOffsetCommitResponse } from '../../protocol/generated/txn-offset-commit-response.js'
import { answeredWith, type CheckedOffsets, checkOffsets } from '../checked-offsets.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import { memberIdentity } from '../member-identity.js'
import type { RequestContext } from '../request-context.js'
import { wordedFor } from '../transaction-errors.js'

export async function txnOffsetCommit(
  request: TxnOffsetCommitRequest,
  context: RequestContext,
): Promise<TxnOffsetCommitResponse> {
  const checked = checkOffsets(request.topics, context.topicNames)
  const errorCode = await commit(request, checked, context)
  return { throttleTimeMs: 0, topics: answeredWith(checked, errorCode) }
}

async function commit(
  request: TxnOffsetCommitRequest,
  { offsets }: CheckedOffsets,
  { engine, apiVersion }: RequestContext,
): Promise<number> {
  if (offsets.length === 0) return errorCodes.NONE
  const { transactionalId, producerId, producerEpoch: epoch, generationId: generation } = request
  try {
    const identity = { transactionalId, producerId, epoch }
    await engine.transactions.commitOffsets(identity, { ...memberIdentity(request), generation, offsets })
    return errorCodes.NONE
  } catch (error) {
    return wordedFor(coordinatorFailureOf(error), 'txnOffsetCommit', apiVersion).code
  }
}

// InitProducerId: a producer id for an idempotent producer, or the next epoch of the one that it has. Transactional ids
// are refused: there are no transactions.

import { errorCodes } from '../../protocol/error-codes.js'
import type { InitProducerIdRequest } from '../../protocol/generated/init-producer-id-request.js'
import type { InitProducerIdResponse } from '../../protocol/generated/init-producer-id-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'

export async function initProducerId(
  request: InitProducerIdRequest,
  { engine }: RequestContext,
): Promise<InitProducerIdResponse> {
  const { transactionalId, producerId, producerEpoch } = request
  if (transactionalId !== null) return failed(errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  if ((producerId === -1) !== (producerEpoch === -1)) return failed(errorCodes.INVALID_REQUEST)
  try {
    const isNew = producerId === -1
    const made = isNew
      ? await engine.producers.allocate()
      : await engine.producers.bump({ producerId, epoch: producerEpoch })
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId: made.producerId, producerEpoch: made.epoch }
  } catch (error) {
    return failed(coordinatorFailureOf(error).code)
  }
}

function failed(errorCode: number): InitProducerIdResponse {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}

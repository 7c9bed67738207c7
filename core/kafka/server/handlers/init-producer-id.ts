// InitProducerId: a new producer id. With a transactional id it makes the caller the one producer of that, in the next
// epoch of its id, and ends what an older one left open.
//
// Without one the id and epoch of the request are not looked at, as in Kafka: there are clients that always send 0 and 0
// (@platformatic/kafka), and two of them in one epoch of one id would pass for each other's repetitions.

import type { LogEngine } from '../../../engine/log-engine.js'
import type { ProducerIdentity } from '../../../engine/producer-service.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { InitProducerIdRequest } from '../../protocol/generated/init-producer-id-request.js'
import type { InitProducerIdResponse } from '../../protocol/generated/init-producer-id-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'
import { wordedFor } from '../transaction-errors.js'

export async function initProducerId(
  request: InitProducerIdRequest,
  { engine, apiVersion }: RequestContext,
): Promise<InitProducerIdResponse> {
  if ((request.producerId === -1) !== (request.producerEpoch === -1)) return failed(errorCodes.INVALID_REQUEST)
  try {
    const { producerId, epoch } = await identityFor(request, engine)
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId, producerEpoch: epoch }
  } catch (error) {
    return failed(wordedFor(coordinatorFailureOf(error), 'initProducerId', apiVersion).code)
  }
}

function identityFor(request: InitProducerIdRequest, engine: LogEngine): Promise<ProducerIdentity> {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch: epoch } = request
  if (transactionalId === null) return engine.producers.allocate()
  const known = producerId === -1 ? undefined : { producerId, epoch }
  return engine.transactions.initialize({ transactionalId, timeoutMs, ...(known !== undefined && { known }) })
}

function failed(errorCode: number): InitProducerIdResponse {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}

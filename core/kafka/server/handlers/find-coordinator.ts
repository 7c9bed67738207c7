// FindCoordinator: the one broker coordinates all groups and transactions.

import { errorCodes } from '../../protocol/error-codes.js'
import type { FindCoordinatorRequest } from '../../protocol/generated/find-coordinator-request.js'
import type { FindCoordinatorResponse } from '../../protocol/generated/find-coordinator-response.js'
import { brokerId, type RequestContext } from '../request-context.js'

type Coordinator = FindCoordinatorResponse['coordinators'][number]

/** 0 is a group, 1 a transactional id; share groups (2) are not there. */
const coordinated: ReadonlySet<number> = new Set([0, 1])

export function findCoordinator(request: FindCoordinatorRequest, context: RequestContext): FindCoordinatorResponse {
  const { errorCode, errorMessage, nodeId, host, port } = coordinatorOf('', request.keyType, context)
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    nodeId,
    host,
    port,
    coordinators: request.coordinatorKeys.map((key) => coordinatorOf(key, request.keyType, context)),
  }
}

function coordinatorOf(key: string, keyType: number, { advertised }: RequestContext): Coordinator {
  if (coordinated.has(keyType)) {
    const { host, port } = advertised
    return { key, nodeId: brokerId, host, port, errorCode: errorCodes.NONE, errorMessage: null }
  }
  const errorMessage = `there are no coordinators of type ${keyType}`
  return { key, nodeId: -1, host: '', port: -1, errorCode: errorCodes.INVALID_REQUEST, errorMessage }
}

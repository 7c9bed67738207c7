// Heartbeat: a member is alive, and learns of a rebalance.

import { errorCodes } from '../../protocol/error-codes.js'
import type { HeartbeatRequest } from '../../protocol/generated/heartbeat-request.js'
import type { HeartbeatResponse } from '../../protocol/generated/heartbeat-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import { memberIdentity } from '../member-identity.js'
import type { RequestContext } from '../request-context.js'

export async function heartbeat(request: HeartbeatRequest, { engine }: RequestContext): Promise<HeartbeatResponse> {
  try {
    await engine.groups.heartbeat({ ...memberIdentity(request), generation: request.generationId })
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE }
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: coordinatorFailureOf(error).code }
  }
}

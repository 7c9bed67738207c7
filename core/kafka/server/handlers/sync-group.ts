// SyncGroup: brings the leader's assignment to every member; held until it is there.

import { errorCodes } from '../../protocol/error-codes.js'
import type { SyncGroupRequest } from '../../protocol/generated/sync-group-request.js'
import type { SyncGroupResponse } from '../../protocol/generated/sync-group-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import { memberIdentity } from '../member-identity.js'
import type { RequestContext } from '../request-context.js'

const nothing = new Uint8Array(0)

export async function syncGroup(request: SyncGroupRequest, context: RequestContext): Promise<SyncGroupResponse> {
  const { protocolType, protocolName, assignments } = request
  try {
    const { assignment } = await context.engine.groups.sync(
      { ...memberIdentity(request), generation: request.generationId, assignments },
      context.signal,
    )
    // The generation was checked, and with it the protocol that it elected.
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, protocolType, protocolName, assignment }
  } catch (error) {
    const errorCode = coordinatorFailureOf(error).code
    return { throttleTimeMs: 0, errorCode, protocolType: null, protocolName: null, assignment: nothing }
  }
}

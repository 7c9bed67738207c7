// DeleteGroups: forgets groups without members, with their offsets.

import { errorCodes } from '../../protocol/error-codes.js'
import type { DeleteGroupsRequest } from '../../protocol/generated/delete-groups-request.js'
import type { DeleteGroupsResponse } from '../../protocol/generated/delete-groups-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'

export async function deleteGroups(
  { groupsNames }: DeleteGroupsRequest,
  { engine }: RequestContext,
): Promise<DeleteGroupsResponse> {
  const results: { groupId: string; errorCode: number }[] = []
  for (const groupId of groupsNames) {
    try {
      await engine.groups.delete(groupId)
      results.push({ groupId, errorCode: errorCodes.NONE })
    } catch (error) {
      results.push({ groupId, errorCode: coordinatorFailureOf(error).code })
    }
  }
  return { throttleTimeMs: 0, results }
}

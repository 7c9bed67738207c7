// LeaveGroup: one member up to version 2, several from 3 on, where an operator may name static ones by instance alone.

import { errorCodes } from '../../protocol/error-codes.js'
import type { LeaveGroupRequest } from '../../protocol/generated/leave-group-request.js'
import type { LeaveGroupResponse } from '../../protocol/generated/leave-group-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import { memberIdentity } from '../member-identity.js'
import type { RequestContext } from '../request-context.js'

const severalFromVersion = 3

interface Leaving {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export async function leaveGroup(request: LeaveGroupRequest, context: RequestContext): Promise<LeaveGroupResponse> {
  const { groupId, memberId } = request
  if (context.apiVersion < severalFromVersion) {
    const errorCode = await leave(groupId, { memberId, groupInstanceId: null }, context)
    return { throttleTimeMs: 0, errorCode, members: [] }
  }
  const members: { memberId: string; groupInstanceId: string | null; errorCode: number }[] = []
  for (const leaving of request.members) {
    const { memberId: id, groupInstanceId } = leaving
    members.push({ memberId: id, groupInstanceId, errorCode: await leave(groupId, leaving, context) })
  }
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, members }
}

async function leave(
  groupId: string,
  { memberId, groupInstanceId }: Leaving,
  context: RequestContext,
): Promise<number> {
  const { engine, pendingMembers } = context
  // It was given an id and changed its mind.
  if (pendingMembers.take(groupId, memberId)) return errorCodes.NONE
  try {
    await engine.groups.leave(memberIdentity({ groupId, memberId, groupInstanceId }))
    return errorCodes.NONE
  } catch (error) {
    return coordinatorFailureOf(error).code
  }
}

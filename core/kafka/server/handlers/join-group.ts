// JoinGroup: held by the coordinator until the group's next generation is there. From version 4 on a new member is
// given its id first and joins with it (KIP-394).

import type { JoinResult } from '../../../engine/group-service.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { JoinGroupRequest } from '../../protocol/generated/join-group-request.js'
import type { JoinGroupResponse } from '../../protocol/generated/join-group-response.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'

const idFirstFromVersion = 4

export async function joinGroup(request: JoinGroupRequest, context: RequestContext): Promise<JoinGroupResponse> {
  const { engine, apiVersion, clientId, peerHost, pendingMembers, connectedMembers, signal } = context
  const { groupId, memberId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType } = request
  if (memberId === '' && groupInstanceId === null && apiVersion >= idFirstFromVersion && groupId !== '') {
    return failed(errorCodes.MEMBER_ID_REQUIRED, pendingMembers.give(groupId, clientId, sessionTimeoutMs))
  }
  const isPending = memberId !== '' && pendingMembers.take(groupId, memberId)
  const connects = (id: string): void => {
    if (groupInstanceId === null && id !== '') connectedMembers?.joins(signal, { group: groupId, memberId: id })
  }
  // Before the wait, during which the connection may close.
  connects(memberId)
  try {
    const joined = await engine.groups.join(
      {
        group: groupId,
        memberId: isPending ? '' : memberId,
        ...(isPending ? { newMemberId: memberId } : {}),
        ...(groupInstanceId === null ? {} : { instanceId: groupInstanceId }),
        clientId,
        clientHost: `/${peerHost}`,
        sessionTimeoutMs,
        rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? sessionTimeoutMs : rebalanceTimeoutMs,
        protocolType,
        protocols: request.protocols,
      },
      signal,
    )
    if (memberId === '') connects(joined.memberId)
    return answerOf(joined)
  } catch (error) {
    return failed(coordinatorFailureOf(error).code, memberId)
  }
}

function answerOf(joined: JoinResult): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    generationId: joined.generation,
    protocolType: joined.protocolType,
    protocolName: joined.protocol,
    leader: joined.leaderId,
    skipAssignment: false,
    memberId: joined.memberId,
    members: joined.members.map(({ memberId, instanceId, metadata }) => ({
      memberId,
      groupInstanceId: instanceId ?? null,
      metadata,
    })),
  }
}

function failed(errorCode: number, memberId: string): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolType: null,
    // Versions before 7 know no null here.
    protocolName: '',
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  }
}

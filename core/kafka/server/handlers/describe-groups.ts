// DescribeGroups: state, protocol and members of groups. A group that is not there is Dead, and an error from version 6 on.

import { engineErrors } from '../../../engine/errors.js'
import type { GroupDescription } from '../../../engine/group-service.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { DescribeGroupsRequest } from '../../protocol/generated/describe-groups-request.js'
import type { DescribeGroupsResponse } from '../../protocol/generated/describe-groups-response.js'
import { distinct } from '../distinct.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import type { RequestContext } from '../request-context.js'
import { noOperations } from './metadata.js'

type GroupAnswer = DescribeGroupsResponse['groups'][number]

const unknownFromVersion = 6

export function describeGroups(request: DescribeGroupsRequest, context: RequestContext): DescribeGroupsResponse {
  return {
    throttleTimeMs: 0,
    groups: distinct(request.groups, (group) => group).map((group) => groupAnswer(group, context)),
  }
}

function groupAnswer(group: string, { engine, apiVersion }: RequestContext): GroupAnswer {
  try {
    return answerOf(engine.groups.describe(group))
  } catch (error) {
    const { code, message } = coordinatorFailureOf(error)
    const isDead = engineErrors.is(error, 'unknown_group') && apiVersion < unknownFromVersion
    return {
      errorCode: isDead ? errorCodes.NONE : code,
      errorMessage: message,
      groupId: group,
      groupState: 'Dead',
      protocolType: '',
      protocolData: '',
      members: [],
      authorizedOperations: noOperations,
    }
  }
}

function answerOf(described: GroupDescription): GroupAnswer {
  return {
    errorCode: errorCodes.NONE,
    errorMessage: null,
    groupId: described.group,
    groupState: described.state,
    protocolType: described.protocolType,
    protocolData: described.protocol,
    members: described.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: member.metadata,
      memberAssignment: member.assignment,
    })),
    authorizedOperations: noOperations,
  }
}

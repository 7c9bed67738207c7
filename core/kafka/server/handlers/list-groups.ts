// ListGroups: all groups, or those in some states. All are of the classic type.

import { errorCodes } from '../../protocol/error-codes.js'
import type { ListGroupsRequest } from '../../protocol/generated/list-groups-request.js'
import type { ListGroupsResponse } from '../../protocol/generated/list-groups-response.js'
import type { RequestContext } from '../request-context.js'

const groupType = 'classic'

export function listGroups(
  { statesFilter, typesFilter }: ListGroupsRequest,
  context: RequestContext,
): ListGroupsResponse {
  const groups = context.engine.groups
    .list()
    .filter(({ state }) => passes(statesFilter, state) && passes(typesFilter, groupType))
    .map(({ group, protocolType, state }) => ({ groupId: group, protocolType, groupState: state, groupType }))
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, groups }
}

/** An empty filter lets everything through; Kafka's tools write states in any case. */
function passes(filter: readonly string[], word: string): boolean {
  return filter.length === 0 || filter.some((each) => each.toLowerCase() === word.toLowerCase())
}

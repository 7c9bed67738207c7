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
  const [states, types] = [lowered(statesFilter), lowered(typesFilter)]
  const groups = context.engine.groups
    .list()
    .filter(({ state }) => passes(states, state) && passes(types, groupType))
    .map(({ group, protocolType, state }) => ({ groupId: group, protocolType, groupState: state, groupType }))
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, groups }
}

/** Kafka's tools write states in any case. */
function lowered(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map((word) => word.toLowerCase()))
}

/** An empty filter lets everything through. */
function passes(filter: ReadonlySet<string>, word: string): boolean {
  return filter.size === 0 || filter.has(word.toLowerCase())
}

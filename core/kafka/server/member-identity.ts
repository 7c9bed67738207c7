// A member of a group as requests name it.

import type { MemberIdentity } from '../../engine/group-service.js'

/** The identity without its generation; an absent instance id is left out. */
export function memberIdentity(request: {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
}): Omit<MemberIdentity, 'generation'> {
  const { groupId: group, memberId, groupInstanceId } = request
  return groupInstanceId === null ? { group, memberId } : { group, memberId, instanceId: groupInstanceId }
}

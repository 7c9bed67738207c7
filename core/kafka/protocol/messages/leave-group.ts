// Leaves a group: one member up to version 2, several from 3 on.

import { array, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const leaveGroupApi = declareApi({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string('0+'),
    memberId: string('0-2'),
    members: array(
      struct('LeaveGroupRequestMember', {
        memberId: string('3+'),
        groupInstanceId: string('3+', { nullable: '3+', default: null }),
        reason: string('5+', { nullable: '5+', default: null }),
      }),
      '3+',
    ),
  },
  response: {
    throttleTimeMs: int32('1+'),
    errorCode: int16('0+'),
    members: array(
      struct('LeaveGroupResponseMember', {
        memberId: string('3+'),
        groupInstanceId: string('3+', { nullable: '3+' }),
        errorCode: int16('3+'),
      }),
      '3+',
    ),
  },
})

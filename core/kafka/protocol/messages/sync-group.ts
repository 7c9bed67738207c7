// Hands the leader's assignments in, and gives each member its own.

import { array, bytes, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const syncGroupApi = declareApi({
  key: 14,
  name: 'SyncGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
    protocolType: string('5+', { nullable: '5+', default: null }),
    protocolName: string('5+', { nullable: '5+', default: null }),
    assignments: array(
      struct('SyncGroupRequestAssignment', {
        memberId: string('0+'),
        assignment: bytes('0+'),
      }),
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('1+'),
    errorCode: int16('0+'),
    protocolType: string('5+', { nullable: '5+', default: null }),
    protocolName: string('5+', { nullable: '5+', default: null }),
    assignment: bytes('0+'),
  },
})

// Joins a group of the classic protocol; the answer waits for the other members.

import { array, bool, bytes, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const joinGroupApi = declareApi({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexible: '6+',
  request: {
    groupId: string('0+'),
    sessionTimeoutMs: int32('0+'),
    rebalanceTimeoutMs: int32('1+', { default: -1 }),
    memberId: string('0+'),
    groupInstanceId: string('5+', { nullable: '5+', default: null }),
    protocolType: string('0+'),
    protocols: array(
      struct('JoinGroupRequestProtocol', {
        name: string('0+'),
        metadata: bytes('0+'),
      }),
      '0+',
    ),
    reason: string('8+', { nullable: '8+', default: null }),
  },
  response: {
    throttleTimeMs: int32('2+'),
    errorCode: int16('0+'),
    generationId: int32('0+', { default: -1 }),
    protocolType: string('7+', { nullable: '7+', default: null }),
    protocolName: string('0+', { nullable: '7+' }),
    leader: string('0+'),
    skipAssignment: bool('9+'),
    memberId: string('0+'),
    members: array(
      struct('JoinGroupResponseMember', {
        memberId: string('0+'),
        groupInstanceId: string('5+', { nullable: '5+', default: null }),
        metadata: bytes('0+'),
      }),
      '0+',
    ),
  },
})

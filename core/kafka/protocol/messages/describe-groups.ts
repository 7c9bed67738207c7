// Describes groups of the classic protocol with their members.

import { array, bool, bytes, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeGroupsApi = declareApi({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexible: '5+',
  request: {
    groups: array('string', '0+'),
    includeAuthorizedOperations: bool('3+'),
  },
  response: {
    throttleTimeMs: int32('1+'),
    groups: array(
      struct('DescribeGroupsResponseGroup', {
        errorCode: int16('0+'),
        errorMessage: string('6+', { nullable: '6+', default: null }),
        groupId: string('0+'),
        groupState: string('0+'),
        protocolType: string('0+'),
        protocolData: string('0+'),
        members: array(
          struct('DescribeGroupsResponseGroupMember', {
            memberId: string('0+'),
            groupInstanceId: string('4+', { nullable: '4+', default: null }),
            clientId: string('0+'),
            clientHost: string('0+'),
            memberMetadata: bytes('0+'),
            memberAssignment: bytes('0+'),
          }),
          '0+',
        ),
        authorizedOperations: int32('3+', { default: -2147483648 }),
      }),
      '0+',
    ),
  },
})

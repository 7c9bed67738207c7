// Lists groups, from version 4 on by state, from 5 on by type.

import { array, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const listGroupsApi = declareApi({
  key: 16,
  name: 'ListGroups',
  versions: '0-5',
  flexible: '3+',
  request: {
    statesFilter: array('string', '4+'),
    typesFilter: array('string', '5+'),
  },
  response: {
    throttleTimeMs: int32('1+'),
    errorCode: int16('0+'),
    groups: array(
      struct('ListGroupsResponseGroup', {
        groupId: string('0+'),
        protocolType: string('0+'),
        groupState: string('4+'),
        groupType: string('5+'),
      }),
      '0+',
    ),
  },
})

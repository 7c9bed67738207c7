// Deletes groups without members.

import { array, int16, int32, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const deleteGroupsApi = declareApi({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-2',
  flexible: '2+',
  request: {
    groupsNames: array('string', '0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('DeleteGroupsResponseResult', {
        groupId: string('0+'),
        errorCode: int16('0+'),
      }),
      '0+',
    ),
  },
})

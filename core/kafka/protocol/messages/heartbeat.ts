// Keeps a member in its group and tells it of a rebalance.

import { int16, int32, string } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const heartbeatApi = declareApi({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexible: '4+',
  request: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
  },
  response: {
    throttleTimeMs: int32('1+'),
    errorCode: int16('0+'),
  },
})

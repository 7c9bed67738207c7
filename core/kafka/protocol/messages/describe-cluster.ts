// Describes the cluster: its id, its controller and its brokers.

import { array, bool, int16, int32, int8, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeClusterApi = declareApi({
  key: 60,
  name: 'DescribeCluster',
  versions: '0-1',
  flexible: '0+',
  request: {
    includeClusterAuthorizedOperations: bool('0+'),
    endpointType: int8('1+', { default: 1 }),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    endpointType: int8('1+', { default: 1 }),
    clusterId: string('0+'),
    controllerId: int32('0+', { default: -1 }),
    brokers: array(
      struct('DescribeClusterResponseBroker', {
        brokerId: int32('0+'),
        host: string('0+'),
        port: int32('0+'),
        rack: string('0+', { nullable: '0+', default: null }),
      }),
      '0+',
    ),
    clusterAuthorizedOperations: int32('0+', { default: -2147483648 }),
  },
})

// DescribeCluster: one broker, which is the controller.

import { errorCodes } from '../../protocol/error-codes.js'
import type { DescribeClusterRequest } from '../../protocol/generated/describe-cluster-request.js'
import type { DescribeClusterResponse } from '../../protocol/generated/describe-cluster-response.js'
import { brokerId, type RequestContext } from '../request-context.js'
import { noOperations } from './metadata.js'

/** Controllers of their own (2) are not there. */
const brokerEndpoints = 1

export function describeCluster(
  { endpointType }: DescribeClusterRequest,
  { engine, advertised }: RequestContext,
): DescribeClusterResponse {
  const isServed = endpointType === brokerEndpoints
  return {
    throttleTimeMs: 0,
    errorCode: isServed ? errorCodes.NONE : errorCodes.UNSUPPORTED_ENDPOINT_TYPE,
    errorMessage: isServed ? null : 'this broker tells of brokers only',
    endpointType: brokerEndpoints,
    clusterId: engine.hubId,
    controllerId: brokerId,
    brokers: isServed ? [{ brokerId, host: advertised.host, port: advertised.port, rack: null }] : [],
    clusterAuthorizedOperations: noOperations,
  }
}

// Generated from messages/describe-cluster.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, flexible from 0. */
export interface DescribeClusterRequest {
  readonly includeClusterAuthorizedOperations: boolean
  /** Versions 1. */
  readonly endpointType: number
}

export function decodeDescribeClusterRequest(reader: MessageReader, version: number): DescribeClusterRequest {
  reader.flexible = true
  const includeClusterAuthorizedOperations = reader.bool('DescribeClusterRequest.includeClusterAuthorizedOperations')
  const endpointType = version >= 1 ? reader.int8('DescribeClusterRequest.endpointType') : 1
  reader.skipTags('DescribeClusterRequest')
  return { includeClusterAuthorizedOperations, endpointType }
}

export function encodeDescribeClusterRequest(
  writer: MessageWriter,
  message: DescribeClusterRequest,
  version: number,
): void {
  writer.flexible = true
  writer.bool(message.includeClusterAuthorizedOperations)
  if (version >= 1) writer.int8(message.endpointType)
  writer.tagCount(0)
}

// Generated from messages/describe-cluster.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, flexible from 0. */
export interface DescribeClusterResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  /** Versions 1. */
  readonly endpointType: number
  readonly clusterId: string
  readonly controllerId: number
  readonly brokers: readonly DescribeClusterResponseBroker[]
  readonly clusterAuthorizedOperations: number
}

export interface DescribeClusterResponseBroker {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export function decodeDescribeClusterResponse(reader: MessageReader, version: number): DescribeClusterResponse {
  reader.flexible = true
  const throttleTimeMs = reader.int32('DescribeClusterResponse.throttleTimeMs')
  const errorCode = reader.int16('DescribeClusterResponse.errorCode')
  const errorMessage = reader.nullableString('DescribeClusterResponse.errorMessage')
  const endpointType = version >= 1 ? reader.int8('DescribeClusterResponse.endpointType') : 1
  const clusterId = reader.string('DescribeClusterResponse.clusterId')
  const controllerId = reader.int32('DescribeClusterResponse.controllerId')
  const brokersCount = reader.count('DescribeClusterResponse.brokers', 11)
  const brokers: DescribeClusterResponseBroker[] = []
  for (let left = brokersCount; left > 0; left--) brokers.push(decodeDescribeClusterResponseBroker(reader))
  const clusterAuthorizedOperations = reader.int32('DescribeClusterResponse.clusterAuthorizedOperations')
  reader.skipTags('DescribeClusterResponse')
  return {
    throttleTimeMs,
    errorCode,
    errorMessage,
    endpointType,
    clusterId,
    controllerId,
    brokers,
    clusterAuthorizedOperations,
  }
}

function decodeDescribeClusterResponseBroker(reader: MessageReader): DescribeClusterResponseBroker {
  const brokerId = reader.int32('DescribeClusterResponse.brokers.brokerId')
  const host = reader.string('DescribeClusterResponse.brokers.host')
  const port = reader.int32('DescribeClusterResponse.brokers.port')
  const rack = reader.nullableString('DescribeClusterResponse.brokers.rack')
  reader.skipTags('DescribeClusterResponse.brokers')
  return { brokerId, host, port, rack }
}

export function encodeDescribeClusterResponse(
  writer: MessageWriter,
  message: DescribeClusterResponse,
  version: number,
): void {
  writer.flexible = true
  writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  if (version >= 1) writer.int8(message.endpointType)
  writer.string(message.clusterId)
  writer.int32(message.controllerId)
  writer.count(message.brokers)
  for (const element of message.brokers) encodeDescribeClusterResponseBroker(writer, element)
  writer.int32(message.clusterAuthorizedOperations)
  writer.tagCount(0)
}

function encodeDescribeClusterResponseBroker(writer: MessageWriter, message: DescribeClusterResponseBroker): void {
  writer.int32(message.brokerId)
  writer.string(message.host)
  writer.int32(message.port)
  writer.nullableString(message.rack)
  writer.tagCount(0)
}

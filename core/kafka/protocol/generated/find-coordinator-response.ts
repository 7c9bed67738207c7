// Generated from messages/find-coordinator.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 6, flexible from 3. */
export interface FindCoordinatorResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number
  /** Versions 0-3. */
  readonly errorCode: number
  /** Versions 1-3. */
  readonly errorMessage: string | null
  /** Versions 0-3. */
  readonly nodeId: number
  /** Versions 0-3. */
  readonly host: string
  /** Versions 0-3. */
  readonly port: number
  /** Versions 4+. */
  readonly coordinators: readonly FindCoordinatorResponseCoordinator[]
}

export interface FindCoordinatorResponseCoordinator {
  readonly key: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function decodeFindCoordinatorResponse(reader: MessageReader, version: number): FindCoordinatorResponse {
  reader.flexible = version >= 3
  const throttleTimeMs = version >= 1 ? reader.int32('FindCoordinatorResponse.throttleTimeMs') : 0
  const errorCode = version <= 3 ? reader.int16('FindCoordinatorResponse.errorCode') : 0
  const errorMessage = version >= 1 && version <= 3 ? reader.nullableString('FindCoordinatorResponse.errorMessage') : ''
  const nodeId = version <= 3 ? reader.int32('FindCoordinatorResponse.nodeId') : 0
  const host = version <= 3 ? reader.string('FindCoordinatorResponse.host') : ''
  const port = version <= 3 ? reader.int32('FindCoordinatorResponse.port') : 0
  const coordinatorsCount = version >= 4 ? reader.count('FindCoordinatorResponse.coordinators', 14) : 0
  const coordinators: FindCoordinatorResponseCoordinator[] = []
  for (let left = coordinatorsCount; left > 0; left--)
    coordinators.push(decodeFindCoordinatorResponseCoordinator(reader))
  reader.skipTags('FindCoordinatorResponse')
  return { throttleTimeMs, errorCode, errorMessage, nodeId, host, port, coordinators }
}

function decodeFindCoordinatorResponseCoordinator(reader: MessageReader): FindCoordinatorResponseCoordinator {
  const key = reader.string('FindCoordinatorResponse.coordinators.key')
  const nodeId = reader.int32('FindCoordinatorResponse.coordinators.nodeId')
  const host = reader.string('FindCoordinatorResponse.coordinators.host')
  const port = reader.int32('FindCoordinatorResponse.coordinators.port')
  const errorCode = reader.int16('FindCoordinatorResponse.coordinators.errorCode')
  const errorMessage = reader.nullableString('FindCoordinatorResponse.coordinators.errorMessage')
  reader.skipTags('FindCoordinatorResponse.coordinators')
  return { key, nodeId, host, port, errorCode, errorMessage }
}

export function encodeFindCoordinatorResponse(
  writer: MessageWriter,
  message: FindCoordinatorResponse,
  version: number,
): void {
  writer.flexible = version >= 3
  if (version >= 1) writer.int32(message.throttleTimeMs)
  if (version <= 3) writer.int16(message.errorCode)
  if (version >= 1 && version <= 3) writer.nullableString(message.errorMessage)
  if (version <= 3) writer.int32(message.nodeId)
  if (version <= 3) writer.string(message.host)
  if (version <= 3) writer.int32(message.port)
  if (version >= 4) {
    writer.count(message.coordinators)
    for (const element of message.coordinators) encodeFindCoordinatorResponseCoordinator(writer, element)
  }
  writer.tagCount(0)
}

function encodeFindCoordinatorResponseCoordinator(
  writer: MessageWriter,
  message: FindCoordinatorResponseCoordinator,
): void {
  writer.string(message.key)
  writer.int32(message.nodeId)
  writer.string(message.host)
  writer.int32(message.port)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.tagCount(0)
}

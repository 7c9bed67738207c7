// Generated from messages/join-group.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 9, flexible from 6. */
export interface JoinGroupRequest {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  /** Versions 1+. */
  readonly rebalanceTimeoutMs: number
  readonly memberId: string
  /** Versions 5+. */
  readonly groupInstanceId: string | null
  readonly protocolType: string
  readonly protocols: readonly JoinGroupRequestProtocol[]
  /** Versions 8+. */
  readonly reason: string | null
}

export interface JoinGroupRequestProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export function decodeJoinGroupRequest(reader: MessageReader, version: number): JoinGroupRequest {
  reader.flexible = version >= 6
  const groupId = reader.string('JoinGroupRequest.groupId')
  const sessionTimeoutMs = reader.int32('JoinGroupRequest.sessionTimeoutMs')
  const rebalanceTimeoutMs = version >= 1 ? reader.int32('JoinGroupRequest.rebalanceTimeoutMs') : -1
  const memberId = reader.string('JoinGroupRequest.memberId')
  const groupInstanceId = version >= 5 ? reader.nullableString('JoinGroupRequest.groupInstanceId') : null
  const protocolType = reader.string('JoinGroupRequest.protocolType')
  const protocolsCount = reader.count('JoinGroupRequest.protocols', 3)
  const protocols: JoinGroupRequestProtocol[] = []
  for (let left = protocolsCount; left > 0; left--) protocols.push(decodeJoinGroupRequestProtocol(reader))
  const reason = version >= 8 ? reader.nullableString('JoinGroupRequest.reason') : null
  reader.skipTags('JoinGroupRequest')
  return { groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, groupInstanceId, protocolType, protocols, reason }
}

function decodeJoinGroupRequestProtocol(reader: MessageReader): JoinGroupRequestProtocol {
  const name = reader.string('JoinGroupRequest.protocols.name')
  const metadata = reader.bytes('JoinGroupRequest.protocols.metadata')
  reader.skipTags('JoinGroupRequest.protocols')
  return { name, metadata }
}

export function encodeJoinGroupRequest(writer: MessageWriter, message: JoinGroupRequest, version: number): void {
  writer.flexible = version >= 6
  writer.string(message.groupId)
  writer.int32(message.sessionTimeoutMs)
  if (version >= 1) writer.int32(message.rebalanceTimeoutMs)
  writer.string(message.memberId)
  if (version >= 5) writer.nullableString(message.groupInstanceId)
  writer.string(message.protocolType)
  writer.count(message.protocols)
  for (const element of message.protocols) encodeJoinGroupRequestProtocol(writer, element)
  if (version >= 8) writer.nullableString(message.reason)
  writer.tagCount(0)
}

function encodeJoinGroupRequestProtocol(writer: MessageWriter, message: JoinGroupRequestProtocol): void {
  writer.string(message.name)
  writer.bytes(message.metadata)
  writer.tagCount(0)
}

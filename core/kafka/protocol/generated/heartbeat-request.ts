// Generated from messages/heartbeat.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 4. */
export interface HeartbeatRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  /** Versions 3+. */
  readonly groupInstanceId: string | null
}

export function decodeHeartbeatRequest(reader: MessageReader, version: number): HeartbeatRequest {
  reader.flexible = version >= 4
  const groupId = reader.string('HeartbeatRequest.groupId')
  const generationId = reader.int32('HeartbeatRequest.generationId')
  const memberId = reader.string('HeartbeatRequest.memberId')
  const groupInstanceId = version >= 3 ? reader.nullableString('HeartbeatRequest.groupInstanceId') : null
  reader.skipTags('HeartbeatRequest')
  return { groupId, generationId, memberId, groupInstanceId }
}

export function encodeHeartbeatRequest(writer: MessageWriter, message: HeartbeatRequest, version: number): void {
  writer.flexible = version >= 4
  writer.string(message.groupId)
  writer.int32(message.generationId)
  writer.string(message.memberId)
  if (version >= 3) writer.nullableString(message.groupInstanceId)
  writer.tagCount(0)
}

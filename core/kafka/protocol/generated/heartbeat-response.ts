// Generated from messages/heartbeat.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 4. */
export interface HeartbeatResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number
  readonly errorCode: number
}

export function decodeHeartbeatResponse(reader: MessageReader, version: number): HeartbeatResponse {
  reader.flexible = version >= 4
  const throttleTimeMs = version >= 1 ? reader.int32('HeartbeatResponse.throttleTimeMs') : 0
  const errorCode = reader.int16('HeartbeatResponse.errorCode')
  reader.skipTags('HeartbeatResponse')
  return { throttleTimeMs, errorCode }
}

export function encodeHeartbeatResponse(writer: MessageWriter, message: HeartbeatResponse, version: number): void {
  writer.flexible = version >= 4
  if (version >= 1) writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

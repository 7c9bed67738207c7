// Generated from messages/sync-group.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 4. */
export interface SyncGroupResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number
  readonly errorCode: number
  /** Versions 5. */
  readonly protocolType: string | null
  /** Versions 5. */
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export function decodeSyncGroupResponse(reader: MessageReader, version: number): SyncGroupResponse {
  reader.flexible = version >= 4
  const throttleTimeMs = version >= 1 ? reader.int32('SyncGroupResponse.throttleTimeMs') : 0
  const errorCode = reader.int16('SyncGroupResponse.errorCode')
  const protocolType = version >= 5 ? reader.nullableString('SyncGroupResponse.protocolType') : null
  const protocolName = version >= 5 ? reader.nullableString('SyncGroupResponse.protocolName') : null
  const assignment = reader.bytes('SyncGroupResponse.assignment')
  reader.skipTags('SyncGroupResponse')
  return { throttleTimeMs, errorCode, protocolType, protocolName, assignment }
}

export function encodeSyncGroupResponse(writer: MessageWriter, message: SyncGroupResponse, version: number): void {
  writer.flexible = version >= 4
  if (version >= 1) writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  if (version >= 5) writer.nullableString(message.protocolType)
  if (version >= 5) writer.nullableString(message.protocolName)
  writer.bytes(message.assignment)
  writer.tagCount(0)
}

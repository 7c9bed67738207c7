// Generated from messages/add-offsets-to-txn.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface AddOffsetsToTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}

export function decodeAddOffsetsToTxnResponse(reader: MessageReader, version: number): AddOffsetsToTxnResponse {
  reader.flexible = version >= 3
  const throttleTimeMs = reader.int32('AddOffsetsToTxnResponse.throttleTimeMs')
  const errorCode = reader.int16('AddOffsetsToTxnResponse.errorCode')
  reader.skipTags('AddOffsetsToTxnResponse')
  return { throttleTimeMs, errorCode }
}

export function encodeAddOffsetsToTxnResponse(
  writer: MessageWriter,
  message: AddOffsetsToTxnResponse,
  version: number,
): void {
  writer.flexible = version >= 3
  writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

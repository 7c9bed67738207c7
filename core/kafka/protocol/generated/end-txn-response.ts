// Generated from messages/end-txn.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface EndTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}

export function decodeEndTxnResponse(reader: MessageReader, version: number): EndTxnResponse {
  reader.flexible = version >= 3
  const throttleTimeMs = reader.int32('EndTxnResponse.throttleTimeMs')
  const errorCode = reader.int16('EndTxnResponse.errorCode')
  reader.skipTags('EndTxnResponse')
  return { throttleTimeMs, errorCode }
}

export function encodeEndTxnResponse(writer: MessageWriter, message: EndTxnResponse, version: number): void {
  writer.flexible = version >= 3
  writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}

// Generated from messages/headers.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, flexible from 1. */
export interface ResponseHeader {
  readonly correlationId: number
}

export function decodeResponseHeader(reader: MessageReader, version: number): ResponseHeader {
  reader.flexible = version >= 1
  const correlationId = reader.int32('ResponseHeader.correlationId')
  reader.skipTags('ResponseHeader')
  return { correlationId }
}

export function encodeResponseHeader(writer: MessageWriter, message: ResponseHeader, version: number): void {
  writer.flexible = version >= 1
  writer.int32(message.correlationId)
  writer.tagCount(0)
}

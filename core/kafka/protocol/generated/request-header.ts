// Generated from messages/headers.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 2, flexible from 2. */
export interface RequestHeader {
  readonly requestApiKey: number
  readonly requestApiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

export function decodeRequestHeader(reader: MessageReader, version: number): RequestHeader {
  reader.flexible = version >= 2
  const requestApiKey = reader.int16('RequestHeader.requestApiKey')
  const requestApiVersion = reader.int16('RequestHeader.requestApiVersion')
  const correlationId = reader.int32('RequestHeader.correlationId')
  const clientId = reader.nullableString16('RequestHeader.clientId')
  reader.skipTags('RequestHeader')
  return { requestApiKey, requestApiVersion, correlationId, clientId }
}

export function encodeRequestHeader(writer: MessageWriter, message: RequestHeader, version: number): void {
  writer.flexible = version >= 2
  writer.int16(message.requestApiKey)
  writer.int16(message.requestApiVersion)
  writer.int32(message.correlationId)
  writer.nullableString16(message.clientId)
  writer.tagCount(0)
}

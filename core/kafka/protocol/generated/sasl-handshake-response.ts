// Generated from messages/sasl-handshake.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, none of them flexible. */
export interface SaslHandshakeResponse {
  readonly errorCode: number
  readonly mechanisms: readonly string[]
}

export function decodeSaslHandshakeResponse(reader: MessageReader, _version: number): SaslHandshakeResponse {
  reader.flexible = false
  const errorCode = reader.int16('SaslHandshakeResponse.errorCode')
  const mechanismsCount = reader.count('SaslHandshakeResponse.mechanisms', 2)
  const mechanisms: string[] = []
  for (let left = mechanismsCount; left > 0; left--) mechanisms.push(reader.string('SaslHandshakeResponse.mechanisms'))
  return { errorCode, mechanisms }
}

export function encodeSaslHandshakeResponse(
  writer: MessageWriter,
  message: SaslHandshakeResponse,
  _version: number,
): void {
  writer.flexible = false
  writer.int16(message.errorCode)
  writer.count(message.mechanisms)
  for (const element of message.mechanisms) writer.string(element)
}

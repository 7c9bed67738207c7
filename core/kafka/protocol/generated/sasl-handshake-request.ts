// Generated from messages/sasl-handshake.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, none of them flexible. */
export interface SaslHandshakeRequest {
  readonly mechanism: string
}

export function decodeSaslHandshakeRequest(reader: MessageReader, _version: number): SaslHandshakeRequest {
  reader.flexible = false
  const mechanism = reader.string('SaslHandshakeRequest.mechanism')
  return { mechanism }
}

export function encodeSaslHandshakeRequest(
  writer: MessageWriter,
  message: SaslHandshakeRequest,
  _version: number,
): void {
  writer.flexible = false
  writer.string(message.mechanism)
}

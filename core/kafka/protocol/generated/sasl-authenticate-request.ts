// Generated from messages/sasl-authenticate.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface SaslAuthenticateRequest {
  readonly authBytes: Uint8Array
}

export function decodeSaslAuthenticateRequest(reader: MessageReader, version: number): SaslAuthenticateRequest {
  reader.flexible = version >= 2
  const authBytes = reader.bytes('SaslAuthenticateRequest.authBytes')
  reader.skipTags('SaslAuthenticateRequest')
  return { authBytes }
}

export function encodeSaslAuthenticateRequest(
  writer: MessageWriter,
  message: SaslAuthenticateRequest,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.bytes(message.authBytes)
  writer.tagCount(0)
}

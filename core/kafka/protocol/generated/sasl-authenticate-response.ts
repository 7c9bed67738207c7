// Generated from messages/sasl-authenticate.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface SaslAuthenticateResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly authBytes: Uint8Array
  /** Versions 1+. */
  readonly sessionLifetimeMs: number
}

export function decodeSaslAuthenticateResponse(reader: MessageReader, version: number): SaslAuthenticateResponse {
  reader.flexible = version >= 2
  const errorCode = reader.int16('SaslAuthenticateResponse.errorCode')
  const errorMessage = reader.nullableString('SaslAuthenticateResponse.errorMessage')
  const authBytes = reader.bytes('SaslAuthenticateResponse.authBytes')
  const sessionLifetimeMs = version >= 1 ? reader.int64('SaslAuthenticateResponse.sessionLifetimeMs') : 0
  reader.skipTags('SaslAuthenticateResponse')
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs }
}

export function encodeSaslAuthenticateResponse(
  writer: MessageWriter,
  message: SaslAuthenticateResponse,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.bytes(message.authBytes)
  if (version >= 1) writer.int64(message.sessionLifetimeMs)
  writer.tagCount(0)
}

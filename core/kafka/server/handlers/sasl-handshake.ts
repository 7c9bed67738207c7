// SaslHandshake: chooses the mechanism of a log-in.

import { errorCodes } from '../../protocol/error-codes.js'
import type { SaslHandshakeRequest } from '../../protocol/generated/sasl-handshake-request.js'
import type { SaslHandshakeResponse } from '../../protocol/generated/sasl-handshake-response.js'
import type { RequestContext } from '../request-context.js'

const codes = {
  begun: errorCodes.NONE,
  unsupported: errorCodes.UNSUPPORTED_SASL_MECHANISM,
  'out-of-place': errorCodes.ILLEGAL_SASL_STATE,
} as const

/** In version 0 the tokens follow as frames of their own. */
export function saslHandshake(
  { mechanism }: SaslHandshakeRequest,
  { apiVersion, session }: RequestContext,
): SaslHandshakeResponse {
  const outcome = session.begin(mechanism, apiVersion === 0)
  return { errorCode: codes[outcome], mechanisms: [...session.mechanisms] }
}

// SaslAuthenticate: one token of a log-in. A refusal says no more than the mechanism, and comes late, so that guessing is
// slow; the connection is closed behind it.

import type { SaslAuthenticateRequest } from '../../protocol/generated/sasl-authenticate-request.js'
import type { SaslAuthenticateResponse } from '../../protocol/generated/sasl-authenticate-response.js'
import { errorCodes } from '../../protocol/error-codes.js'
import { refusalDelayMs } from '../limits.js'
import type { RequestContext } from '../request-context.js'

const nothing = Buffer.alloc(0)

export async function saslAuthenticate(
  { authBytes }: SaslAuthenticateRequest,
  context: RequestContext,
): Promise<SaslAuthenticateResponse> {
  const { session } = context
  const step = await session.step(Buffer.from(authBytes.buffer, authBytes.byteOffset, authBytes.byteLength))
  if (step === undefined) {
    const errorMessage = 'a SaslHandshake comes first'
    return { errorCode: errorCodes.ILLEGAL_SASL_STATE, errorMessage, authBytes: nothing, sessionLifetimeMs: 0 }
  }
  if (step.kind !== 'refused') {
    return { errorCode: errorCodes.NONE, errorMessage: null, authBytes: step.token, sessionLifetimeMs: 0 }
  }
  await tellRefusal(step.reason, context)
  const errorMessage = `Authentication failed with SASL mechanism ${session.mechanism}`
  return { errorCode: errorCodes.SASL_AUTHENTICATION_FAILED, errorMessage, authBytes: nothing, sessionLifetimeMs: 0 }
}

/** Writes a refused log-in into the log and lets its peer wait. */
export async function tellRefusal(
  reason: string,
  {
    logger,
    clock,
    session,
    peerHost,
    signal,
  }: Pick<RequestContext, 'logger' | 'clock' | 'session' | 'peerHost' | 'signal'>,
): Promise<void> {
  logger.warn('a log-in is refused', { peer: peerHost, mechanism: session.mechanism, reason })
  await clock.sleep(refusalDelayMs, signal)
}

// The verifiers by the setting `verify.scheme`. Each looks at the body as it was sent, before it was unpacked: senders sign
// what they send.
//
// Where a sender has no id of its own, the signature by our first secret over time and body names the delivery: it is the
// same whatever else stood in the header, so that a request that was caught and sent again is one that came before.

import type { IngressRequest, RequestBody } from '../../../core/connector/ingress.js'
import { present } from '../../../core/errors/invariant.js'
import { keyedHash, type KeyedHash, matchingSignature } from '../../../core/signature/keyed-hash.js'
import { contentBy } from '../../../core/signature/signed-content.js'
import { isSignedStandardWebhook, standardWebhookKey } from '../../../core/signature/standard-webhooks.js'
import { signatureErrors } from '../../../core/signature/errors.js'
import type { Verifier } from '../verifier.js'
import { checkedId, checkedSeconds, malformed, neededHeader, singleHeader, wrongSignature } from './signed-headers.js'
import type { VerifySettings } from './verify-settings.js'

type MakeVerifier = (settings: VerifySettings) => Verifier

const verifiers: Readonly<Record<VerifySettings['scheme'], MakeVerifier>> = {
  github: githubVerifier,
  stripe: stripeVerifier,
  slack: slackVerifier,
  'standard-webhooks': standardWebhooksVerifier,
  hmac: hmacVerifier,
}

/** Undefined when nothing is signed. Errors: signature_secret_unusable. */
export function verifierOf(verify: VerifySettings | undefined): Verifier | undefined {
  return verify === undefined ? undefined : verifiers[verify.scheme](verify)
}

const hexSha256: KeyedHash = { algorithm: 'sha256', encoding: 'hex' }

/** A signature header of Stripe has a handful of elements. */
const mostElements = 32

/** docs.github.com, "Validating webhook deliveries": `x-hub-signature-256: sha256=HEX` over the body. */
function githubVerifier(settings: VerifySettings): Verifier {
  const keys = textKeys(settings)
  return {
    verify(request: IngressRequest, { received }: RequestBody) {
      const shown = neededHeader(request, 'x-hub-signature-256')
      const expected = keys.map((key) => `sha256=${keyedHash(hexSha256, key, [received])}`)
      if (matchingSignature([shown], expected) === undefined) throw wrongSignature()
      const delivery = singleHeader(request, 'x-github-delivery')
      return { replayId: delivery === undefined ? undefined : checkedId(delivery, 'x-github-delivery') }
    },
  }
}

/**
 * docs.stripe.com, "Verify webhook signatures manually": `stripe-signature: t=SECONDS,v1=HEX,…` over `SECONDS.BODY`. An
 * event that is sent again has the same id and may have another body, so that only the same signature is a repetition.
 */
function stripeVerifier(settings: VerifySettings): Verifier {
  const keys = textKeys(settings)
  return {
    verify(request: IngressRequest, { received }: RequestBody, nowMs: number) {
      const { timestamp, signatures } = stripeElements(neededHeader(request, 'stripe-signature'))
      checkedSeconds(timestamp, { nowMs, toleranceMs: settings.tolerance })
      const expected = keys.map((key) => keyedHash(hexSha256, key, [`${timestamp}.`, received]))
      if (matchingSignature(signatures, expected) === undefined) throw wrongSignature()
      return { replayId: expected[0] }
    },
  }
}

function stripeElements(header: string): { readonly timestamp: string; readonly signatures: readonly string[] } {
  let timestamp: string | undefined
  const signatures: string[] = []
  for (const element of header.split(',', mostElements)) {
    const equals = element.indexOf('=')
    const name = element.slice(0, equals).trim()
    if (equals === -1) throw malformed('an element of stripe-signature has no name')
    if (name === 'v1') signatures.push(element.slice(equals + 1).trim())
    if (name !== 't') continue
    if (timestamp !== undefined) throw malformed('stripe-signature has two times')
    timestamp = element.slice(equals + 1).trim()
  }
  if (timestamp === undefined) throw malformed('stripe-signature has no time')
  return { timestamp, signatures }
}

/** docs.slack.dev, "Verifying requests from Slack": `x-slack-signature: v0=HEX` over `v0:SECONDS:BODY`. */
function slackVerifier(settings: VerifySettings): Verifier {
  const keys = textKeys(settings)
  return {
    verify(request: IngressRequest, { received }: RequestBody, nowMs: number) {
      const shown = neededHeader(request, 'x-slack-signature')
      const timestamp = neededHeader(request, 'x-slack-request-timestamp')
      checkedSeconds(timestamp, { nowMs, toleranceMs: settings.tolerance })
      const start = `v0:${timestamp}:`
      const expected = keys.map((key) => `v0=${keyedHash(hexSha256, key, [start, received])}`)
      if (matchingSignature([shown], expected) === undefined) throw wrongSignature()
      return { replayId: expected[0] }
    },
  }
}

function standardWebhooksVerifier(settings: VerifySettings): Verifier {
  const secrets = settings.secrets.map((secret) => standardWebhookKey(secret.reveal()))
  return {
    verify(request: IngressRequest, { received }: RequestBody, nowMs: number) {
      const id = checkedId(neededHeader(request, 'webhook-id'), 'webhook-id')
      if (id.includes('.')) throw malformed('webhook-id has a dot')
      const shown = neededHeader(request, 'webhook-signature')
      const timestamp = neededHeader(request, 'webhook-timestamp')
      const timestampSeconds = checkedSeconds(timestamp, { nowMs, toleranceMs: settings.tolerance })
      const webhook = { secrets, id, timestampSeconds, body: received }
      if (!isSignedStandardWebhook(webhook, shown)) throw wrongSignature()
      return { replayId: id }
    },
  }
}

/** Without an id of the sender's own, a signature over a time stands for the delivery; over a body alone nothing does. */
function hmacVerifier(settings: VerifySettings): Verifier {
  const keys = textKeys(settings)
  const content = present(settings.content, 'the content of what is signed, which the check of the settings asks for')
  const { signatureHeader, prefix = '', timestampHeader, idHeader, template } = content
  const partsOf = contentBy(template)
  return {
    verify(request: IngressRequest, { received }: RequestBody, nowMs: number) {
      const shown = neededHeader(request, signatureHeader)
      const id = idHeader === undefined ? undefined : checkedId(neededHeader(request, idHeader), idHeader)
      const timestamp = timestampHeader === undefined ? '' : neededHeader(request, timestampHeader)
      if (timestampHeader !== undefined) checkedSeconds(timestamp, { nowMs, toleranceMs: settings.tolerance })
      const parts = partsOf({ id: id ?? '', timestamp, body: received })
      const expected = keys.map((key) => prefix + keyedHash(content, key, parts))
      if (matchingSignature([shown], expected) === undefined) throw wrongSignature()
      return { replayId: id ?? (timestampHeader === undefined ? undefined : expected[0]) }
    },
  }
}

/** Errors: signature_secret_unusable. */
function textKeys({ secrets }: VerifySettings): readonly Buffer[] {
  const keys = secrets.map((secret) => Buffer.from(secret.reveal()))
  if (keys.every((key) => key.length > 0)) return keys
  throw signatureErrors.make('signature_secret_unusable', 'a secret of "verify" is empty')
}

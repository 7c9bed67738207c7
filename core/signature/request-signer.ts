// The headers with which a sender signs a request, by scheme. Pure.
//
// With several secrets each of them signs, the newest first, so that receivers can go over from one to the next without a
// gap. GitHub's header has room for one signature alone. Names of headers are in lower case.

import { signatureErrors } from './errors.js'
import { keyedHash, type KeyedHash } from './keyed-hash.js'
import { contentBy } from './signed-content.js'
import { signStandardWebhook, standardWebhookKey } from './standard-webhooks.js'

export interface SignedRequest {
  /** Without a dot, the same in each attempt. */
  readonly id: string
  /** Of this attempt, in whole seconds since the epoch. */
  readonly timestampSeconds: number
  readonly body: Uint8Array
}

/** Headers by name. */
export type RequestSigner = (request: SignedRequest) => Readonly<Record<string, string>>

export interface HmacScheme {
  readonly hash: KeyedHash
  /** Where the signatures stand, parted by commas. */
  readonly header: string
  /** What stands before each signature. */
  readonly prefix: string
  /** A template for `contentBy`. */
  readonly signed: string
  /** Where the time stands as well. */
  readonly timestampHeader: string | undefined
}

const hexSha256: KeyedHash = { algorithm: 'sha256', encoding: 'hex' }

/** Any HMAC in a header. Errors: signature_secret_unusable. */
export function hmacSigner(scheme: HmacScheme, secrets: readonly string[]): RequestSigner {
  const { hash, prefix, signed, timestampHeader } = scheme
  const header = scheme.header.toLowerCase()
  const timeHeader = timestampHeader?.toLowerCase()
  const keys = secrets.map(textKey)
  const contentOf = contentBy(signed)
  return ({ id, timestampSeconds, body }) => {
    const timestamp = String(timestampSeconds)
    const content = contentOf({ id, timestamp, body })
    const signatures = keys.map((key) => prefix + keyedHash(hash, key, content))
    return { ...(timeHeader === undefined ? {} : { [timeHeader]: timestamp }), [header]: signatures.join(',') }
  }
}

/** docs.github.com, "Validating webhook deliveries": `sha256=HEX` over the body. Errors: signature_secret_unusable. */
export function githubSigner(secret: string): RequestSigner {
  const scheme = {
    hash: hexSha256,
    header: githubHeader,
    prefix: 'sha256=',
    signed: '{body}',
    timestampHeader: undefined,
  }
  return hmacSigner(scheme, [secret])
}

/**
 * docs.stripe.com, "Verify webhook signatures manually": `t=SECONDS,v1=HEX` over `SECONDS.BODY`, a v1 by each secret; the
 * key is the whole text of a secret, `whsec_` included. Errors: signature_secret_unusable.
 */
export function stripeSigner(secrets: readonly string[]): RequestSigner {
  const keys = secrets.map(textKey)
  return ({ timestampSeconds, body }) => {
    const signatures = keys.map((key) => `v1=${keyedHash(hexSha256, key, [`${timestampSeconds}.`, body])}`)
    return { [stripeHeader]: [`t=${timestampSeconds}`, ...signatures].join(',') }
  }
}

/** Next to `webhook-id` and `webhook-timestamp`, which its sender sets. Errors: signature_secret_unusable. */
export function standardWebhooksSigner(secrets: readonly string[]): RequestSigner {
  const keys = secrets.map(standardWebhookKey)
  return (request) => ({ 'webhook-signature': signStandardWebhook({ ...request, secrets: keys }) })
}

export const githubHeader = 'x-hub-signature-256'
export const stripeHeader = 'stripe-signature'

function textKey(secret: string): Buffer {
  if (secret.length > 0) return Buffer.from(secret)
  throw signatureErrors.make('signature_secret_unusable', 'a secret to sign with is empty')
}

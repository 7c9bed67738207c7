// Signatures of Standard Webhooks (www.standardwebhooks.com, specification 1.0.0), scheme v1: the header
// `webhook-signature` holds, parted by spaces, one `v1,BASE64` for each secret: HMAC-SHA-256 over `ID.SECONDS.BODY`.
//
// An id has no dot, or a signature would hold for other cuts of the same bytes as well.

import { signatureErrors } from './errors.js'
import { keyedHash, type KeyedHash, matchingSignature } from './keyed-hash.js'

export interface StandardWebhook {
  /** Keys as `standardWebhookKey` gives them; several while one is replaced by another. */
  readonly secrets: readonly Uint8Array[]
  /** `webhook-id`: without a dot, the same in each attempt. */
  readonly id: string
  /** `webhook-timestamp`: of this attempt, in whole seconds since the epoch. */
  readonly timestampSeconds: number
  readonly body: Uint8Array
}

const secretPrefix = 'whsec_'
const versionPrefix = 'v1,'
const hash: KeyedHash = { algorithm: 'sha256', encoding: 'base64' }

/** A sender signs with a few secrets; what shows more is no sender's. */
const mostSignatures = 32

/** The key that a secret's text stands for: base64, padded or not, behind `whsec_` or not. Errors: signature_secret_unusable. */
export function standardWebhookKey(secret: string): Buffer {
  const key = decodedKey(secret)
  if (key !== undefined) return key
  throw signatureErrors.make('signature_secret_unusable', 'a secret of Standard Webhooks is not base64, or is empty')
}

/** Whether `standardWebhookKey` takes it. */
export function isStandardWebhookSecret(secret: string): boolean {
  return decodedKey(secret) !== undefined
}

/** The value of `webhook-signature`. */
export function signStandardWebhook(webhook: StandardWebhook): string {
  return signaturesOf(webhook).join(' ')
}

/** Whether a value of `webhook-signature` holds a signature by any of the secrets; those of other versions are passed over. */
export function isSignedStandardWebhook(webhook: StandardWebhook, signatureHeader: string): boolean {
  const shown = signatureHeader.split(' ', mostSignatures)
  return matchingSignature(shown, signaturesOf(webhook)) !== undefined
}

function signaturesOf({ secrets, id, timestampSeconds, body }: StandardWebhook): readonly string[] {
  const start = `${id}.${timestampSeconds}.`
  return secrets.map((key) => versionPrefix + keyedHash(hash, key, [start, body]))
}

function decodedKey(secret: string): Buffer | undefined {
  const base64 = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : secret
  const digits = base64.replace(/={0,2}$/, '')
  const key = Buffer.from(digits, 'base64')
  // Decoding passes over what is no base64: only what gives the same digits again was some.
  return key.length > 0 && key.toString('base64').replace(/=+$/, '') === digits ? key : undefined
}

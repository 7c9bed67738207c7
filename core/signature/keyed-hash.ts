// HMAC over a content in parts, and the comparison of signatures as texts. Pure.
//
// Nothing here ends early: every key is tried and every comparison looks at all bytes, so that the time taken says
// nothing of how near a guess was. A signature has one spelling: hex in lower case, base64 with its padding.

import { createHmac, timingSafeEqual } from 'node:crypto'

export type HashAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512'
export type SignatureEncoding = 'hex' | 'base64'

export interface KeyedHash {
  readonly algorithm: HashAlgorithm
  readonly encoding: SignatureEncoding
}

/** The signature of the parts one behind the other (RFC 2104). */
export function keyedHash(
  { algorithm, encoding }: KeyedHash,
  key: Uint8Array,
  parts: readonly (string | Uint8Array)[],
): string {
  const hmac = createHmac(algorithm, key)
  for (const part of parts) hmac.update(part)
  return hmac.digest(encoding)
}

/** Which of the shown signatures is one of the expected ones; undefined when none is. Compares each with each. */
export function matchingSignature(shown: readonly string[], expected: readonly string[]): string | undefined {
  let match: string | undefined
  for (const one of shown) {
    for (const other of expected) if (isSameText(one, other)) match = one
  }
  return match
}

/** In a time that follows from the lengths only. */
function isSameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

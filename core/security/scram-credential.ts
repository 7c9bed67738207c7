// What is kept of a password, RFC 5802 section 3 (SHA-512 as RFC 7677 has SHA-256): a salt, an iteration count, and two
// keys from which nobody computes the password. StoredKey checks a client, ServerKey proves the server to it.
//
// A password is the bytes of its UTF-8, as Kafka takes it, without SASLprep.

import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'

export const scramMechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export type ScramMechanism = (typeof scramMechanisms)[number]

export interface ScramCredential {
  readonly salt: Buffer
  /** 4,096 at least. */
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** What RFC 7677 asks for at least; clients compute it at each log-in. */
export const leastIterations = 4096
/** A client spends this on one log-in: a second at most. */
export const mostIterations = 1_000_000
export const saltBytes = 16

const digests = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const
export const keyBytes = { 'SCRAM-SHA-256': 32, 'SCRAM-SHA-512': 64 } as const

/** Derives both keys; on the thread pool, as it takes milliseconds. */
export async function deriveCredential(
  mechanism: ScramMechanism,
  password: string,
  { salt, iterations }: { readonly salt: Buffer; readonly iterations: number },
): Promise<ScramCredential> {
  const salted = await saltedPassword(mechanism, password, { salt, iterations })
  const storedKey = hash(mechanism, hmac(mechanism, salted, 'Client Key'))
  return { salt, iterations, storedKey, serverKey: hmac(mechanism, salted, 'Server Key') }
}

/** Is it the password that the credential was made of? Takes the same time either way. */
export async function acceptsPassword(
  mechanism: ScramMechanism,
  credential: ScramCredential,
  password: string,
): Promise<boolean> {
  const { storedKey } = await deriveCredential(mechanism, password, credential)
  return timingSafeEqual(storedKey, credential.storedKey)
}

/** Does the proof come from the client key behind the credential? RFC 5802 section 3; takes the same time either way. */
export function acceptsProof(
  mechanism: ScramMechanism,
  credential: ScramCredential,
  { proof, authMessage }: { readonly proof: Buffer; readonly authMessage: string },
): boolean {
  const clientKey = hmac(mechanism, credential.storedKey, authMessage)
  if (proof.length !== clientKey.length) return false
  for (let at = 0; at < proof.length; at++) clientKey[at]! ^= proof[at]!
  return timingSafeEqual(hash(mechanism, clientKey), credential.storedKey)
}

/** What proves to the client that the server knows its credential. */
export function serverSignature(mechanism: ScramMechanism, credential: ScramCredential, authMessage: string): Buffer {
  return hmac(mechanism, credential.serverKey, authMessage)
}

function saltedPassword(
  mechanism: ScramMechanism,
  password: string,
  { salt, iterations }: { readonly salt: Buffer; readonly iterations: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, keyBytes[mechanism], digests[mechanism], (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

function hmac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return createHmac(digests[mechanism], key).update(text).digest()
}

function hash(mechanism: ScramMechanism, bytes: Buffer): Buffer {
  return createHash(digests[mechanism]).update(bytes).digest()
}

// Who may send: by a bearer token, a user and password, or a client certificate. Texts are compared in constant time, as
// digests of one length, and against all that are taken, so that an answer says nothing of how near a guess was.

import { createHash, timingSafeEqual } from 'node:crypto'
import { invariant } from '../../core/errors/invariant.js'
import type { ClientCertificate, IngressRequest } from '../../core/connector/ingress.js'
import { httpErrors } from './errors.js'
import type { AuthSettings } from './settings.js'

/** Throws http_credential_refused, with the challenge in its details. */
export type Authorize = (request: IngressRequest) => void

/** Undefined when everybody may send. */
export function authorizationOf(auth: AuthSettings | undefined): Authorize | undefined {
  if (auth === undefined) return undefined
  if (auth.scheme === 'mutual-tls') return (request) => checkCertificate(request.clientCertificate, auth.names)
  const accepted = auth.scheme === 'bearer' ? bearerDigests(auth) : [basicDigest(auth)]
  const challenge = auth.scheme === 'bearer' ? 'Bearer' : 'Basic realm="tailrace", charset="UTF-8"'
  // Shippers for Elasticsearch show a token as an API key.
  const pattern = auth.scheme === 'bearer' ? /^(?:Bearer|ApiKey) +(\S+) *$/i : /^Basic +(\S+) *$/i
  return (request) => {
    const match = pattern.exec(request.header('authorization') ?? '')
    const shown = match === null ? undefined : auth.scheme === 'bearer' ? match[1]! : decoded(match[1]!)
    if (shown === undefined || !isAmong(digestOf(shown), accepted)) throw refused(challenge)
  }
}

function bearerDigests({ tokens }: AuthSettings): readonly Buffer[] {
  invariant(tokens !== undefined && tokens.length > 0, 'bearer without tokens passed the check of the settings')
  return tokens.map((token) => digestOf(token.reveal()))
}

function basicDigest({ user, password }: AuthSettings): Buffer {
  invariant(user !== undefined && password !== undefined, 'basic without user and password passed the check')
  return digestOf(`${user}:${password.reveal()}`)
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Looks at all of them in any case. */
function isAmong(digest: Buffer, accepted: readonly Buffer[]): boolean {
  let found = false
  for (const one of accepted) if (timingSafeEqual(digest, one)) found = true
  return found
}

function checkCertificate(certificate: ClientCertificate | undefined, names: readonly string[]): void {
  if (certificate === undefined) throw refused(undefined)
  if (names.length === 0) return
  const { commonName, alternativeNames, fingerprint } = certificate
  const shown = new Set([commonName, fingerprint, ...alternativeNames.split(', ')])
  if (!names.some((name) => shown.has(name) || shown.has(name.replaceAll(':', '').toLowerCase()))) {
    throw refused(undefined)
  }
}

function refused(challenge: string | undefined): Error {
  return httpErrors.make('http_credential_refused', 'the credential is missing or not one that is taken', {
    details: challenge === undefined ? {} : { challenge },
  })
}

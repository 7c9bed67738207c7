// The mechanisms by which a client logs in, as exchanges of tokens that know nothing of the wire.

import type { Random } from '../runtime/random.js'
import { PlainExchange } from './plain-exchange.js'
import { scramMechanisms } from './scram-credential.js'
import { ScramExchange } from './scram-exchange.js'
import type { Users } from './users.js'

export type SaslStep =
  /** The client has to answer this token. */
  | { readonly kind: 'continue'; readonly token: Buffer }
  /** The client is who it says; the token goes to it. */
  | { readonly kind: 'done'; readonly token: Buffer; readonly user: string }
  /** It is not, or speaks another language. The reason is for the log: the client is told no more than the mechanism. */
  | { readonly kind: 'refused'; readonly reason: string }

/** One log-in, from the first token to 'done' or 'refused'; one token at a time. */
export interface SaslExchange {
  step(token: Buffer): Promise<SaslStep>
}

export interface SaslParts {
  readonly users: Users
  readonly random: Random
}

const plain = 'PLAIN'

/** PLAIN carries the password itself: it is offered where nobody else can listen. */
export function offeredMechanisms(isPrivate: boolean): readonly string[] {
  return isPrivate ? [...scramMechanisms, plain] : scramMechanisms
}

/** `mechanism` is one that was offered; undefined for any other. */
export function beginExchange(mechanism: string, isPrivate: boolean, parts: SaslParts): SaslExchange | undefined {
  if (mechanism === plain) return isPrivate ? new PlainExchange(parts.users) : undefined
  const scram = scramMechanisms.find((name) => name === mechanism)
  return scram === undefined ? undefined : new ScramExchange(scram, parts)
}

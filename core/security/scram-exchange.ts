// SCRAM of the server's side, RFC 5802 section 5, without channel binding:
//
//   client first  n,[a=identity],n=user,r=nonce       server first  r=nonce and ours,s=salt,i=iterations
//   client final  c=base64 of "n,[a=identity],",r=both nonces,p=proof       server final  v=signature
//
// A name that nobody has gets as far as one that somebody has: to the proof, which is wrong.

import type { Random } from '../runtime/random.js'
import type { SaslExchange, SaslParts, SaslStep } from './sasl.js'
import { acceptsProof, type ScramCredential, type ScramMechanism, serverSignature } from './scram-credential.js'
import type { Users } from './users.js'

const mostTokenBytes = 4096
const nonceBytes = 24

/** GS2 header, then the message itself; m= would be an extension that we must refuse. */
const clientFirst = /^((?:n|y),(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s
const clientFinal = /^((c=[A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/s

interface Challenge {
  readonly user: string
  readonly credential: ScramCredential
  readonly channelBinding: string
  readonly nonce: string
  readonly firstMessages: string
}

export class ScramExchange implements SaslExchange {
  readonly #mechanism: ScramMechanism
  readonly #users: Users
  readonly #random: Random
  #challenge: Challenge | undefined
  #isOver = false

  constructor(mechanism: ScramMechanism, { users, random }: SaslParts) {
    this.#mechanism = mechanism
    this.#users = users
    this.#random = random
  }

  async step(token: Buffer): Promise<SaslStep> {
    if (this.#isOver || token.length > mostTokenBytes) return this.#refuse('a token is out of place')
    const text = token.toString('utf8')
    return this.#challenge === undefined ? this.#first(text) : this.#final(text, this.#challenge)
  }

  #first(text: string): SaslStep {
    const [, gs2Header = '', identity, bare = '', name = '', clientNonce = ''] = clientFirst.exec(text) ?? []
    const user = decodedName(name)
    if (bare === '' || user === undefined) return this.#refuse('the first message is not of SCRAM')
    if (identity !== undefined && decodedName(identity) !== user) return this.#refuse(`${user} may not act for another`)
    const credential = this.#users.credential(user, this.#mechanism)
    const nonce = clientNonce + this.#random.bytes(nonceBytes).toString('base64url')
    const answer = `r=${nonce},s=${credential.salt.toString('base64')},i=${credential.iterations}`
    const channelBinding = `c=${Buffer.from(gs2Header).toString('base64')}`
    this.#challenge = { user, credential, channelBinding, nonce, firstMessages: `${bare},${answer}` }
    return { kind: 'continue', token: Buffer.from(answer) }
  }

  #final(text: string, { user, credential, channelBinding, nonce, firstMessages }: Challenge): SaslStep {
    const [, withoutProof = '', binding, bothNonces, proofText = ''] = clientFinal.exec(text) ?? []
    // librdkafka puts its own nonce in front once more, and Kafka takes that; what counts is covered by the proof.
    if (binding !== channelBinding || bothNonces?.endsWith(nonce) !== true) {
      return this.#refuse('the final message is not of SCRAM')
    }
    const authMessage = `${firstMessages},${withoutProof}`
    const proof = Buffer.from(proofText, 'base64')
    if (!acceptsProof(this.#mechanism, credential, { proof, authMessage })) {
      return this.#refuse('unknown user or wrong password')
    }
    this.#isOver = true
    const signature = serverSignature(this.#mechanism, credential, authMessage)
    return { kind: 'done', token: Buffer.from(`v=${signature.toString('base64')}`), user }
  }

  #refuse(reason: string): SaslStep {
    this.#isOver = true
    return { kind: 'refused', reason }
  }
}

/** RFC 5802, saslname: a comma travels as =2C, an equals sign as =3D, and no other = may stand there. */
function decodedName(name: string): string | undefined {
  if (/=(?!2C|3D)/.test(name)) return undefined
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

// PLAIN, RFC 4616: one token, [authorization identity] NUL user NUL password. The password is held against the user's
// SCRAM-SHA-256 credential, so that nothing else is kept of it.

import type { SaslExchange, SaslStep } from './sasl.js'
import { acceptsPassword } from './scram-credential.js'
import type { Users } from './users.js'

const mostTokenBytes = 4096
const mechanism = 'SCRAM-SHA-256'

export class PlainExchange implements SaslExchange {
  readonly #users: Users
  #isOver = false

  constructor(users: Users) {
    this.#users = users
  }

  async step(token: Buffer): Promise<SaslStep> {
    if (this.#isOver || token.length > mostTokenBytes) return { kind: 'refused', reason: 'a token is out of place' }
    this.#isOver = true
    const parts = token.toString('utf8').split('\0')
    const [identity, user, password] = parts
    if (parts.length !== 3 || !user || !password) return { kind: 'refused', reason: 'the token is not of PLAIN' }
    if (identity !== '' && identity !== user) return { kind: 'refused', reason: `${user} may not act for another` }
    const isRight = await acceptsPassword(mechanism, this.#users.credential(user, mechanism), password)
    if (!isRight) return { kind: 'refused', reason: 'unknown user or wrong password' }
    return { kind: 'done', token: Buffer.alloc(0), user }
  }
}

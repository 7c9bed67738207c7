// Who a connection is. Until it has logged in, only ApiVersions and the two SASL APIs are answered, where the server asks
// for a log-in at all.
//
//   open            the server asks for none, or the log-in is through: everything is answered
//   closed          SaslHandshake chooses a mechanism
//   exchanging      tokens: in SaslAuthenticate, or as frames of their own behind a SaslHandshake of version 0
//   over            a log-in was refused: the answer goes out, then the connection is closed
//
// A connection that has logged in may do so again, as the same user (KIP-368).

import {
  beginExchange,
  offeredMechanisms,
  type SaslExchange,
  type SaslParts,
  type SaslStep,
} from '../../security/sasl.js'

export class SaslSession {
  readonly #parts: SaslParts | undefined
  readonly #isPrivate: boolean
  #exchange: SaslExchange | undefined
  #mechanism = ''
  #takesRawTokens = false
  #isOver = false
  #user: string | undefined

  /** Without `parts` nobody has to log in. `isPrivate`: nobody else can listen to the connection. */
  constructor(parts: SaslParts | undefined, isPrivate: boolean) {
    this.#parts = parts
    this.#isPrivate = isPrivate
  }

  /** Is everything answered? */
  get isOpen(): boolean {
    return !this.#isOver && (this.#parts === undefined || this.#user !== undefined)
  }

  /** Is the connection to be closed behind the next answer? */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Is the next frame a token without a header? */
  get takesRawTokens(): boolean {
    return this.#takesRawTokens
  }

  /** What the connection may log in with; nothing where nobody has to. */
  get mechanisms(): readonly string[] {
    return this.#parts === undefined ? [] : offeredMechanisms(this.#isPrivate)
  }

  get mechanism(): string {
    return this.#mechanism
  }

  /** Begins a log-in. */
  begin(mechanism: string, withRawTokens: boolean): 'begun' | 'unsupported' | 'out-of-place' {
    if (this.#parts === undefined || this.#exchange !== undefined || this.#isOver) return 'out-of-place'
    this.#exchange = beginExchange(mechanism, this.#isPrivate, this.#parts)
    if (this.#exchange === undefined) {
      this.#isOver = this.#user === undefined
      return 'unsupported'
    }
    this.#mechanism = mechanism
    this.#takesRawTokens = withRawTokens
    return 'begun'
  }

  /** The next token of the log-in; undefined when none has begun. */
  async step(token: Buffer): Promise<SaslStep | undefined> {
    const step = await this.#exchange?.step(token)
    if (step === undefined) {
      this.#isOver = true
      return undefined
    }
    if (step.kind === 'continue') return step
    this.#exchange = undefined
    this.#takesRawTokens = false
    if (step.kind === 'done' && (this.#user === undefined || this.#user === step.user)) {
      this.#user = step.user
      return step
    }
    this.#isOver = true
    return step.kind === 'refused' ? step : { kind: 'refused', reason: `${step.user} is not ${this.#user ?? ''}` }
  }
}

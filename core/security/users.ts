// Who may log in. A user is a name and its SCRAM credentials, one for each mechanism, as JSON with Base64 in the log's
// own state: {"SCRAM-SHA-256":{"salt":…,"iterations":…,"storedKey":…,"serverKey":…},"SCRAM-SHA-512":{…}}. A password is
// never kept, nor sent to a hub.
//
// A name that nobody has is answered with a credential made of a secret of this process: always the same for one name,
// so that nothing tells it from a name that somebody has.

import { createHmac } from 'node:crypto'
import type { Random } from '../runtime/random.js'
import { securityErrors } from './errors.js'
import {
  deriveCredential,
  keyBytes,
  leastIterations,
  mostIterations,
  saltBytes,
  type ScramCredential,
  type ScramMechanism,
  scramMechanisms,
} from './scram-credential.js'

interface StoredCredential {
  readonly salt: string
  readonly iterations: number
  readonly storedKey: string
  readonly serverKey: string
}

/** A user's credentials as they are kept and sent. */
export type StoredUser = { readonly [Mechanism in ScramMechanism]: StoredCredential }

/** Where users are kept: durable when `put` resolves. */
export interface UserRecords {
  get(name: string): Uint8Array | undefined
  /** Sorted. */
  names(): readonly string[]
  /** null removes the user. */
  put(name: string, value: Uint8Array | null): Promise<void>
}

const namePattern = /^[\w.@-]{1,128}$/
const leastPasswordLength = 8
const mostPasswordLength = 1024

/** The credentials of a new password. Errors: invalid_user. */
export async function storedUserOf(random: Random, name: string, password: string): Promise<StoredUser> {
  checkName(name)
  if (password.length < leastPasswordLength || password.length > mostPasswordLength) {
    const range = `${leastPasswordLength} to ${mostPasswordLength}`
    throw securityErrors.make('invalid_user', `the password of ${name} has ${password.length} characters, not ${range}`)
  }
  const derive = async (mechanism: ScramMechanism): Promise<StoredCredential> => {
    const salting = { salt: random.bytes(saltBytes), iterations: leastIterations }
    const { salt, iterations, storedKey, serverKey } = await deriveCredential(mechanism, password, salting)
    return {
      salt: salt.toString('base64'),
      iterations,
      storedKey: storedKey.toString('base64'),
      serverKey: serverKey.toString('base64'),
    }
  }
  return { 'SCRAM-SHA-256': await derive('SCRAM-SHA-256'), 'SCRAM-SHA-512': await derive('SCRAM-SHA-512') }
}

export class Users {
  readonly #records: UserRecords
  readonly #secret: Buffer

  constructor(records: UserRecords, random: Random) {
    this.#records = records
    this.#secret = random.bytes(32)
  }

  /** Sorted by name. */
  names(): readonly string[] {
    return this.#records.names()
  }

  /** Adds a user or gives it another password; durable when it resolves. Errors: invalid_user. */
  async put(name: string, user: StoredUser): Promise<void> {
    checkName(name)
    for (const mechanism of scramMechanisms) readCredential(mechanism, user[mechanism], name)
    await this.#records.put(name, Buffer.from(JSON.stringify(user)))
  }

  /** Durable when it resolves; connections that are logged in stay. Errors: unknown_user. */
  async remove(name: string): Promise<void> {
    if (this.#records.get(name) === undefined) throw securityErrors.make('unknown_user', `there is no user ${name}`)
    await this.#records.put(name, null)
  }

  /** The credential of the name, or one that nobody can meet. */
  credential(name: string, mechanism: ScramMechanism): ScramCredential {
    const made = this.#madeUp(name, mechanism)
    const record = this.#records.get(name)
    if (record === undefined) return made
    return readCredential(mechanism, (JSON.parse(Buffer.from(record).toString()) as StoredUser)[mechanism], name)
  }

  /** Made for known names as well, so that both take the same time. */
  #madeUp(name: string, mechanism: ScramMechanism): ScramCredential {
    const derive = (what: string): Buffer =>
      createHmac('sha512', this.#secret).update(`${what} of ${mechanism} for ${name}`).digest()
    const length = keyBytes[mechanism]
    return {
      salt: derive('salt').subarray(0, saltBytes),
      iterations: leastIterations,
      storedKey: derive('stored key').subarray(0, length),
      serverKey: derive('server key').subarray(0, length),
    }
  }
}

function readCredential(
  mechanism: ScramMechanism,
  stored: StoredCredential | undefined,
  name: string,
): ScramCredential {
  const salt = Buffer.from(stored?.salt ?? '', 'base64')
  const storedKey = Buffer.from(stored?.storedKey ?? '', 'base64')
  const serverKey = Buffer.from(stored?.serverKey ?? '', 'base64')
  const iterations = stored?.iterations ?? 0
  const length = keyBytes[mechanism]
  const isWhole = salt.length >= saltBytes && storedKey.length === length && serverKey.length === length
  if (!isWhole || !(iterations >= leastIterations && iterations <= mostIterations)) {
    throw securityErrors.make('invalid_user', `the credential of ${name} for ${mechanism} is incomplete`)
  }
  return { salt, iterations, storedKey, serverKey }
}

function checkName(name: string): void {
  if (namePattern.test(name)) return
  throw securityErrors.make('invalid_user', `"${name}" is no name of a user: letters, digits and ._@- up to 128`)
}

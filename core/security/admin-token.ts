// The admin token: 32 random bytes as base64url, made at the first start and kept in DATA/admin.token (mode 0600).

import { createHash, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import type { Files } from '../runtime/files.js'
import type { Random } from '../runtime/random.js'
import { securityErrors } from './errors.js'

const adminTokenFile = 'admin.token'

const tokenBytes = 32

/** The token of a data directory that the caller owns; made and durable when there was none. */
export async function ensureAdminToken(files: Files, random: Random, dataDirectory: string): Promise<string> {
  const found = await readAdminToken(files, dataDirectory)
  if (found !== undefined) return found
  const token = random.bytes(tokenBytes).toString('base64url')
  await files.replace(join(dataDirectory, adminTokenFile), Buffer.from(`${token}\n`))
  return token
}

/** Undefined when the data directory has none yet; invalid_token_file when the file holds something else. */
export async function readAdminToken(files: Files, dataDirectory: string): Promise<string | undefined> {
  const path = join(dataDirectory, adminTokenFile)
  if ((await files.stat(path)) === undefined) return undefined
  const token = (await files.readAll(path)).toString('utf8').trim()
  if (/^[\w-]{43}$/.test(token)) return token
  throw securityErrors.make('invalid_token_file', `${path} does not hold the ${tokenBytes} bytes of a token`)
}

/** Compares bearer tokens in constant time: digests, so that lengths are equal as well. */
export class TokenCheck {
  readonly #digest: Buffer

  constructor(token: string) {
    this.#digest = digestOf(token)
  }

  /** The value of an Authorization header. */
  accepts(authorization: string | undefined): boolean {
    const match = /^Bearer +(\S+)$/i.exec(authorization ?? '')
    return match !== null && timingSafeEqual(digestOf(match[1]!), this.#digest)
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

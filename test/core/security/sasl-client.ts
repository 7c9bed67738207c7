// SCRAM of the client's side, written from RFC 5802 apart from the code under test.

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

const algorithms = { 'SCRAM-SHA-256': ['sha256', 32], 'SCRAM-SHA-512': ['sha512', 64] } as const

export class ScramClient {
  readonly firstMessage: string
  private readonly bare: string
  private readonly digest: string
  private readonly length: number
  private readonly password: string
  private signature = ''

  constructor(
    mechanism: keyof typeof algorithms,
    { user, password, nonce = 'clientnonce' }: { user: string; password: string; nonce?: string },
  ) {
    ;[this.digest, this.length] = algorithms[mechanism]
    this.password = password
    this.bare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
    this.firstMessage = `n,,${this.bare}`
  }

  /** The final message for the server's first. */
  answer(serverFirst: string): string {
    const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst)!
    const salted = pbkdf2Sync(this.password, Buffer.from(salt!, 'base64'), Number(iterations), this.length, this.digest)
    const clientKey = this.hmac(salted, 'Client Key')
    const withoutProof = `c=biws,r=${nonce}`
    const authMessage = `${this.bare},${serverFirst},${withoutProof}`
    const mask = this.hmac(createHash(this.digest).update(clientKey).digest(), authMessage)
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ mask[at]!))
    this.signature = this.hmac(this.hmac(salted, 'Server Key'), authMessage).toString('base64')
    return `${withoutProof},p=${proof.toString('base64')}`
  }

  /** Does the server's final message prove that it knows the credential? */
  accepts(serverFinal: string): boolean {
    return serverFinal === `v=${this.signature}`
  }

  private hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.digest, key).update(text).digest()
  }
}

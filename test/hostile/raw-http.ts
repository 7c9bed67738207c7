// A client that sends bytes as it is told, and says what came back.

import { connect, type Socket } from 'node:net'

export class RawClient {
  readonly socket: Socket
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>
  #text = ''
  #waiting: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      this.#waiting?.()
    })
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    void this.closed.then(() => this.#waiting?.())
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' }, () => resolve(new RawClient(socket)))
      socket.once('error', reject)
    })
  }

  /** Everything that came. */
  get text(): string {
    return this.#text
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** The statuses that came, once there are so many or the connection is closed. */
  async statuses(count: number): Promise<readonly number[]> {
    let isClosed = false
    void this.closed.then(() => (isClosed = true))
    for (;;) {
      const found = [...this.#text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
      if (found.length >= count || isClosed) return found
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
  }

  /** Everything that came until the other side closed. */
  async all(): Promise<string> {
    await this.closed
    return this.#text
  }

  destroy(): void {
    this.socket.destroy()
  }
}

export interface RawRequest {
  readonly headers?: readonly string[]
  readonly body?: string
}

/** A request of JSON with these headers besides. Without `headers` it states its length. */
export function rawRequest({ headers, body = '' }: RawRequest): string {
  const lines = headers ?? [`content-length: ${Buffer.byteLength(body)}`]
  const head = ['POST /in HTTP/1.1', 'host: 127.0.0.1', 'content-type: application/json', ...lines]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

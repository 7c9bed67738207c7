// A proxy between a client and a Postgres server that cuts connections: all of them at once, for a while, or one at the
// worst instant, when the server has committed and the client has not heard of it.
//
// It forwards what the server says in whole messages: a type byte, then a big-endian length that counts itself. TLS is
// not spoken here.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

const headerBytes = 5
const commandComplete = 'C'.charCodeAt(0)
const committed = Buffer.from('COMMIT\0')

export class CuttingProxy {
  readonly port: number
  /** How many answers to a COMMIT were swallowed. */
  cutCommits = 0
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #isArmed = false
  #refusesUntilMs = 0

  private constructor(server: Server, serverPort: number) {
    this.#server = server
    this.port = (server.address() as { port: number }).port
    server.on('connection', (client) => {
      if (performance.now() < this.#refusesUntilMs) client.destroy()
      else this.#forward(client, connect(serverPort, '127.0.0.1'))
    })
  }

  /** Closed by the caller. */
  static async start(serverPort: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new CuttingProxy(server, serverPort)
  }

  /** The connection whose COMMIT the server answers next is cut before the answer is forwarded. */
  cutAtNextCommit(): void {
    this.#isArmed = true
  }

  cutAll(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  /** Cuts all connections, and those that come meanwhile. */
  refuse(forMs: number): void {
    this.#refusesUntilMs = performance.now() + forMs
    this.cutAll()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cutAll()
    await once(this.#server, 'close')
  }

  #forward(client: Socket, server: Socket): void {
    const pair = [client, server] as const
    this.#pairs.add(pair)
    for (const socket of pair) {
      // A broken connection ends both sides below.
      socket.on('error', () => undefined)
      socket.once('close', () => {
        this.#pairs.delete(pair)
        for (const each of pair) each.destroy()
      })
    }
    client.pipe(server)
    let rest: Buffer = Buffer.alloc(0)
    server.on('data', (part: Buffer) => {
      const bytes = rest.length === 0 ? part : Buffer.concat([rest, part])
      const end = this.#wholeMessages(bytes)
      if (end === undefined) {
        for (const socket of pair) socket.destroy()
        return
      }
      rest = bytes.subarray(end)
      if (end > 0 && !client.write(bytes.subarray(0, end))) {
        server.pause()
        client.once('drain', () => server.resume())
      }
    })
    server.once('end', () => client.end(rest))
  }

  /** Where the last whole message ends; undefined when the connection has to go at one of them. */
  #wholeMessages(bytes: Buffer): number | undefined {
    let at = 0
    while (at + headerBytes <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1)
      if (end > bytes.length) break
      if (this.#isArmed && bytes[at] === commandComplete && bytes.subarray(at + headerBytes, end).equals(committed)) {
        this.#isArmed = false
        this.cutCommits++
        return undefined
      }
      at = end
    }
    return at
  }
}

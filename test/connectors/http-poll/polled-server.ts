// A server that is polled over real HTTP, and does what a test tells it to.

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers a request; `number` counts them from 0. */
export type Answering = (asked: Asked, response: ServerResponse, number: number) => void

export function json(response: ServerResponse, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

export class PolledServer {
  readonly asked: Asked[] = []
  answering: Answering
  readonly #server: Server

  private constructor(server: Server, answering: Answering) {
    this.#server = server
    this.answering = answering
  }

  static async open(answering: Answering = (_, response) => json(response, [])): Promise<PolledServer> {
    const server = createServer()
    const polled = new PolledServer(server, answering)
    server.on('request', (request, response: ServerResponse) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method = '', headers, url = '' } = request
        const asked = { method, headers, url: new URL(url, polled.origin), body: Buffer.concat(chunks).toString() }
        polled.answering(asked, response, polled.asked.push(asked) - 1)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return polled
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What was asked for, as path and query. */
  get paths(): readonly string[] {
    return this.asked.map(({ url }) => url.pathname + url.search)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

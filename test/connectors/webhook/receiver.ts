// A receiver of webhooks over real HTTP, which does what a test tells it to.

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly id: string
  readonly path: string
  readonly body: string
  /** The body as it came. */
  readonly bytes: Buffer
  readonly headers: IncomingHttpHeaders
}

/** Answers a request; `number` counts them from 0. */
export type Answer = (request: Received, response: ServerResponse, number: number) => void

export const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, headers).end()
  }

export class Receiver {
  /** All that came, whatever the answer was. */
  readonly received: Received[] = []
  /** What was answered with 2xx. */
  readonly taken: Received[] = []
  answer: Answer
  private readonly server: Server

  private constructor(server: Server, answer: Answer) {
    this.server = server
    this.answer = answer
  }

  static async open(answer: Answer = answering(204)): Promise<Receiver> {
    const server = createServer()
    const receiver = new Receiver(server, answer)
    server.on('request', (request, response: ServerResponse) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { headers, url = '' } = request
        const bytes = Buffer.concat(chunks)
        const got = { id: String(headers['webhook-id']), path: url, body: bytes.toString(), bytes, headers }
        const number = receiver.received.push(got) - 1
        response.on('finish', () => {
          if (response.statusCode >= 200 && response.statusCode < 300) receiver.taken.push(got)
        })
        receiver.answer(got, response, number)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

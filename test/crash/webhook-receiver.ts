// A receiver of webhooks that fails as receivers do: answers of all kinds, connections that are cut, silence, answers
// without an end, and times in which it is down. What it took, it keeps.

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import type { TakenEvent } from './webhook-judgement.js'

export class FailingReceiver {
  readonly taken: TakenEvent[] = []
  requests = 0
  /** Nothing is taken. */
  isDown = false
  /** Everything is taken. */
  isHealed = false
  private readonly random: SeededRandom
  private readonly server: Server

  private constructor(random: SeededRandom) {
    this.random = random
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('error', () => undefined)
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { event, key } = JSON.parse(Buffer.concat(chunks).toString()) as { event: number; key: string }
        this.answer({ event, key, id: String(request.headers['webhook-id']) }, response)
      })
    })
  }

  static async open(random: SeededRandom): Promise<FailingReceiver> {
    const receiver = new FailingReceiver(random)
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private answer(event: TakenEvent, response: ServerResponse): void {
    this.requests++
    const { random } = this
    if (!this.isHealed && (this.isDown || random.chance(0.2))) {
      const way = random.below(20)
      if (way === 0) response.destroy()
      else if (way === 1) return
      else if (way === 2) response.writeHead(200).write('an answer that goes on')
      else if (way === 3) response.writeHead(429, { 'retry-after': '0' }).end()
      else response.writeHead(way < 12 ? 500 : 503).end()
      // An answer of 2xx without an end was taken all the same.
      if (way === 2) this.taken.push(event)
      return
    }
    this.taken.push(event)
    // Taken, and nobody hears of it.
    if (!this.isHealed && random.chance(0.02)) response.destroy()
    else response.writeHead(204).end()
  }
}

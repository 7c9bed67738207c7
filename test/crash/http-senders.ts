// Callers of an http source that is killed again and again: each sends one event after the other, and repeats it until
// it is answered with 2xx. Every second event carries a key.

import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SentEvent } from './http-judgement.js'

export interface SendersOptions {
  readonly port: number
  readonly path: string
  readonly eventCount: number
}

interface Told {
  readonly status: number
  readonly text: string
}

const senderCount = 32
/** While nobody listens. */
const pauseMs = 5
/** An answer that never comes belongs to a process that is gone. */
const mostAnswerMs = 10_000

export class HttpSenders {
  readonly sent: SentEvent[] = []
  /** Answers other than 202 and 503, which callers here never cause. */
  readonly refusals: string[] = []
  attempts = 0
  readonly #options: SendersOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: senderCount })
  readonly #done: Promise<unknown>
  #nextEvent = 0

  /** Begins at once. */
  constructor(options: SendersOptions) {
    this.#options = options
    this.#done = Promise.all(Array.from({ length: senderCount }, () => this.#sendAll()))
  }

  get acknowledged(): number {
    return this.sent.length
  }

  /** Resolves when every event is answered. */
  async finish(): Promise<void> {
    await this.#done
    this.#agent.destroy()
  }

  async #sendAll(): Promise<void> {
    while (this.#nextEvent < this.#options.eventCount && this.refusals.length === 0) {
      const event = this.#nextEvent++
      const hasKey = event % 2 === 0
      const told = await this.#sendUntilTaken(event, hasKey)
      if (told !== undefined) this.sent.push({ event, hasKey, isAcknowledged: true, place: placeIn(told.text) })
    }
  }

  async #sendUntilTaken(event: number, hasKey: boolean): Promise<Told | undefined> {
    for (;;) {
      this.attempts++
      const told = await this.#send(event, hasKey).catch(() => undefined)
      if (told?.status === 202) return told
      if (told !== undefined && told.status !== 503) {
        this.refusals.push(`event ${event}: ${told.status} ${told.text}`)
        return undefined
      }
      await sleep(pauseMs)
    }
  }

  #send(event: number, hasKey: boolean): Promise<Told> {
    const { port, path } = this.#options
    const headers = {
      'content-type': 'application/json',
      ...(hasKey ? { 'idempotency-key': `event-${event}` } : {}),
    }
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers,
        agent: this.#agent,
        timeout: mostAnswerMs,
      }
      const asked = request(options, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('aborted', () => reject(new Error('the answer was cut off')))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      })
      asked.on('timeout', () => asked.destroy(new Error('no answer')))
      asked.on('error', reject)
      asked.end(JSON.stringify({ event }))
    })
  }
}

function placeIn(text: string): SentEvent['place'] {
  const { ranges } = JSON.parse(text) as { ranges: readonly { partition: number; firstOffset: number }[] }
  const [range] = ranges
  return range === undefined ? undefined : { partition: range.partition, offset: range.firstOffset }
}

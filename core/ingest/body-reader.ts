// Reads the body of one request to its end, under the limits of its source and of the memory that all share. What is
// counted stays counted until the request is answered.

import type { IncomingMessage } from 'node:http'
import { ingressErrors } from '../connector/errors.js'
import type { BodyLimits, RequestBody } from '../connector/ingress.js'
import type { BodyMemory } from './body-memory.js'

export class BodyReader {
  readonly #message: IncomingMessage
  readonly #memory: BodyMemory
  #countedBytes = 0
  #fail: ((error: Error) => void) | undefined

  constructor(message: IncomingMessage, memory: BodyMemory) {
    this.#message = message
    this.#memory = memory
  }

  /** Counts memory besides, or less of it when negative; false when there is none. */
  readonly reserve = (bytes: number): boolean => {
    if (!this.#memory.take(bytes)) return false
    this.#countedBytes += bytes
    return true
  }

  /** What the head says of the body, before a byte of it is read. Errors: body_length_missing, body_too_large. */
  check({ maxBytes }: BodyLimits): void {
    const statedBytes = statedLength(this.#message)
    if (statedBytes === undefined) {
      throw ingressErrors.make('body_length_missing', 'the request says nothing of a body')
    }
    if (statedBytes > maxBytes) throw tooLarge(maxBytes)
  }

  /** As it was sent; once. Errors: body_too_large, body_cut_off, ingest_memory_full, and what `abandon` says. */
  read({ maxBytes }: BodyLimits): Promise<RequestBody> {
    const message = this.#message
    return new Promise((resolve, reject) => {
      let chunks: Buffer[] = []
      let bytes = 0
      let isOver = false
      const end = (error: Error): void => {
        isOver = true
        chunks = []
        message.off('data', onData)
        reject(error)
      }
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length
        if (bytes > maxBytes) end(tooLarge(maxBytes))
        else if (this.reserve(chunk.length)) chunks.push(chunk)
        else end(ingressErrors.make('ingest_memory_full', 'as many bytes of bodies are in memory as may be'))
      }
      this.#fail = end
      message.on('data', onData)
      // Both come once.
      message.on('end', () => {
        isOver = true
        const received = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)
        resolve({ received, bytes: received })
      })
      message.on('close', () => {
        if (!isOver) end(cutOff(bytes))
      })
    })
  }

  /** Ends the read with this error, when one is under way. */
  abandon(error: Error): void {
    this.#fail?.(error)
  }

  /** The request is answered. */
  release(): void {
    this.#memory.give(this.#countedBytes)
    this.#countedBytes = 0
  }
}

/** Bytes of the body; 0 when they come in chunks, undefined when the request says nothing of a body. */
export function statedLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length']
  if (length !== undefined) return Number(length)
  return headers['transfer-encoding'] === undefined ? undefined : 0
}

function tooLarge(maxBytes: number): Error {
  return ingressErrors.make('body_too_large', `the body has more than ${maxBytes} bytes`, { details: { maxBytes } })
}

function cutOff(bytes: number): Error {
  return ingressErrors.make('body_cut_off', `the connection ended behind ${bytes} bytes of the body`)
}

// Sends an answer, whatever became of the body of its request.
//
// A body that nobody read still lies in the connection. When it ends soon, it is read away and the connection stays;
// else the answer goes out with `connection: close`, and some more of the body is read away while the client takes the
// answer: a connection that is closed on unread bytes is reset, and the answer is lost with it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IngressAnswer } from '../connector/ingress.js'
import type { Clock } from '../runtime/clock.js'
import { statedLength } from './body-reader.js'
import type { IngestLimits } from './limits.js'

/** An answer that may not even state a length (RFC 9110, section 8.6). */
const bodiless = 204

export interface Answering {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  /** Whether the client still waits for 100: then there is no body to come. */
  readonly isHeldBack: boolean
  readonly clock: Clock
  readonly limits: IngestLimits
}

/** Sends it; `isLast` closes the connection behind it. */
export function sendAnswer(answering: Answering, answer: IngressAnswer, isLast: boolean): void {
  const { message, response } = answering
  if (response.destroyed) return
  if (message.complete || !hasBody(message)) sendWhole(response, answer, isLast)
  else if (answering.isHeldBack) sendWhole(response, answer, true)
  else discardAndSend(answering, answer, isLast)
}

function hasBody(message: IncomingMessage): boolean {
  return (statedLength(message) ?? 0) > 0 || message.headers['transfer-encoding'] !== undefined
}

function sendWhole(response: ServerResponse, answer: IngressAnswer, isLast: boolean): void {
  writeHead(response, answer, isLast)
  response.end(answer.body)
}

function writeHead(response: ServerResponse, { status, headers, body }: IngressAnswer, isLast: boolean): void {
  if (isLast) response.shouldKeepAlive = false
  if (status === bodiless) {
    response.writeHead(status, headers)
    return
  }
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const list: string[] = []
  for (const name in headers) list.push(name, headers[name]!)
  list.push('content-length', String(bodyBytes))
  response.writeHead(status, list)
}

function discardAndSend({ message, response, clock, limits }: Answering, answer: IngressAnswer, isLast: boolean): void {
  const { lingerBytes, lingerMs } = limits
  let leftBytes = lingerBytes
  let isHeadSent = false
  const sendEarly = (): void => {
    if (isHeadSent || response.writableEnded) return
    isHeadSent = true
    writeHead(response, answer, true)
    response.write(answer.body)
  }
  const finish = (): void => {
    timer.cancel()
    message.off('data', onData)
    if (response.writableEnded) return
    if (isHeadSent) response.end()
    else sendWhole(response, answer, isLast || !message.complete)
  }
  const onData = (chunk: Buffer): void => {
    leftBytes -= chunk.length
    if (leftBytes < 0) finish()
  }
  const timer = clock.after(lingerMs, finish)
  if ((statedLength(message) ?? 0) > lingerBytes) sendEarly()
  message.on('data', onData)
  message.once('end', finish)
  message.once('close', finish)
  message.resume()
}

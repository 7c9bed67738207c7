// A client that costs next to nothing: it writes requests that were encoded before, keeps a fixed number of them
// unanswered on each connection, and looks into the answers for errors. Prints one line of JSON.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameSplitter } from '../../core/kafka/protocol/frames.js'
import { decodeProduceResponse } from '../../core/kafka/protocol/generated/produce-response.js'
import { decodeResponseHeader } from '../../core/kafka/protocol/generated/response-header.js'
import { MessageReader } from '../../core/message/message-reader.js'
import { percentile } from '../measure/pairs.js'
import { batchOf, produceFrame, produceVersion, type ProduceLoad } from './produce-load.js'

const largestAnswerBytes = 64 * 1024

/** Throws unless every partition of the answer was appended to. */
function checkAnswer(frame: Buffer): void {
  const reader = new MessageReader(frame)
  decodeResponseHeader(reader, 1)
  for (const { partitions } of decodeProduceResponse(reader, produceVersion).topics) {
    for (const { index, errorCode } of partitions) {
      if (errorCode !== 0) throw new Error(`partition ${index} answered with error ${errorCode}`)
    }
  }
}

/** Sends its share of the requests over one connection, and resolves when all are answered. */
async function blast(socket: Socket, load: ProduceLoad, nextFrame: () => Buffer | undefined): Promise<number[]> {
  const sentAtMs: number[] = []
  const times: number[] = []
  const answers = new FrameSplitter(largestAnswerBytes)
  const send = (): void => {
    const frame = nextFrame()
    if (frame === undefined) return
    sentAtMs.push(performance.now())
    socket.write(frame)
  }
  const done = new Promise<void>((resolve, reject) => {
    socket.on('close', () => reject(new Error('the server closed the connection')))
    socket.on('data', (chunk: Buffer) => {
      answers.push(chunk)
      for (let answer = answers.next(); answer !== undefined; answer = answers.next()) {
        checkAnswer(answer)
        times.push(performance.now() - (sentAtMs[times.length] ?? Number.NaN))
        send()
      }
      if (times.length === sentAtMs.length) resolve()
    })
  })
  for (let count = 0; count < load.inFlight; count++) send()
  if (sentAtMs.length > 0) await done
  return times
}

const load = JSON.parse(process.argv[2] ?? '{}') as ProduceLoad
const batch = batchOf(load.batchBytes)
const frames = Array.from({ length: load.partitions }, (_, partition) => produceFrame(load.topic, partition, batch))
const sockets = Array.from({ length: load.connections }, () =>
  connect({ port: load.port, host: '127.0.0.1', noDelay: true }),
)
await Promise.all(sockets.map((socket) => once(socket, 'connect')))

let sent = 0
const nextFrame = (): Buffer | undefined => (sent < load.requests ? frames[sent++ % frames.length] : undefined)
const startedMs = performance.now()
const times = await Promise.all(sockets.map((socket) => blast(socket, load, nextFrame)))
const seconds = (performance.now() - startedMs) / 1000
for (const socket of sockets) socket.destroy()
const all = times.flat()
const bytes = all.length * batch.length
process.stdout.write(`${JSON.stringify({ seconds, bytes, p50: percentile(all, 0.5), p99: percentile(all, 0.99) })}\n`)

// Peers of the attacked server: requests in pieces of any size, lengths that lie, halves that never come, answers that
// nobody takes.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { FrameSplitter } from '../../core/kafka/protocol/frames.js'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import type { RequestFrames } from './request-frames.js'

const peersAtOnce = 12
const mostFrames = 12
const mostPieces = 8
/** Peers that wait for nothing and never close: the oldest goes when there are more. */
const mostIdle = 150
/** Some requests are held, some have no answer: nobody waits longer for the rest. */
const patienceMs = 25
const connectMs = 10_000
const lengths = [0, -1, 2 ** 31 - 1, -(2 ** 31), 100 * 1024 * 1024, 100 * 1024 * 1024 + 1, 3]
const largestAnswerBytes = 128 * 1024 * 1024

type Manner = 'polite' | 'half-closed' | 'deaf' | 'half-open' | 'reset'
const manners: readonly Manner[] = [
  ...(['polite', 'polite', 'polite', 'polite', 'polite', 'polite'] as const),
  ...(['half-closed', 'half-closed', 'deaf', 'half-open', 'reset'] as const),
]

export class SocketAttack {
  port = 0
  /** Answers that belong to no request, or that come out of their order. */
  readonly wrongAnswers: string[] = []
  connections = 0
  readonly #random: SeededRandom
  readonly #source: RequestFrames
  readonly #idle: Socket[] = []

  constructor(random: SeededRandom, source: RequestFrames) {
    this.#random = random
    this.#source = source
  }

  async run(isEnough: () => boolean): Promise<void> {
    const peer = async (): Promise<void> => {
      while (!isEnough()) await this.#connection()
    }
    await Promise.all(Array.from({ length: peersAtOnce }, peer))
    for (const socket of this.#idle) socket.destroy()
  }

  async #connection(): Promise<void> {
    const random = this.#random
    const manner = random.pick(manners)
    const { bytes, correlationIds } = this.#stream(manner)
    const socket = connect({ host: '127.0.0.1', port: this.port, allowHalfOpen: true })
    // A peer that closes is what is to be expected here.
    socket.on('error', () => undefined)
    this.connections++
    const connected = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      sleep(connectMs, false),
    ])
    if (!connected) return void socket.destroy()
    const answers = manner === 'deaf' ? undefined : new Answers(socket, correlationIds)
    if (manner === 'deaf') socket.pause()
    await this.#send(socket, bytes)
    if (manner === 'deaf' || manner === 'half-open') return this.#leaveIdle(socket)
    if (manner === 'half-closed') socket.end()
    await answers?.come(manner === 'reset' ? 0 : patienceMs)
    if (answers?.fault !== undefined) this.wrongAnswers.push(answers.fault)
    if (manner === 'reset' && !socket.destroyed) socket.resetAndDestroy()
    else socket.destroy()
  }

  /** Some frames one behind the other; no ids when their borders are not sure. */
  #stream(manner: Manner): { readonly bytes: Buffer; readonly correlationIds: readonly number[] | undefined } {
    const random = this.#random
    const parts: Buffer[] = []
    const correlationIds: number[] = []
    let isSure = true
    for (let count = 1 + random.below(mostFrames); count > 0; count--) {
      const frame = this.#source.next()
      const isLie = random.chance(0.03)
      const length = Buffer.alloc(4)
      length.writeInt32BE(isLie ? random.pick(lengths) : frame.length)
      if (isLie) isSure = false
      else if (frame.length >= 8) correlationIds.push(frame.readInt32BE(4))
      parts.push(length, frame)
    }
    const bytes = Buffer.concat(parts)
    if (manner !== 'half-open') return { bytes, correlationIds: isSure ? correlationIds : undefined }
    return { bytes: bytes.subarray(0, random.below(bytes.length + 1)), correlationIds: undefined }
  }

  async #send(socket: Socket, bytes: Buffer): Promise<void> {
    const random = this.#random
    const borders = Array.from({ length: random.below(mostPieces) }, () => random.below(bytes.length + 1))
    let from = 0
    for (const to of [...borders.sort((a, b) => a - b), bytes.length]) {
      if (socket.destroyed) return
      socket.write(bytes.subarray(from, to))
      from = to
      if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #leaveIdle(socket: Socket): void {
    this.#idle.push(socket)
    if (this.#idle.length > mostIdle) this.#idle.shift()!.destroy()
  }
}

/** What comes back on one connection. */
class Answers {
  fault: string | undefined
  readonly #expected: readonly number[] | undefined
  readonly #splitter = new FrameSplitter(largestAnswerBytes)
  #place = 0
  #over: () => void = () => undefined
  readonly #end = new Promise<void>((resolve) => (this.#over = resolve))

  constructor(socket: Socket, expected: readonly number[] | undefined) {
    this.#expected = expected
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('end', () => this.#over())
    socket.on('close', () => this.#over())
  }

  /** All of them, the end of the connection, or the end of patience. */
  async come(patience: number): Promise<void> {
    await Promise.race([this.#end, sleep(patience)])
  }

  #take(chunk: Buffer): void {
    if (this.#expected === undefined) return
    this.#splitter.push(chunk)
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
      const id = frame.readInt32BE(0)
      const place = this.#expected.indexOf(id, this.#place)
      if (place === -1)
        this.fault ??= `an answer to ${id}, which is none of ${this.#expected.slice(this.#place).join(', ')}`
      this.#place = place + 1
    }
    if (this.#place === this.#expected.length) this.#over()
  }
}

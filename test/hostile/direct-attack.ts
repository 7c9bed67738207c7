// Gives frames to the server's request path without a socket, one after the other; requests that wait are left waiting
// beside the next ones, until their peer goes away.

import { openRequest } from '../../core/kafka/protocol/envelope.js'
import { servedBy } from '../../core/kafka/server/handler-table.js'
import { type Asker, answerRequest } from '../../core/kafka/server/request.js'
import { SaslSession } from '../../core/kafka/server/sasl-session.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import type { Failure } from './frames-report.js'
import { cellName, type RequestFrames } from './request-frames.js'
import type { ServerGeneration } from './server-generation.js'

const mostHeld = 24
/** As many frames one connection sends at most, where it has to log in. */
const mostOfSession = 12
const loginShare = 0.12
/** Until when a request has to end whose peer has gone. */
const patienceMs = 5000
const viewedEvery = 100
const mostFailures = 20

interface Work {
  readonly frame: Buffer
  readonly peer: AbortController
  readonly settled: Promise<void>
  isSettled: boolean
}

export class DirectAttack {
  frames = 0
  headersRead = 0
  answered = 0
  readonly met: Record<string, number> = {}
  readonly refused: Record<string, number> = {}
  readonly failures: Failure[] = []
  slowest: { ms: number; frame: string } = { ms: 0, frame: '' }
  readonly #random: SeededRandom
  readonly #source: RequestFrames
  #held: Work[] = []
  #login: SaslSession | undefined
  #leftOfLogin = 0

  constructor(random: SeededRandom, source: RequestFrames) {
    this.#random = random
    this.#source = source
  }

  /** Until so many frames were given to the server; then nothing waits any more. */
  async run(generation: ServerGeneration, frameCount: number): Promise<void> {
    for (let count = 0; count < frameCount; count++) {
      if (count % viewedEvery === 0) this.#source.see(generation.view())
      await this.#attack(generation)
    }
    for (const work of this.#held) await this.#leave(work)
    this.#held = []
    this.#login = undefined
  }

  fail(what: string, frame: Buffer | undefined): void {
    if (this.failures.length < mostFailures) this.failures.push({ what, frame: frame?.toString('hex') ?? '' })
  }

  async #attack(generation: ServerGeneration): Promise<void> {
    const isLogin = this.#random.chance(loginShare)
    const session = isLogin ? this.#loginSession(generation) : new SaslSession(undefined, true)
    const startedMs = performance.now()
    const work = this.#begin(generation, session)
    await Promise.race([work.settled, turn()])
    const ms = performance.now() - startedMs
    if (ms > this.slowest.ms) this.slowest = { ms, frame: work.frame.toString('hex').slice(0, 4096) }
    // A connection works at one request at a time.
    if (isLogin && !work.isSettled) return this.#leave(work)
    if (!work.isSettled) this.#held.push(work)
    if (this.#held.length > mostHeld) await this.#leave(this.#held.shift()!)
  }

  #loginSession({ saslParts }: ServerGeneration): SaslSession {
    if (this.#login === undefined || this.#login.isOver || this.#leftOfLogin-- === 0) {
      this.#login = new SaslSession(saslParts, this.#random.chance(0.5))
      this.#leftOfLogin = this.#random.below(mostOfSession)
    }
    return this.#login
  }

  #begin({ parts, saslParts }: ServerGeneration, session: SaslSession): Work {
    const frame = this.#source.next()
    const peer = new AbortController()
    const advertised = { host: '127.0.0.1', port: 9092 }
    const asker: Asker = { peerHost: '127.0.0.1', advertised, session, signal: peer.signal, appended: () => undefined }
    const isOpen = session.isOpen
    const cell = isOpen ? this.#cellOf(frame) : undefined
    if (isOpen) this.frames++
    const asked = isOpen ? parts : { ...parts, sasl: saslParts }
    const settled = answerRequest(frame, asker, asked).then(
      () => void this.answered++,
      (error: unknown) => this.#noteRefusal(error, work),
    )
    const work: Work = { frame, peer, settled: settled.finally(() => (work.isSettled = true)), isSettled: false }
    if (cell !== undefined) this.met[cell] = (this.met[cell] ?? 0) + 1
    return work
  }

  /** Which API and version it is; undefined when the header cannot be read or nobody serves it. */
  #cellOf(frame: Buffer): string | undefined {
    try {
      const { requestApiKey, requestApiVersion: version } = openRequest(frame).header
      this.headersRead++
      const api = servedBy(requestApiKey)?.api
      if (api === undefined || version < api.minVersion || version > api.maxVersion) return undefined
      return cellName({ name: api.name, version })
    } catch (error) {
      if (error instanceof TailraceError) return undefined
      throw error
    }
  }

  #noteRefusal(error: unknown, { frame, peer }: Work): void {
    const isLeft = peer.signal.aborted && error === peer.signal.reason
    const code = isLeft ? 'left waiting' : error instanceof TailraceError ? error.code : undefined
    if (code === undefined) this.fail(error instanceof Error ? (error.stack ?? error.message) : String(error), frame)
    else this.refused[code] = (this.refused[code] ?? 0) + 1
  }

  async #leave(work: Work): Promise<void> {
    work.peer.abort(new Error('the peer has gone'))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)))
    await Promise.race([work.settled, late])
    clearTimeout(timer)
    if (!work.isSettled) this.fail(`a request goes on ${patienceMs} ms after its peer has gone`, work.frame)
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

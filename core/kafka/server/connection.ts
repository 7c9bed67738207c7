// One connection of a client: frames in, one request at work at a time or several Produces, answers out in their order.
//
// It reads no further while a request is at work and more than that has come, and begins no request while the peer has
// not taken the answers before. What it holds is counted in the budget of all connections: a large request from its
// length prefix on, any that begins beside others, an answer until it is taken. `idleSinceMs` and `isStalled` let the
// server close who says nothing.

import { messageOf, TailraceError } from '../../errors/tailrace-error.js'
import type { NetworkAddress, NetworkConnection } from '../../runtime/network.js'
import { isLoopback } from '../../security/listen-address.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Recorder } from '../../telemetry/recorder.js'
import { FrameSplitter } from '../protocol/frames.js'
import { maxFrameBytes, uncountedRequestBytes } from './limits.js'
import { answerRequest, type Asker } from './request.js'
import type { ServerParts } from './request-context.js'
import { isProduce, type RequestAtWork, RequestsAtWork } from './requests-at-work.js'
import { SaslSession } from './sasl-session.js'

export interface ConnectionOptions {
  readonly parts: ServerParts
  readonly recorder: Recorder
  /** Where this client is told to connect to. */
  readonly advertised: NetworkAddress
  /** Called once, when nothing of the connection is left. */
  readonly closed: (connection: Connection) => void
}

export class Connection {
  readonly #network: NetworkConnection
  readonly #options: ConnectionOptions
  readonly #logger: Logger
  readonly #asker: Omit<Asker, 'appended'>
  readonly #ending = new AbortController()
  readonly #splitter: FrameSplitter
  readonly #atWork = new RequestsAtWork()
  #lastActiveMs: number
  /** Came whole, and waits for those at work. */
  #nextFrame: Buffer | undefined
  #isWaitingForRoom = false
  #peerEnded = false
  #isClosing = false
  #isGone = false
  /** Of the request that is coming or comes next, as far as it is counted. */
  #requestBytes = 0
  /** Of the answers that the peer has not taken yet. */
  #answerBytes = 0

  constructor(network: NetworkConnection, options: ConnectionOptions) {
    const { parts, advertised } = options
    const { host, port } = network.remote
    this.#network = network
    this.#options = options
    this.#logger = parts.logger.child({ peer: `${host}:${port}` })
    const session = new SaslSession(parts.sasl, network.isEncrypted || isLoopback(host))
    this.#asker = { peerHost: host, advertised, session, signal: this.#ending.signal }
    this.#splitter = new FrameSplitter(maxFrameBytes, parts.frameMemory)
    this.#lastActiveMs = parts.clock.monotonicMs()
    network.start({
      received: (chunk) => this.#receive(chunk),
      drained: () => this.#drained(),
      ended: () => this.#end(),
      closed: () => this.#gone(),
    })
  }

  /** Since when nothing came or went, on the monotonic clock; Infinity while the server itself lets the peer wait. */
  get idleSinceMs(): number {
    return this.#atWork.isEmpty && !this.#isWaitingForRoom ? this.#lastActiveMs : Infinity
  }

  /** Did the peer begin something that it does not end: a request, to take an answer, or to close? */
  get isStalled(): boolean {
    if (this.#asker.session.isOver) return true
    return this.#answerBytes > 0 || this.#splitter.bufferedBytes > 0 || this.#splitter.announcedBytes > 0
  }

  /** Closes at once and says why; what was not sent is lost. */
  refuse(reason: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#isGone) return
    this.#logger.warn('a connection is closed', { reason, ...fields })
    this.#options.recorder.count('tailrace_kafka_refused_total', { reason })
    this.#destroy()
  }

  /** Ends waits, sends what is answered already, and closes. */
  close(): void {
    this.#isClosing = true
    this.#ending.abort(new Error('the server closes'))
    if (this.#atWork.isEmpty) this.#network.end()
  }

  /** Closes at once. */
  destroy(): void {
    this.#destroy()
  }

  #receive(chunk: Buffer): void {
    // Behind a refused log-in only the end is waited for.
    if (this.#asker.session.isOver) return
    this.#active()
    this.#splitter.push(chunk)
    this.#options.recorder.count('tailrace_kafka_received_bytes_total', {}, chunk.length)
    this.#workOn()
  }

  /** Begins the next request when there is one, the peer has taken the answers before, and those at work let it. */
  #workOn(): void {
    if (this.#isWaitingForRoom || this.#isClosing || this.#isGone || this.#asker.session.isOver) return
    if (this.#answerBytes > 0 || !this.#mayBegin()) {
      if (this.#splitter.bufferedBytes > 0) this.#network.pause()
      return
    }
    try {
      this.#nextFrame ??= this.#splitter.next()
    } catch (error) {
      this.#atWork.add(0, 0).outcome = { failure: error }
      return this.#answer()
    }
    const frame = this.#nextFrame
    if (frame !== undefined) return this.#atWork.takes(frame) ? this.#begin(frame) : this.#network.pause()
    if (this.#peerEnded && this.#atWork.isEmpty) return this.#network.end()
    if (this.#hasRoom()) this.#network.resume()
    else this.#network.pause()
  }

  /** What begins beside others is no longer bounded by one small request for each connection, so it needs room. */
  #mayBegin(): boolean {
    if (this.#atWork.isEmpty) return true
    return this.#atWork.takesMore && this.#options.parts.budget.room > uncountedRequestBytes
  }

  /** Counts a large request as soon as its length is known; false while it has to wait for others. */
  #hasRoom(): boolean {
    const { announcedBytes } = this.#splitter
    if (announcedBytes <= uncountedRequestBytes || this.#requestBytes > 0) return true
    if (!this.#asker.session.isOpen) {
      this.refuse('too_large_before_login', { announcedBytes })
      return false
    }
    const admit = (): void => {
      this.#isWaitingForRoom = false
      this.#requestBytes = announcedBytes
      this.#active()
      this.#workOn()
    }
    if (this.#options.parts.budget.take(this, announcedBytes, admit)) {
      this.#requestBytes = announcedBytes
      return true
    }
    this.#isWaitingForRoom = true
    return false
  }

  #begin(frame: Buffer): void {
    let countedBytes = this.#requestBytes
    if (countedBytes === 0 && !this.#atWork.isEmpty) {
      countedBytes = frame.length
      this.#options.parts.budget.add(countedBytes)
    }
    this.#requestBytes = 0
    this.#nextFrame = undefined
    void this.#work(frame, this.#atWork.add(frame.length, countedBytes))
  }

  async #work(frame: Buffer, request: RequestAtWork): Promise<void> {
    const { parts, recorder } = this.#options
    const beganMs = parts.clock.monotonicMs()
    const appended = (): void => {
      request.hasAppended = true
      this.#workOn()
    }
    try {
      const { api, chunks } = await answerRequest(frame, { ...this.#asker, appended }, parts)
      recorder.count('tailrace_kafka_requests_total', { api })
      recorder.observe('tailrace_kafka_request_seconds', { api }, (parts.clock.monotonicMs() - beganMs) / 1000)
      request.outcome = { chunks }
    } catch (error) {
      request.outcome = { failure: error }
    }
    // An append has copied what it keeps; other requests may have kept views.
    if (isProduce(frame)) parts.frameMemory.giveBack(frame)
    this.#answer()
  }

  /** Sends what is answered as far as nothing before it is still at work, then goes on. */
  #answer(): void {
    for (let ended = this.#atWork.takeEnded(); ended?.outcome !== undefined; ended = this.#atWork.takeEnded()) {
      this.#giveBack(ended.countedBytes)
      if ('failure' in ended.outcome) return this.#fail(ended.outcome.failure)
      if (ended.outcome.chunks !== undefined) this.#send(ended.outcome.chunks)
    }
    if (this.#atWork.isEmpty && (this.#isClosing || this.#asker.session.isOver)) return this.#network.end()
    this.#workOn()
  }

  #send(chunks: readonly Buffer[]): void {
    if (this.#isGone) return
    this.#active()
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    this.#options.recorder.count('tailrace_kafka_sent_bytes_total', {}, bytes)
    if (this.#network.write(chunks)) return
    this.#answerBytes += bytes
    this.#options.parts.budget.add(bytes)
  }

  #drained(): void {
    this.#active()
    this.#giveBackAnswer()
    this.#workOn()
  }

  #end(): void {
    this.#peerEnded = true
    // Nobody may be there any more to take what a held request would bring.
    if (!this.#atWork.isEmpty) this.#ending.abort(new Error('the client has closed the connection'))
    else this.#workOn()
  }

  #fail(error: unknown): void {
    if (this.#isGone) return
    if (this.#ending.signal.aborted) return this.#destroy()
    const isKnown = error instanceof TailraceError
    const reason = isKnown ? error.code : 'internal'
    if (isKnown) return this.refuse(reason, { error })
    this.#logger.error('a request failed', { error, message: messageOf(error) })
    this.refuse(reason, {})
  }

  #destroy(): void {
    this.#network.destroy()
    this.#gone()
  }

  #gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#ending.abort(new Error('the connection is closed'))
    // A hub that goes down takes no member with it: they find it again, or their session ends.
    if (!this.#isClosing) this.#options.parts.connectedMembers?.closed(this.#ending.signal)
    this.#options.parts.budget.forget(this)
    this.#giveBack(this.#requestBytes)
    this.#requestBytes = 0
    for (const { countedBytes } of this.#atWork.takeAll()) this.#giveBack(countedBytes)
    this.#giveBackAnswer()
    this.#options.closed(this)
  }

  #giveBackAnswer(): void {
    const bytes = this.#answerBytes
    this.#answerBytes = 0
    this.#giveBack(bytes)
  }

  #giveBack(bytes: number): void {
    if (bytes > 0) this.#options.parts.budget.give(bytes)
  }

  #active(): void {
    this.#lastActiveMs = this.#options.parts.clock.monotonicMs()
  }
}

// One connection of a client: frames in, one request at work at a time, answers out in their order.
//
// It reads no further while a request is at work and more than that has come, and begins no request while the peer has
// not taken the answer before. What it holds is counted in the budget of all connections: a large request from its length
// prefix on, an answer until it is taken. `idleSinceMs` and `isStalled` let the server close who says nothing.

import { messageOf, TailraceError } from '../../errors/tailrace-error.js'
import type { NetworkAddress, NetworkConnection } from '../../runtime/network.js'
import { isLoopback } from '../../security/listen-address.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Recorder } from '../../telemetry/recorder.js'
import { FrameSplitter } from '../protocol/frames.js'
import { maxFrameBytes, uncountedRequestBytes } from './limits.js'
import { answerRequest, type Asker } from './request.js'
import type { ServerParts } from './request-context.js'
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
  readonly #asker: Asker
  readonly #ending = new AbortController()
  readonly #splitter = new FrameSplitter(maxFrameBytes)
  #lastActiveMs: number
  #isWorking = false
  #isWaitingForRoom = false
  #peerEnded = false
  #isClosing = false
  #isGone = false
  /** Of the request that is coming or at work, as far as it is counted. */
  #requestBytes = 0
  /** Of the answer that the peer has not taken yet. */
  #answerBytes = 0

  constructor(network: NetworkConnection, options: ConnectionOptions) {
    const { parts, advertised } = options
    const { host, port } = network.remote
    this.#network = network
    this.#options = options
    this.#logger = parts.logger.child({ peer: `${host}:${port}` })
    const session = new SaslSession(parts.sasl, network.isEncrypted || isLoopback(host))
    this.#asker = { peerHost: host, advertised, session, signal: this.#ending.signal }
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
    return this.#isWorking || this.#isWaitingForRoom ? Infinity : this.#lastActiveMs
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
    if (!this.#isWorking) this.#network.end()
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
    if (this.#isWorking) this.#network.pause()
    else this.#workOn()
  }

  /** Begins the next request when there is one, the peer has taken the answer before, and nothing is at work. */
  #workOn(): void {
    if (this.#isWorking || this.#isWaitingForRoom || this.#isClosing || this.#isGone || this.#answerBytes > 0) return
    if (this.#asker.session.isOver) return
    let frame: Buffer | undefined
    try {
      frame = this.#splitter.next()
    } catch (error) {
      return this.#fail(error)
    }
    if (frame !== undefined) return void this.#work(frame)
    if (this.#peerEnded) return this.#network.end()
    if (this.#hasRoom()) this.#network.resume()
    else this.#network.pause()
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

  async #work(frame: Buffer): Promise<void> {
    const { parts, recorder } = this.#options
    const beganMs = parts.clock.monotonicMs()
    this.#isWorking = true
    try {
      const { api, chunks } = await answerRequest(frame, this.#asker, parts)
      recorder.count('tailrace_kafka_requests_total', { api })
      recorder.observe('tailrace_kafka_request_seconds', { api }, (parts.clock.monotonicMs() - beganMs) / 1000)
      this.#isWorking = false
      this.#giveBackRequest()
      if (chunks !== undefined) this.#send(chunks)
    } catch (error) {
      this.#isWorking = false
      return this.#fail(error)
    }
    if (this.#isClosing || this.#asker.session.isOver) return this.#network.end()
    this.#workOn()
  }

  #send(chunks: readonly Buffer[]): void {
    if (this.#isGone) return
    this.#active()
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    this.#options.recorder.count('tailrace_kafka_sent_bytes_total', {}, bytes)
    if (this.#network.write(chunks)) return
    this.#answerBytes = bytes
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
    if (this.#isWorking) this.#ending.abort(new Error('the client has closed the connection'))
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
    this.#giveBackRequest()
    this.#giveBackAnswer()
    this.#options.closed(this)
  }

  #giveBackRequest(): void {
    const bytes = this.#requestBytes
    this.#requestBytes = 0
    if (bytes > 0) this.#options.parts.budget.give(bytes)
  }

  #giveBackAnswer(): void {
    const bytes = this.#answerBytes
    this.#answerBytes = 0
    if (bytes > 0) this.#options.parts.budget.give(bytes)
  }

  #active(): void {
    this.#lastActiveMs = this.#options.parts.clock.monotonicMs()
  }
}

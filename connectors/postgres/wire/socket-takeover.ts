// The socket of a session that `pg` has logged in, read by us: pull instead of push.
//
// From the first byte of the login a FrameReader follows the stream beside pg's own parser, so that at the takeover it
// stands on the same border and holds what has come of the next frame: nothing is lost, nothing is read twice. pg keeps
// its listeners for errors and for the end; they end in `failed`. Frames that came before the end are given out first.

import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../../../core/runtime/clock.js'
import { postgresErrors } from '../errors.js'
import { FrameReader } from './frame-reader.js'
import { type Pacing, paceMs } from './pacing.js'
import { frameType, queryFrame, readErrorFields } from './server-messages.js'
import { serverError } from './sql-errors.js'

/** Reads ahead up to here; what the system and the server hold beyond it makes the server wait. */
const pauseAboveBytes = 1 << 20
const resumeBelowBytes = 1 << 19

/** Follows what `stream` brings, frame by frame, without keeping any of it; `stop` gives the reader with what is left. */
export class FrameFollower {
  private readonly frames = new FrameReader()
  private readonly stream: Duplex

  constructor(stream: Duplex) {
    this.stream = stream
    stream.on('data', this.pass)
  }

  stop(): FrameReader {
    this.stream.off('data', this.pass)
    return this.frames
  }

  private readonly pass = (chunk: Buffer): void => {
    this.frames.push(chunk)
    try {
      let isWhole = true
      while (isWhole) isWhole = this.frames.next()
    } catch (error) {
      this.stream.destroy(error as Error)
    }
  }
}

export interface TakenSocketOptions {
  readonly stream: Duplex
  readonly frames: FrameReader
  /** Aborted with the error when the connection is lost. */
  readonly failed: AbortSignal
  /** Called when we end the connection ourselves: its end is no failure then. */
  readonly ending: () => void
}

export class TakenSocket {
  /** The frame that `next` came to; valid until the next one. */
  readonly frames: FrameReader
  readonly stream: Duplex
  /** All that has come since the takeover. */
  receivedBytes = 0
  private readonly ending: () => void
  /** Why nothing more comes. */
  private over: Error | undefined
  private wake: (() => void) | undefined
  private giveUp: ((reason: Error) => void) | undefined
  /** Of the last wait. There are thousands of waits in a second, mostly with the same signal: it is listened to once. */
  private signal: AbortSignal | undefined
  private isFull = false
  private pacing: { readonly pacing: Pacing; readonly clock: Clock } | undefined
  private rest: Timer | undefined

  constructor({ stream, frames, failed, ending }: TakenSocketOptions) {
    this.stream = stream
    this.frames = frames
    this.ending = ending
    if (failed.aborted) this.finish(failed.reason as Error)
    failed.addEventListener('abort', () => this.finish(failed.reason as Error), { once: true })
    stream.once('close', () => this.finish(postgresErrors.make('postgres_connection_lost', 'the connection is closed')))
    stream.removeAllListeners('data')
    stream.on('data', (chunk: Buffer) => this.received(chunk))
  }

  /** Reads are spaced out from now on. */
  pace(pacing: Pacing, clock: Clock): void {
    this.pacing = { pacing, clock }
  }

  /** Does back-pressure keep us from reading? Then silence says nothing of the peer. */
  get isPaused(): boolean {
    return this.isFull
  }

  /**
   * Goes to the next frame that is meant for a reader; false when none has come. Notices, parameters and notifications
   * are passed over. Throws what broke the connection, behind the last frame.
   */
  next(): boolean {
    const { frames } = this
    while (frames.next()) {
      const { type } = frames
      if (this.isFull && frames.waitingBytes < resumeBelowBytes) this.resume()
      if (type !== frameType.notice && type !== frameType.parameterStatus && type !== frameType.notification)
        return true
    }
    if (this.isFull) this.resume()
    if (this.over !== undefined) throw this.over
    return false
  }

  /** Resolves when `next` may come to something or throws; rejects when aborted. One waiter at a time. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.frames.waitingBytes > 0 || this.over !== undefined) return Promise.resolve()
    this.listen(signal)
    return new Promise((resolve, reject) => {
      this.wake = resolve
      this.giveUp = reject
    })
  }

  /** Waits for the next frame, for as long as it takes. Throws what broke the connection. */
  async arrival(): Promise<void> {
    while (!this.next()) await this.wait()
  }

  /** The error of the frame at hand, which is an ErrorResponse. */
  errorAtHand(doing: string): Error {
    const { bytes, start, end } = this.frames
    return serverError(readErrorFields(bytes, start, end), doing)
  }

  unexpected(doing: string): Error {
    const { type } = this.frames
    return postgresErrors.make(
      'postgres_protocol_violation',
      `${doing}: the server sent a message of type ${JSON.stringify(String.fromCharCode(type))}, which is not due`,
      { details: { type } },
    )
  }

  query(text: string): void {
    this.write(queryFrame(text))
  }

  /** What a socket does not take any more is not said: its end is on the way. */
  write(frame: Buffer): void {
    if (this.stream.writable) this.stream.write(frame)
  }

  /** Reads and drops what comes until the peer has closed, for at most `limitMs`. */
  async end(farewell: Buffer, clock: Clock, limitMs: number): Promise<void> {
    this.ending()
    this.rest?.cancel()
    const { stream } = this
    if (stream.closed) return
    const closed = new Promise<void>((resolve) => stream.once('close', resolve))
    stream.removeAllListeners('data')
    stream.resume()
    if (stream.writable) stream.end(farewell)
    const limit = clock.after(limitMs, () => stream.destroy())
    await closed
    limit.cancel()
  }

  private finish(reason: Error): void {
    this.over ??= reason
    this.listen(undefined)
    this.wake?.()
  }

  private listen(signal: AbortSignal | undefined): void {
    if (signal === this.signal) return
    this.signal?.removeEventListener('abort', this.abandon)
    this.signal = signal
    signal?.addEventListener('abort', this.abandon)
  }

  private readonly abandon = (): void => {
    this.giveUp?.(this.signal?.reason as Error)
  }

  private received(chunk: Buffer): void {
    this.frames.push(chunk)
    this.receivedBytes += chunk.length
    if (this.frames.waitingBytes > pauseAboveBytes) {
      this.isFull = true
      this.stream.pause()
    } else if (this.pacing?.pacing.isShortOfMany(chunk.length) === true) {
      this.takeRest(this.pacing.clock)
    }
    this.wake?.()
  }

  private takeRest(clock: Clock): void {
    this.stream.pause()
    this.rest ??= clock.after(paceMs, () => {
      this.rest = undefined
      if (!this.isFull) this.stream.resume()
    })
  }

  private resume(): void {
    this.isFull = false
    if (this.rest === undefined) this.stream.resume()
  }
}

// What came and is not in the log yet, in the order in which it came: one append after the other, and a bound for what
// waits. While it is full, connections are not read and datagrams are dropped and counted. An append that the log refuses
// for a while is tried until it is taken or the source is closed; then what is left is lost, and counted.

import type { Timer } from '../../core/runtime/clock.js'
import type { PushContext, PushWriter, WriterFactory } from '../../core/connector/push-source.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { type EncodedHeaders, encodeHeaders } from '../../core/record/record-headers.js'
import { messageRecord } from './message-record.js'
import type { SyslogSettings } from './settings.js'

/** Beside its bytes, while it waits. */
const aroundMessageBytes = 256
const firstPauseMs = 100
const longestPauseMs = 5_000
/** How often it is told how much was dropped. */
const tellMs = 60_000

/** Where messages come from, as their headers say. */
export class Sender {
  readonly address: string
  readonly #transport: string
  #headers: EncodedHeaders | undefined

  constructor(address: string, transport: string) {
    this.address = address
    this.#transport = transport
  }

  /** `wholeBytes`: of a message that was cut. */
  headers(wholeBytes: number | undefined): EncodedHeaders {
    if (wholeBytes !== undefined) return this.#encoded([['syslog.truncated', String(wholeBytes)]])
    return (this.#headers ??= this.#encoded([]))
  }

  #encoded(more: readonly (readonly [string, string])[]): EncodedHeaders {
    const all = [['syslog.from', this.address] as const, ['syslog.transport', this.#transport] as const, ...more]
    return encodeHeaders(all.map(([key, value]) => ({ key, value: Buffer.from(value) })))
  }
}

interface Waiting {
  readonly bytes: Buffer
  readonly sender: Sender
  readonly wholeBytes: number | undefined
  readonly receivedMs: number
}

export type Refusal = 'buffer_full' | 'too_large' | 'connections' | 'sender' | 'lost'

/** Messages that an append holds, and among them those that are no record of the topic. */
interface Filled {
  readonly count: number
  readonly tooLarge: number
}

export class Intake {
  readonly #settings: SyslogSettings
  readonly #context: PushContext
  readonly #hasRoomAgain: () => void
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #committingBytes = 0
  #wasFull = false
  #isOver = false
  #wake: () => void = () => undefined
  readonly #refused = new Map<Refusal, number>()
  readonly #closing = new AbortController()
  #telling: Timer | undefined

  /** `hasRoomAgain` is called when it was full and is not any more. */
  constructor(settings: SyslogSettings, context: PushContext, hasRoomAgain: () => void) {
    this.#settings = settings
    this.#context = context
    this.#hasRoomAgain = hasRoomAgain
  }

  get isFull(): boolean {
    return this.#waitingBytes + this.#committingBytes >= this.#settings.buffer
  }

  /** Takes a message, whose bytes are copied; what comes when it is full is the caller's to hold back. */
  add(sender: Sender, bytes: Buffer, wholeBytes: number | undefined): void {
    if (this.#isOver) return this.refuse('lost')
    const message = { bytes: Buffer.from(bytes), sender, wholeBytes, receivedMs: this.#context.clock.now() }
    this.#waiting.push(message)
    this.#waitingBytes += bytes.length + aroundMessageBytes
    if (this.isFull) this.#wasFull = true
    this.#wake()
  }

  /** Counts what was not taken, and tells it: the first at once, what follows together. */
  refuse(reason: Refusal, count = 1): void {
    if (count === 0) return
    const { metrics, pipeline, connector: source } = this.#context
    metrics.count('tailrace_syslog_refused_total', { pipeline, source, reason }, count)
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count)
    if (this.#telling === undefined) this.#tell()
  }

  /** No more comes. */
  end(): void {
    this.#isOver = true
    this.#wake()
  }

  /** Ends waiting for a log that has no room; twice is fine. */
  close(): void {
    this.#closing.abort()
    this.#telling?.cancel()
    this.#tell()
    // What is lost now is told by itself.
    this.#telling?.cancel()
    this.#telling = undefined
  }

  /** Brings what comes into the log until it has ended and all is there. Rejects with what no waiting helps against. */
  async run(writers: WriterFactory): Promise<void> {
    let left = 0
    try {
      for (;;) {
        if (this.#waiting.length === 0) {
          if (this.#isOver) return
          await new Promise<void>((resolve) => (this.#wake = resolve))
          continue
        }
        const messages = this.#waiting
        this.#waiting = []
        this.#committingBytes = this.#waitingBytes
        this.#waitingBytes = 0
        for (left = messages.length; left > 0; ) left -= await this.#commit(messages, messages.length - left, writers)
        this.#committingBytes = 0
        if (!this.#wasFull || this.isFull) continue
        this.#wasFull = false
        this.#hasRoomAgain()
      }
    } finally {
      this.#isOver = true
      this.refuse('lost', left + this.#waiting.length)
    }
  }

  /** How many of the messages from `start` on are in the log, or too large for it. */
  async #commit(messages: readonly Waiting[], start: number, writers: WriterFactory): Promise<number> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const writer = writers.open()
      const { count, tooLarge } = this.#fill(writer, messages, start)
      try {
        await writer.commit()
        this.refuse('too_large', tooLarge)
        return count
      } catch (error) {
        // The log has no room at the moment, and what came has nowhere else to be: not even a stop ends this, only its end.
        if (!(error instanceof TailraceError) || error.retry !== 'timed' || this.#closing.signal.aborted) throw error
        await this.#context.clock.sleep(pauseMs, this.#closing.signal)
      }
    }
  }

  #fill(writer: PushWriter, messages: readonly Waiting[], start: number): Filled {
    let at = start
    let tooLarge = 0
    for (; at < messages.length; at++) {
      const { bytes, sender, wholeBytes, receivedMs } = messages[at]!
      const { value, key, timestampMs } = messageRecord(bytes, this.#settings, {
        address: sender.address,
        nowMs: receivedMs,
      })
      const record = {
        key: key === undefined ? null : Buffer.from(key),
        value,
        valueStart: 0,
        valueEnd: value.length,
        timestampMs,
        headers: sender.headers(wholeBytes),
      }
      try {
        if (!writer.append(record)) break
      } catch (error) {
        if (!(error instanceof TailraceError) || error.code !== 'record_too_large') throw error
        tooLarge++
      }
    }
    return { count: at - start, tooLarge }
  }

  #tell(): void {
    this.#telling = undefined
    if (this.#refused.size === 0) return
    const { clock, logger } = this.#context
    logger.warn('a syslog source did not take what came', Object.fromEntries(this.#refused))
    this.#refused.clear()
    this.#telling = clock.after(tellMs, () => this.#tell())
  }
}

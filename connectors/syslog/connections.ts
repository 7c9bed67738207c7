// The connections of a listener: each cut into messages, closed when it is idle, and none of them read while the intake
// is full: each may have sent a read full of small messages, and what they take together would be beyond any bound.

import type { Clock, Timer } from '../../core/runtime/clock.js'
import type { NetworkConnection } from '../../core/runtime/network.js'
import { MessageFraming } from './framing.js'
import { type Intake, Sender } from './intake.js'
import type { SyslogSettings } from './settings.js'

export class Connections {
  readonly #settings: SyslogSettings
  readonly #clock: Clock
  readonly #intake: Intake
  readonly #open = new Map<NetworkConnection, IdleTime>()
  readonly #ofAddress = new Map<string, number>()
  #isPaused = false
  #isClosed = false

  constructor(settings: SyslogSettings, clock: Clock, intake: Intake) {
    this.#settings = settings
    this.#clock = clock
    this.#intake = intake
  }

  accept(connection: NetworkConnection): void {
    const { host } = connection.remote
    const { maxConnections, maxConnectionsOfSender, transport, maxMessage, idle } = this.#settings
    const ofAddress = this.#ofAddress.get(host) ?? 0
    if (this.#open.size >= maxConnections || ofAddress >= maxConnectionsOfSender) {
      this.#intake.refuse('connections')
      connection.destroy()
      return
    }
    // A handshake that was under way when the source stopped.
    if (this.#isClosed) {
      connection.destroy()
      return
    }
    const sender = new Sender(host, transport)
    const framing = new MessageFraming(maxMessage, {
      message: (bytes, start, end, wholeBytes) => {
        this.#intake.add(sender, bytes.subarray(start, end), wholeBytes === end - start ? undefined : wholeBytes)
      },
    })
    const idleTime = new IdleTime(this.#clock, idle, () => connection.destroy())
    this.#open.set(connection, idleTime)
    this.#ofAddress.set(host, ofAddress + 1)
    connection.start({
      received: (chunk) => {
        framing.take(chunk)
        if (this.#intake.isFull) this.#pause()
        else idleTime.restart()
      },
      drained: () => undefined,
      ended: () => {
        framing.end()
        connection.end()
      },
      closed: () => {
        framing.cut()
        idleTime.stop()
        this.#forget(connection, host)
      },
    })
    if (this.#isPaused) connection.pause()
    else idleTime.restart()
  }

  /** The intake has room again. */
  resume(): void {
    this.#isPaused = false
    for (const [connection, idleTime] of this.#open) {
      idleTime.restart()
      connection.resume()
    }
  }

  /** Takes what came and nothing more. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#open.keys()) connection.destroy()
  }

  /** Resolves when the last one is closed. */
  async closed(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => this.#clock.soon(resolve))
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    for (const [connection, idleTime] of this.#open) {
      // Who is not read cannot show that it is there.
      idleTime.stop()
      connection.pause()
    }
  }

  #forget(connection: NetworkConnection, host: string): void {
    this.#open.delete(connection)
    const left = (this.#ofAddress.get(host) ?? 1) - 1
    if (left === 0) this.#ofAddress.delete(host)
    else this.#ofAddress.set(host, left)
  }
}

/** How long nothing has come. */
class IdleTime {
  readonly #clock: Clock
  readonly #mostMs: number
  readonly #over: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, mostMs: number, over: () => void) {
    this.#clock = clock
    this.#mostMs = mostMs
    this.#over = over
  }

  restart(): void {
    this.stop()
    this.#timer = this.#clock.after(this.#mostMs, this.#over)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

// The connections of a listener: each cut into messages, not read while the intake is full, closed when it is idle.

import type { Clock, Timer } from '../../core/runtime/clock.js'
import type { NetworkConnection } from '../../core/runtime/network.js'
import { MessageFraming } from './framing.js'
import { type Intake, Sender } from './intake.js'
import type { SyslogSettings } from './settings.js'

export class Connections {
  readonly #settings: SyslogSettings
  readonly #clock: Clock
  readonly #intake: Intake
  readonly #open = new Set<NetworkConnection>()
  readonly #ofAddress = new Map<string, number>()
  /** What each that is not read does when it is read again. */
  readonly #paused = new Map<NetworkConnection, () => void>()

  constructor(settings: SyslogSettings, clock: Clock, intake: Intake) {
    this.#settings = settings
    this.#clock = clock
    this.#intake = intake
  }

  accept(connection: NetworkConnection): void {
    const { host } = connection.remote
    const { maxConnections, maxConnectionsOfSender, transport, maxMessage } = this.#settings
    const ofAddress = this.#ofAddress.get(host) ?? 0
    if (this.#open.size >= maxConnections || ofAddress >= maxConnectionsOfSender) {
      this.#intake.refuse('connections')
      connection.start(ignoring)
      connection.destroy()
      return
    }
    this.#open.add(connection)
    this.#ofAddress.set(host, ofAddress + 1)
    const sender = new Sender(host, transport)
    const framing = new MessageFraming(maxMessage, {
      message: (bytes, start, end, wholeBytes) => {
        this.#intake.add(sender, bytes.subarray(start, end), wholeBytes === end - start ? undefined : wholeBytes)
      },
    })
    let idle = this.#idleTimer(connection)
    connection.start({
      received: (chunk) => {
        idle.cancel()
        idle = this.#idleTimer(connection)
        framing.take(chunk)
        if (!this.#intake.isFull) return
        idle.cancel()
        connection.pause()
        this.#paused.set(connection, () => {
          idle = this.#idleTimer(connection)
          connection.resume()
        })
      },
      drained: () => undefined,
      ended: () => {
        framing.end()
        connection.end()
      },
      closed: () => {
        idle.cancel()
        // Cut off or idle: what had begun is kept as far as it came.
        framing.end()
        this.#forget(connection, host)
      },
    })
  }

  /** The intake has room again. */
  resume(): void {
    const resuming = [...this.#paused.values()]
    this.#paused.clear()
    for (const resume of resuming) resume()
  }

  /** Takes what came and nothing more. */
  close(): void {
    for (const connection of this.#open) connection.destroy()
  }

  /** Resolves when the last one is closed. */
  async closed(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => this.#clock.soon(resolve))
  }

  #idleTimer(connection: NetworkConnection): Timer {
    return this.#clock.after(this.#settings.idle, () => connection.destroy())
  }

  #forget(connection: NetworkConnection, host: string): void {
    this.#open.delete(connection)
    this.#paused.delete(connection)
    const left = (this.#ofAddress.get(host) ?? 1) - 1
    if (left === 0) this.#ofAddress.delete(host)
    else this.#ofAddress.set(host, left)
  }
}

const ignoring = {
  received: () => undefined,
  drained: () => undefined,
  ended: () => undefined,
  closed: () => undefined,
}

// The port for Kafka clients: listens, keeps count of its connections, and closes those that say nothing.

import { messageOf } from '../../errors/tailrace-error.js'
import type { LogEngine } from '../../engine/log-engine.js'
import type { Timer } from '../../runtime/clock.js'
import type { NetworkAddress, NetworkConnection, NetworkListener } from '../../runtime/network.js'
import type { World } from '../../runtime/world.js'
import { runtimeErrors } from '../../runtime/errors.js'
import { isLoopback } from '../../security/listen-address.js'
import type { TlsFiles } from '../../security/tls-files.js'
import type { Users } from '../../security/users.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Recorder } from '../../telemetry/recorder.js'
import { FrameMemory } from '../protocol/frame-memory.js'
import { ByteBudget } from './byte-budget.js'
import { ConnectedMembers } from './connected-members.js'
import { Connection } from './connection.js'
import { kafkaServerErrors } from './errors.js'
import { KeylessRecords } from './keyless-records.js'
import {
  drainMs,
  idleMs,
  maxConnections,
  maxInFlightBytes,
  maxKeptFrameBytes,
  maxOverdraftBytes,
  stalledMs,
  sweepMs,
  tightStalledMs,
} from './limits.js'
import { PendingMembers } from './pending-members.js'
import type { ServerParts, ServerSettings } from './request-context.js'
import { TopicNames } from './topic-names.js'

export interface KafkaServerOptions {
  readonly engine: LogEngine
  readonly world: Pick<World, 'network' | 'clock' | 'random'>
  readonly logger: Logger
  readonly recorder: Recorder
  /** Port 0 picks a free one. */
  readonly listen: NetworkAddress
  /** What clients are told to connect to; the address that each of them dialled when left out. */
  readonly advertised?: NetworkAddress
  readonly settings: ServerSettings
  /** Whom clients have to log in to; left out, nobody has to. */
  readonly users?: Users
  /** With TLS, and only with it. */
  readonly tls?: TlsFiles
}

/** Accepts clients when it resolves. Errors: kafka_address_taken, kafka_needs_authentication, tls_unusable. */
export async function startKafkaServer(options: KafkaServerOptions): Promise<KafkaServer> {
  const { listen } = options
  if (!isLoopback(listen.host) && options.users === undefined) {
    const message = `${listen.host}:${listen.port} can be reached from other machines, and clients need no password`
    throw kafkaServerErrors.make('kafka_needs_authentication', message, { details: { ...listen } })
  }
  const server = new KafkaServer(options)
  try {
    server.accept(await listenWith(options, (connection) => server.add(connection)))
  } catch (error) {
    if (!runtimeErrors.is(error, 'listen_failed')) throw error
    throw kafkaServerErrors.make('kafka_address_taken', messageOf(error), { cause: error, details: { ...listen } })
  }
  return server
}

async function listenWith(
  { listen, world, tls }: KafkaServerOptions,
  accept: (connection: NetworkConnection) => void,
): Promise<NetworkListener> {
  if (tls === undefined) return world.network.listen(listen, accept)
  const listener = await world.network.listenTls(listen, await tls.read(), accept)
  const watch = tls.watch((identity) => listener.renew(identity))
  return {
    address: listener.address,
    close() {
      watch.cancel()
      listener.close()
    },
  }
}

export class KafkaServer {
  readonly #options: KafkaServerOptions
  readonly #parts: ServerParts
  readonly #connections = new Set<Connection>()
  /** Connections that were too many, since the last sweep. */
  #tooManyCount = 0
  #listener: NetworkListener | undefined
  #sweep: Timer | undefined
  #allClosed: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(options: KafkaServerOptions) {
    const { engine, world, settings } = options
    const { clock, random } = world
    const logger = options.logger.child({ listener: 'kafka' })
    this.#options = options
    this.#parts = {
      engine,
      clock,
      random,
      logger,
      settings,
      budget: new ByteBudget(maxInFlightBytes, maxOverdraftBytes),
      frameMemory: new FrameMemory(maxKeptFrameBytes),
      topicNames: new TopicNames(engine.topics),
      pendingMembers: new PendingMembers(clock, random),
      connectedMembers: settings.evictsOnClose === true ? new ConnectedMembers(engine.groups, logger) : undefined,
      keylessRecords: new KeylessRecords(clock),
      sasl: options.users === undefined ? undefined : { users: options.users, random },
    }
  }

  /** Where it listens, with the port that was picked. */
  get address(): NetworkAddress {
    return this.#listener?.address ?? this.#options.listen
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Once: the listener is this server's from now on. */
  accept(listener: NetworkListener): void {
    this.#listener = listener
    this.#sweepLater()
  }

  /** Takes over a connection that was accepted. */
  add(network: NetworkConnection): void {
    if (this.#closing !== undefined || this.#connections.size >= maxConnections) {
      if (this.#closing === undefined) {
        this.#tooManyCount++
        this.#options.recorder.count('tailrace_kafka_refused_total', { reason: 'too_many' })
      }
      network.destroy()
      return
    }
    const connection = new Connection(network, {
      parts: this.#parts,
      recorder: this.#options.recorder,
      advertised: this.#options.advertised ?? network.local,
      closed: (closed) => this.#remove(closed),
    })
    this.#connections.add(connection)
    this.#showCount()
  }

  /** Ends waits, lets requests at work end for a while, and closes all connections. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#listener?.close()
    this.#sweep?.cancel()
    this.#sayTooMany()
    if (this.#connections.size === 0) return
    const closed = new Promise<void>((resolve) => {
      this.#allClosed = resolve
    })
    for (const connection of this.#connections) connection.close()
    const timer = this.#parts.clock.after(drainMs, () => {
      for (const connection of this.#connections) connection.destroy()
    })
    await closed
    timer.cancel()
  }

  #remove(connection: Connection): void {
    this.#connections.delete(connection)
    this.#showCount()
    if (this.#connections.size === 0) this.#allClosed?.()
  }

  #showCount(): void {
    this.#options.recorder.gauge('tailrace_kafka_connections', {}, this.#connections.size)
  }

  /** One line a sweep: whoever keeps dialling must not fill the disk with what is said of it. */
  #sayTooMany(): void {
    if (this.#tooManyCount === 0) return
    const counts = { connections: maxConnections, refused: this.#tooManyCount }
    this.#parts.logger.warn('connections are refused: there are too many', counts)
    this.#tooManyCount = 0
  }

  #sweepLater(): void {
    this.#sweep = this.#parts.clock.after(sweepMs, () => {
      const nowMs = this.#parts.clock.monotonicMs()
      const mostStalledMs = this.#parts.budget.isTight ? tightStalledMs : stalledMs
      for (const connection of this.#connections) {
        const silentMs = nowMs - connection.idleSinceMs
        if (connection.isStalled && silentMs > mostStalledMs) connection.refuse('stalled', { silentMs })
        else if (silentMs > idleMs) connection.refuse('idle', { silentMs })
      }
      this.#sayTooMany()
      this.#sweepLater()
    })
  }
}

// A connection to NATS that is made again when the client gave it up, and what its errors mean.
//
// The client reconnects by itself, for ever; it gives up only when the server refuses the credentials twice.

import { jetstreamManager, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { connect, errors, type NatsConnection } from '@nats-io/transport-node'
import { messageOf, TailraceError } from '../../core/errors/tailrace-error.js'
import { natsErrors } from './errors.js'
import type { NatsConnectionSettings } from './settings.js'

/** Codes of the JetStream API, as the server's errors.json numbers them. */
const apiCode = { streamNotFound: 10059, streamMismatch: 10060, notForAccount: 10039 }

export class NatsLink {
  private readonly settings: NatsConnectionSettings
  private readonly name: string
  private connection: NatsConnection | undefined

  constructor(settings: NatsConnectionSettings, name: string) {
    this.settings = settings
    this.name = name
  }

  /** The connection, made now when there is none. Errors: nats_unavailable, nats_refused. */
  async connected(): Promise<NatsConnection> {
    if (this.connection !== undefined && !this.connection.isClosed()) return this.connection
    const { servers, user, password, token, tls, timeout } = this.settings
    try {
      this.connection = await connect({
        name: this.name,
        servers: [...servers],
        timeout,
        maxReconnectAttempts: -1,
        ...(user === undefined ? {} : { user, pass: password?.reveal() ?? '' }),
        ...(token === undefined ? {} : { token: token.reveal() }),
        ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
      })
      return this.connection
    } catch (error) {
      throw natsProblem(error, `connecting to ${servers.join(', ')}`)
    }
  }

  /** Errors: as `connected`. */
  async manager(): Promise<JetStreamManager> {
    const connection = await this.connected()
    try {
      return await jetstreamManager(connection, { timeout: this.settings.timeout, checkAPI: false })
    } catch (error) {
      throw natsProblem(error, 'opening JetStream')
    }
  }

  /** What was asked for and not answered is given up. */
  async close(): Promise<void> {
    await this.connection?.close()
    this.connection = undefined
  }
}

function tlsOptions(tls: NonNullable<NatsConnectionSettings['tls']>): { ca?: string; cert?: string; key?: string } {
  const { ca, cert, key } = tls
  return {
    ...(ca === undefined ? {} : { ca: ca.reveal() }),
    ...(cert === undefined ? {} : { cert: cert.reveal() }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  }
}

/** What a failure of the client means to an edge; `doing` says what it was at. */
export function natsProblem(cause: unknown, doing: string): TailraceError {
  if (cause instanceof TailraceError) return cause
  const message = `${doing}: ${messageOf(cause)}`
  return natsErrors.make(codeOf(cause), message, { cause })
}

function codeOf(cause: unknown): 'nats_refused' | 'nats_stream_missing' | 'nats_unavailable' {
  const isRefusal =
    cause instanceof errors.AuthorizationError ||
    cause instanceof errors.UserAuthenticationExpiredError ||
    cause instanceof errors.PermissionViolationError
  if (isRefusal) return 'nats_refused'
  if (cause instanceof JetStreamApiError) {
    if (cause.code === apiCode.notForAccount) return 'nats_refused'
    if (cause.code === apiCode.streamNotFound || cause.code === apiCode.streamMismatch) return 'nats_stream_missing'
  }
  return 'nats_unavailable'
}

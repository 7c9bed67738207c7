// Opens sessions: `pg` does addresses, TLS, passwords and ordinary queries.
//
// Every session speaks the same dialect, whatever role, database and server are set to: what reads values relies on it.
// Names resolve in pg_catalog alone; everything else is written with its schema.

import { Client, type ClientConfig, type QueryResultRow } from 'pg'
import type { Secret } from '../../../core/connector/secret.js'
import { invariant } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'
import { quoteLiteral } from './identifiers.js'
import { FrameFollower, TakenSocket } from './socket-takeover.js'
import { sqlError } from './sql-errors.js'

export interface SessionOptions {
  readonly url: Secret
  /** application_name: the server cuts it at 63 bytes. */
  readonly name: string
  /** A walsender of the database, which takes replication commands; no parameters in its queries. */
  readonly replication?: boolean
  /** Set behind those that every session has. */
  readonly settings?: Readonly<Record<string, string>>
  /** For the whole login; default 10 s. */
  readonly connectTimeoutMs?: number
}

/** A logged-in connection with one query at a time; owned by who opened it. */
export interface Session {
  /** Values come as text or null, but bool and int4 as what they are. Errors: see `sqlError`. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Several statements in one text, over the simple protocol; what they return is dropped. */
  run(text: string): Promise<void>
  readonly client: Client
  /** Aborted with the error when the connection is lost; not by `close`. */
  readonly failed: AbortSignal
  /** As server_version_num: 150018. */
  readonly serverVersion: number
  /** The connection as frames, for one taker; from then on `query`, `run` and `client` are of no use. `close` stays. */
  takeOver(): TakenSocket
  /** Never throws; twice is fine. A query under way fails. */
  close(): Promise<void>
}

const oldestVersion = 140000
const defaultConnectTimeoutMs = 10_000
const keepAliveMs = 30_000

const dialect: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  datestyle: 'ISO',
  intervalstyle: 'iso_8601',
  timezone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  search_path: 'pg_catalog',
  standard_conforming_strings: 'on',
}

const boolOid = 16
const int4Oid = 23

/** All but two types stay as the server prints them: what has to be exact is never turned into a number. */
const types: ClientConfig['types'] = {
  getTypeParser: (oid: number) => {
    if (oid === boolOid) return (text: string) => text === 't'
    return oid === int4Oid ? Number : String
  },
}

/**
 * Logs in and sets the dialect; aborting the signal ends the attempt, not the session. Errors: postgres_url_invalid,
 * postgres_unreachable, postgres_login_refused, postgres_server_unsupported and others of `sqlError`.
 */
export async function connect(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted()
  const session = new PgSession(makeClient(options))
  const abandon = () => session.abandon()
  signal.addEventListener('abort', abandon)
  try {
    await session.begin({ ...dialect, ...options.settings })
    signal.throwIfAborted()
    return session
  } catch (error) {
    session.abandon()
    signal.throwIfAborted()
    throw sqlError(error, `connecting to Postgres at ${session.address}`)
  } finally {
    signal.removeEventListener('abort', abandon)
  }
}

function makeClient(options: SessionOptions): Client {
  // `replication` is read by pg and missing in its types.
  const config: ClientConfig & { replication?: string } = {
    connectionString: withStrictTls(options.url.reveal()),
    application_name: options.name,
    connectionTimeoutMillis: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    types,
    ...(options.replication === true && { replication: 'database' }),
  }
  try {
    return new Client(config)
  } catch (error) {
    throw urlInvalid(error)
  }
}

/** The cause is left out: its text may quote the URL, and with it the password. A file of certificates is named. */
function urlInvalid(error: unknown): Error {
  const { code = 'it cannot be read', path } = error as NodeJS.ErrnoException
  const reason = path === undefined ? code : `${code} for ${path}`
  return postgresErrors.make('postgres_url_invalid', `the connection URL cannot be used: ${reason}`)
}

/** pg verifies the certificate for these modes too and warns that it may not one day; said in its own words it is silent. */
function withStrictTls(url: string): string {
  if (/[?&]uselibpqcompat=/.test(url)) return url
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}

class PgSession implements Session {
  readonly client: Client
  serverVersion = 0
  private readonly failing = new AbortController()
  private isClosing = false
  private follower: FrameFollower | undefined

  constructor(client: Client) {
    this.client = client
    client.on('error', (error) => this.fail(error))
    client.on('end', () => this.fail(new Error('the server closed the connection')))
    const follow = () => {
      this.follower = new FrameFollower(client.connection.stream)
    }
    // Over TLS the first bytes are the server's consent, and the frames are those of the stream above.
    client.connection.once(client.ssl ? 'sslconnect' : 'connect', follow)
  }

  get failed(): AbortSignal {
    return this.failing.signal
  }

  get address(): string {
    const { host, port, database } = this.client
    return `${host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host}:${port}`}/${database ?? ''}`
  }

  async begin(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.client.connect()
    const statements = Object.entries(settings).map(([name, value]) => `SET ${name} = ${quoteLiteral(value)}`)
    await this.client.query(statements.join(';'))
    const [row] = await this.query<{ readonly server_version_num: string }>('SHOW server_version_num')
    this.serverVersion = Number(row?.server_version_num)
    if (this.serverVersion >= oldestVersion) return
    throw postgresErrors.make(
      'postgres_server_unsupported',
      `the server at ${this.address} is of version ${row?.server_version_num}, and 14 is the oldest that is supported`,
      { details: { serverVersion: this.serverVersion } },
    )
  }

  async query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    try {
      const { rows } = await this.client.query<QueryResultRow>(text, values as unknown[] | undefined)
      return rows as Row[]
    } catch (error) {
      throw this.translated(error, text)
    }
  }

  async run(text: string): Promise<void> {
    try {
      await this.client.query(text)
    } catch (error) {
      throw this.translated(error, text)
    }
  }

  takeOver(): TakenSocket {
    invariant(this.follower !== undefined, 'a session is taken over once, and when it is connected')
    const frames = this.follower.stop()
    this.follower = undefined
    return new TakenSocket({
      stream: this.client.connection.stream,
      frames,
      failed: this.failed,
      ending: () => {
        this.isClosing = true
      },
    })
  }

  /** Ends an attempt that came to nothing. */
  abandon(): void {
    this.isClosing = true
    this.client.connection.stream.destroy()
  }

  async close(): Promise<void> {
    this.isClosing = true
    const ended = this.client.end()
    // The goodbye is written when the system has taken it; a peer that is gone is not waited for.
    const { stream } = this.client.connection
    if ('destroySoon' in stream && typeof stream.destroySoon === 'function') stream.destroySoon()
    await ended
  }

  private fail(error: Error): void {
    if (this.isClosing || this.failing.signal.aborted) return
    this.failing.abort(sqlError(error, `the connection to Postgres at ${this.address}`))
  }

  /** After the connection is lost, what was lost says more than that there is none. */
  private translated(error: unknown, text: string): Error {
    if (this.failing.signal.aborted) return this.failing.signal.reason as Error
    return sqlError(error, `the statement ${JSON.stringify(shortened(text))}`)
  }
}

/** The beginning of a statement, on one line. */
function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= 80 ? line : `${line.slice(0, 77)}…`
}

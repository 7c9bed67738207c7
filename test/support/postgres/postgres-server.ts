// A real Postgres for tests: a cluster of its own in a temporary folder, on a port and a socket of its own.
//
// It runs in the foreground as a child of the tests. A shell stands beside it that stops the server when the tests are
// gone, however they ended.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type PostgresVersion, programsOf, serverUser } from './postgres-binaries.js'

export interface PostgresOptions {
  readonly version: PostgresVersion
  /** Over the defaults of a test: `wal_level = logical`, no fsync. */
  readonly settings?: Readonly<Record<string, string>>
  /** Lines of pg_hba.conf in front of those that trust everybody. */
  readonly hba?: readonly string[]
}

const password = 'secret'
const readyWithinMs = 30_000

export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const server = new PostgresServer(options, await freePort())
  server.initialize()
  await server.start()
  return server
}

export class PostgresServer {
  readonly version: PostgresVersion
  readonly port: number
  readonly folder: string
  readonly #options: PostgresOptions
  #child: ChildProcess | undefined
  #guard: ChildProcess | undefined
  #databases = 0

  constructor(options: PostgresOptions, port: number) {
    this.#options = options
    this.version = options.version
    this.port = port
    this.folder = fs.mkdtempSync(join(tmpdir(), 'tailrace-pg-'))
  }

  get dataDirectory(): string {
    return join(this.folder, 'data')
  }

  /** What the server said so far. */
  get log(): string {
    return fs.existsSync(this.#logFile) ? fs.readFileSync(this.#logFile, 'utf8') : ''
  }

  /** Over TCP. */
  url(database = 'postgres', user = 'postgres'): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${encodeURIComponent(database)}`
  }

  /** Over the Unix socket. */
  socketUrl(database = 'postgres', user = 'postgres'): string {
    return `postgres://${user}:${password}@/${encodeURIComponent(database)}?host=${encodeURIComponent(this.folder)}&port=${this.port}`
  }

  /** A database of its own; its name. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`
    await this.run(`CREATE DATABASE ${name}`)
    return name
  }

  /** One statement, or several, in a connection of their own. */
  async run(sql: string, database = 'postgres'): Promise<pg.QueryResult> {
    const client = await this.connect(database)
    try {
      return await client.query(sql)
    } finally {
      await client.end()
    }
  }

  /** Closed by the caller. */
  async connect(database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url(database) })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  initialize(): void {
    const user = serverUser()
    const secret = join(this.folder, 'password')
    fs.writeFileSync(secret, password)
    if (user !== undefined) for (const path of [this.folder, secret]) fs.chownSync(path, user.uid, user.gid)
    const arguments_ = [
      '-D',
      this.dataDirectory,
      '-U',
      'postgres',
      '-A',
      'trust',
      `--pwfile=${secret}`,
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
    ]
    execFileSync(join(programsOf(this.version), 'initdb'), arguments_, {
      ...this.#launch(),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.configure(this.#options.settings ?? {})
    const trust = [
      'local all all trust',
      'host all all 127.0.0.1/32 trust',
      'host all all ::1/128 trust',
      'local replication all trust',
      'host replication all 127.0.0.1/32 trust',
    ]
    fs.writeFileSync(
      join(this.dataDirectory, 'pg_hba.conf'),
      `${[...(this.#options.hba ?? []), ...trust].join('\n')}\n`,
    )
  }

  /** Settings over the defaults, from the next start on. */
  configure(settings: Readonly<Record<string, string>>): void {
    const all = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: this.folder,
      wal_level: 'logical',
      max_wal_senders: '30',
      max_replication_slots: '30',
      max_connections: '100',
      fsync: 'off',
      shared_buffers: '64MB',
      wal_sender_timeout: '60s',
      log_min_messages: 'warning',
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
    fs.writeFileSync(join(this.dataDirectory, 'postgresql.auto.conf'), `${lines.join('\n')}\n`)
  }

  async start(): Promise<void> {
    const postgres = join(programsOf(this.version), 'postgres')
    const log = fs.openSync(this.#logFile, 'a')
    const child = spawn(postgres, ['-D', this.dataDirectory], { ...this.#launch(), stdio: ['ignore', log, log] })
    fs.closeSync(log)
    this.#child = child
    this.#guard = guard(child.pid)
    const until = Date.now() + readyWithinMs
    while (!(await this.#answers())) {
      if (Date.now() > until || child.exitCode !== null) throw new Error(`the server did not start:\n${this.log}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** `immediate` is a crash as far as clients and files can tell. */
  async stop(mode: 'fast' | 'immediate' = 'immediate'): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    const isRunning = child.exitCode === null && child.signalCode === null
    const ended = isRunning ? new Promise((resolve) => child.once('exit', resolve)) : undefined
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
    this.#guard?.kill()
  }

  async restart(mode: 'fast' | 'immediate' = 'immediate'): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  /** Stops the server and removes its files. */
  async close(): Promise<void> {
    await this.stop()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }

  get #logFile(): string {
    return join(this.folder, 'server.log')
  }

  #launch(): { readonly cwd: string; readonly uid?: number; readonly gid?: number; readonly env: NodeJS.ProcessEnv } {
    return { cwd: this.folder, env: { ...process.env, LC_ALL: 'C' }, ...serverUser() }
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url() })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query('SELECT 1')
      return true
    } catch {
      // Not yet.
      return false
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

/** Ends the server when its standard input closes, which it does with the tests. */
function guard(pid: number | undefined): ChildProcess {
  const child = spawn('sh', ['-c', 'read -r _; kill -QUIT "$0" 2>/dev/null', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  child.unref()
  return child
}

/** One that nobody listens on just now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

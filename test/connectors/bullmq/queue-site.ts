// A real server of queues for tests, Redis or Postgres, and the queue `orders` in it as a Node team would use it.

import { createPostgresBackend, type Job, Queue, Worker } from 'bullmq'
import { Secret } from '../../../core/connector/secret.js'
import { missing } from '../../support/missing.js'
import { availableVersions } from '../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../support/postgres/postgres-server.js'
import { RedisServer } from '../../support/redis-server.js'

export interface QueueSite {
  /** As in a pipeline file. */
  readonly place: Readonly<Record<string, unknown>>
  queue(name?: string, mostEvents?: number): Queue
  /** Does each job by `work`. */
  worker(work: (job: Job) => Promise<unknown>, options?: Readonly<Record<string, unknown>>): Worker
  /** Crashes the server and starts it again. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** What BullMQ's own connections say while a test kills their server. */
const silent = (): void => undefined

interface Closable {
  on(event: 'error', heard: () => void): unknown
  close(): Promise<void>
}

abstract class Site {
  private readonly open: Closable[] = []

  protected kept<T extends Closable>(made: T): T {
    made.on('error', silent)
    this.open.push(made)
    return made
  }

  protected async closeAll(): Promise<void> {
    await Promise.all(this.open.map((made) => made.close().catch(silent)))
  }
}

class RedisSite extends Site implements QueueSite {
  readonly place: Readonly<Record<string, unknown>>
  readonly server: RedisServer

  constructor(server: RedisServer) {
    super()
    this.server = server
    this.place = { redis: new Secret(server.url) }
  }

  queue(name = 'orders', mostEvents = 10_000): Queue {
    const connection = { host: '127.0.0.1', port: this.server.port }
    return this.kept(new Queue(name, { connection, streams: { events: { maxLen: mostEvents } } }))
  }

  worker(work: (job: Job) => Promise<unknown>, options: Readonly<Record<string, unknown>> = {}): Worker {
    const connection = { host: '127.0.0.1', port: this.server.port, maxRetriesPerRequest: null }
    return this.kept(new Worker('orders', work, { connection, ...options }))
  }

  async restart(): Promise<void> {
    await this.server.kill()
    await this.server.up()
  }

  async close(): Promise<void> {
    await this.closeAll()
    await this.server.remove()
  }
}

class PostgresSite extends Site implements QueueSite {
  readonly place: Readonly<Record<string, unknown>>
  readonly server: PostgresServer

  constructor(server: PostgresServer) {
    super()
    this.server = server
    this.place = { postgres: new Secret(server.url()) }
  }

  queue(name = 'orders', mostEvents = 10_000): Queue {
    const connection = { connectionString: this.server.url(), migrate: true }
    const options = { connection, streams: { events: { maxLen: mostEvents } } }
    return this.kept(new Queue(name, options, createPostgresBackend) as unknown as Queue)
  }

  worker(work: (job: Job) => Promise<unknown>, options: Readonly<Record<string, unknown>> = {}): Worker {
    const connection = { connectionString: this.server.url() }
    return this.kept(new Worker('orders', work, { connection, ...options }, createPostgresBackend) as unknown as Worker)
  }

  async restart(): Promise<void> {
    await this.server.restart()
  }

  async close(): Promise<void> {
    await this.closeAll()
    await this.server.close()
  }
}

export type Backend = 'redis' | 'postgres'

/** Why a backend cannot be shown here. */
export function withoutBackend(backend: Backend): string | undefined {
  if (backend === 'redis') return missing('redis-server', ['--version'])
  return availableVersions().length === 0 ? 'no Postgres to start' : undefined
}

export async function openSite(backend: Backend): Promise<RedisSite | PostgresSite> {
  if (backend === 'redis') return new RedisSite(await RedisServer.start())
  const [version = 'debian'] = availableVersions()
  const site = new PostgresSite(await startPostgres({ version }))
  // Makes BullMQ's tables.
  await site.queue('tables').waitUntilReady()
  return site
}

// A queue on Redis or Postgres, and what errors of its server mean.

import { createPostgresBackend, Queue, type Job } from 'bullmq'
import { messageOf, TailraceError } from '../../../core/errors/tailrace-error.js'
import { bullmqLinkErrors } from './errors.js'
import type { QueuePlace } from './queue-fields.js'

export interface NewJob {
  readonly name: string
  readonly data: unknown
  readonly opts: Readonly<Record<string, unknown>>
}

/** What both backends give. */
export interface JobQueue {
  addBulk(jobs: NewJob[]): Promise<Job[]>
  getJobCounts(): Promise<Readonly<Record<string, number>>>
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
}

export interface QueueUse {
  /** Hears what happens to the connection between calls. */
  readonly failed: (error: Error) => void
  /** Makes or updates BullMQ's tables in Postgres. */
  readonly migrate: boolean
}

const connectMs = 5_000
const reconnectMs = 1_000

/** Who opens a queue sets how many events it keeps, to 10,000 when nothing else is said: that is its owner's choice. */
const unasked = { skipMetasUpdate: true }

/** Errors: bullmq_unavailable, bullmq_refused. */
export async function openQueue(settings: QueuePlace, use: QueueUse): Promise<JobQueue> {
  const { failed } = use
  const first = { isOver: false }
  const queue = queueOf(settings, use, () => (first.isOver ? reconnectMs : null))
  try {
    await queue.waitUntilReady()
    first.isOver = true
    return queue
  } catch (error) {
    // The failure to close says nothing that the failure to open does not.
    await queue.close().catch(failed)
    throw queueProblem(error, `opening the queue ${settings.queue}`)
  }
}

/** `retryStrategy` says when Redis is tried again; null gives the connection up, so that the first failure is told. */
function queueOf(settings: QueuePlace, { failed, migrate }: QueueUse, retryStrategy: () => number | null): JobQueue {
  const { queue: name, prefix, postgres } = settings
  if (postgres !== undefined) {
    const connection = { ...postgresOptions(settings), migrate }
    const queue = new Queue(name, { connection, ...unasked }, createPostgresBackend)
    queue.on('error', failed)
    return queue as unknown as JobQueue
  }
  const queue = new Queue(name, { connection: redisOptions(settings, retryStrategy), prefix, ...unasked })
  queue.on('error', failed)
  return queue as unknown as JobQueue
}

/** For the client of Redis. `retryStrategy` as for `queueOf`. */
export function redisOptions({ redis }: QueuePlace, retryStrategy: () => number | null) {
  return {
    url: redis?.reveal() ?? '',
    connectTimeout: connectMs,
    retryStrategy,
    commandTimeout: 30_000,
    // A command fails at once without a server: the runtime waits and asks again, not the client.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
  }
}

/** For the client of Postgres. */
export function postgresOptions({ postgres }: QueuePlace) {
  return { connectionString: postgres?.reveal() ?? '', connectionTimeoutMillis: connectMs }
}

export function queueProblem(cause: unknown, doing: string): TailraceError {
  if (cause instanceof TailraceError) return cause
  const text = messageOf(cause)
  const isRefusal = /^(WRONGPASS|NOAUTH|NOPERM)/.test(text) || /^(28...|42501)$/.test(sqlStateOf(cause))
  return bullmqLinkErrors.make(isRefusal ? 'bullmq_refused' : 'bullmq_unavailable', `${doing}: ${text}`, { cause })
}

/** The code of an error of Postgres; empty for any other. */
function sqlStateOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
}

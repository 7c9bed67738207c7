// Takes due jobs of a queue, on Redis or Postgres. A job leaves the queue when its work says that it is done; it comes
// again when its work says so, and when whoever had it was killed.

import { createPostgresBackend, DelayedError, type Job, Worker } from 'bullmq'
import type { QueuePlace } from './queue-fields.js'
import { postgresOptions, queueProblem, redisOptions } from './queue-link.js'

export interface Turn {
  readonly id: string
  readonly name: string
  readonly data: unknown
}

export type TurnEnd =
  | { readonly kind: 'done' }
  /** `data` replaces that of the job, unless it is undefined. Wall clock. */
  | { readonly kind: 'again'; readonly atMs: number; readonly data: unknown }

export interface JobWork {
  /** Jobs at the same time. */
  readonly concurrency: number
  /** A rejection is a turn of its own accord that comes again after a second. */
  work(turn: Turn): Promise<TurnEnd>
  /** The job has left the queue. */
  left(id: string): void
  /** Hears what happens to the connection, which is made again without end. */
  readonly failed: (error: Error) => void
}

export interface JobWorker {
  /** Waits for the work under way until `deadline` resolves; what is not over then comes again. */
  close(deadline: Promise<void>): Promise<void>
}

const reconnectMs = 1_000
/** For so long nobody else takes a job of one who was killed; it is prolonged while one works. */
const lockMs = 15_000
const stalledLookMs = 5_000
/** Nothing is given up here: who works says when a job is over. */
const without = 1_000_000_000

/** What a job is added with, for a worker of these to take. */
export const endlessly = {
  attempts: without,
  backoff: { type: 'fixed', delay: 1_000 },
  removeOnComplete: true,
} as const

/** Errors: bullmq_unavailable, bullmq_refused. */
export async function openWorker(place: QueuePlace, use: JobWork): Promise<JobWorker> {
  const worker = workerOf(place, use)
  worker.on('error', use.failed)
  worker.on('completed', ({ id = '' }: { readonly id?: string | undefined }) => use.left(id))
  try {
    await worker.waitUntilReady()
  } catch (error) {
    await worker.close(true)
    throw queueProblem(error, `opening the queue ${place.queue}`)
  }
  return {
    async close(deadline) {
      const closing = worker.close()
      const isOver = await Promise.race([closing.then(() => true), deadline.then(() => false)])
      if (!isOver) await worker.disconnect()
    },
  }
}

function workerOf(place: QueuePlace, { work, concurrency }: JobWork): Worker {
  const perform = async (job: Job, token?: string): Promise<void> => {
    const { id = '', name, data } = job
    const end = await work({ id, name, data })
    if (end.kind === 'done') return
    if (end.data !== undefined) await job.updateData(end.data)
    await job.moveToDelayed(end.atMs, token)
    throw new DelayedError()
  }
  const options = {
    concurrency,
    lockDuration: lockMs,
    stalledInterval: stalledLookMs,
    maxStalledCount: without,
  }
  if (place.postgres !== undefined) {
    const connection = postgresOptions(place)
    return new Worker(place.queue, perform, { ...options, connection }, createPostgresBackend) as unknown as Worker
  }
  // The client waits by itself for a server that is away: nobody waits for an answer here.
  const connection = { ...redisOptions(place, () => reconnectMs), maxRetriesPerRequest: null, enableOfflineQueue: true }
  return new Worker(place.queue, perform, { ...options, connection, prefix: place.prefix })
}

// Records that wait for their next attempt as delayed jobs of a BullMQ queue (`retryIn: "bullmq"`), which is this sink's
// own. The id of a job is that of its delivery; its data is the delivery as it would lie in the state.
//
// A job is added before the group's offset passes its record, and leaves when the record was taken or is a dead letter.
// `buried-job/ID` lies in the state from the dead letter on, in one append with it, until the job has left: a job that
// comes again in between is not judged twice. A kill repeats a delivery at most.

import type { Json, ConnectorContext } from '../../core/connector/context.js'
import type { SinkContext, SinkPartition } from '../../core/connector/sink.js'
import { present } from '../../core/errors/invariant.js'
import { messageOf, TailraceError } from '../../core/errors/tailrace-error.js'
import type { QueuePlace } from '../clients/bullmq/queue-fields.js'
import { endlessly, type JobWorker, openWorker, type Turn, type TurnEnd } from '../clients/bullmq/job-worker.js'
import { type JobQueue, openQueue, queueProblem } from '../clients/bullmq/queue-link.js'
import { decodeDelivery, type Delivery, encodeDelivery } from './delivery.js'
import { webhookErrors } from './errors.js'
import type { Parking, Verdict } from './parking.js'

/**
 * Jobs that are looked at together; what an endpoint has no room for is put back, so that none holds up another. More keep a
 * server of the kind of Postgres so busy that locks are prolonged too late.
 */
const mostTurns = 128
/** How long what the log refuses for now, or a closing worker, is waited for. */
const refusedMs = 1_000
const closingMs = 3_000
/** How often the number of waiting jobs is asked for. */
const countEveryMs = 10_000

const buriedJobPrefix = 'buried-job/'

export interface RetryQueueParts {
  readonly place: QueuePlace
  readonly context: SinkContext
  /** Makes one attempt. */
  attempt(delivery: Delivery): Promise<Verdict>
  /** The sink cannot go on. */
  stopped(error: unknown): void
}

/** A delivery as a job has it. */
interface StoredJob {
  readonly sink: string
  readonly of: SinkPartition
  readonly offset: number
  readonly delivery: Json
}

export class RetryQueue implements Parking {
  private readonly parts: RetryQueueParts
  private readonly sink: string
  private queue: JobQueue | undefined
  private worker: JobWorker | undefined
  private countedMs = 0

  constructor(parts: RetryQueueParts) {
    const { hubId, pipeline, connector } = parts.context
    this.parts = parts
    this.sink = `${hubId}/${pipeline}.${connector}`
  }

  /** Whether its server can be reached. Errors: bullmq_unavailable, bullmq_refused. */
  async check(): Promise<void> {
    await this.opened()
  }

  /** Begins to take due jobs. */
  async start(): Promise<void> {
    if (this.worker !== undefined) return
    await this.opened()
    this.worker = await openWorker(this.parts.place, {
      concurrency: mostTurns,
      work: (turn) => this.work(turn),
      left: (id) => void this.forget(id),
      failed: this.said,
    })
  }

  async park(deliveries: readonly Delivery[]): Promise<void> {
    const nowMs = this.parts.context.clock.now()
    const jobs = deliveries.map((delivery) => ({
      name: 'delivery',
      data: this.stored(delivery),
      opts: { ...endlessly, jobId: delivery.id, delay: Math.max(0, delivery.dueMs - nowMs) },
    }))
    const queue = await this.opened()
    try {
      await queue.addBulk(jobs)
    } catch (error) {
      throw queueProblem(error, `adding ${jobs.length} jobs to ${this.parts.place.queue}`)
    }
  }

  /** Says now and then how many wait. */
  async report(): Promise<void> {
    const { clock, metrics, pipeline, connector: sink } = this.parts.context
    const nowMs = clock.monotonicMs()
    if (this.queue === undefined || nowMs - this.countedMs < countEveryMs) return
    this.countedMs = nowMs
    const count = await waitingCount(this.queue).catch(() => undefined)
    if (count !== undefined) metrics.gauge('tailrace_webhook_parked_records', { pipeline, sink }, count)
  }

  /** Behind the end of all attempts; what is not over then comes again. */
  async close(): Promise<void> {
    const { clock } = this.parts.context
    const over = new AbortController()
    try {
      const deadline = clock.sleep(closingMs, over.signal).catch(() => undefined)
      await this.worker?.close(deadline)
    } finally {
      over.abort()
    }
    await this.queue?.close()
    this.worker = undefined
    this.queue = undefined
  }

  private readonly said = (error: Error): void =>
    this.parts.context.logger.warn('bullmq_connection_failed', { message: messageOf(error) })

  private async opened(): Promise<JobQueue> {
    this.queue ??= await openQueue(this.parts.place, { migrate: true, failed: this.said })
    return this.queue
  }

  private async work({ id, data }: Turn): Promise<TurnEnd> {
    const { context } = this.parts
    const { sink, of, offset, delivery: stored } = storedJob(data)
    if (sink !== this.sink) {
      this.parts.stopped(this.foreign(id, sink))
      return { kind: 'again', atMs: context.clock.now() + refusedMs, data: undefined }
    }
    if (context.state.get(buriedJobPrefix + id) !== undefined) return { kind: 'done' }
    const delivery = decodeDelivery(of, offset, stored)
    const attemptsBefore = delivery.attempts
    const verdict = await this.parts.attempt(delivery)
    if (verdict.kind === 'taken') return { kind: 'done' }
    if (verdict.kind === 'again') {
      const isSame = delivery.attempts === attemptsBefore
      return { kind: 'again', atMs: verdict.atMs, data: isSame ? undefined : this.stored(delivery) }
    }
    await this.bury(id, delivery, verdict.error)
    return { kind: 'done' }
  }

  /** The log may refuse for a while, such as on a full disk; anything else ends the sink, and the job comes again. */
  private async bury(id: string, delivery: Delivery, error: TailraceError): Promise<void> {
    const { context, stopped } = this.parts
    const { of, offset, record, attempts } = delivery
    for (;;) {
      try {
        await context.bury([{ of, offset, record, error, attempts }], new Map([[buriedJobPrefix + id, true]]))
        return
      } catch (refusal) {
        if (!(refusal instanceof TailraceError) || refusal.retry !== 'timed') {
          stopped(refusal)
          throw refusal
        }
        await context.clock.sleep(refusedMs, context.signal)
      }
    }
  }

  /** The job has left the queue: it cannot come again. */
  private async forget(id: string): Promise<void> {
    const { state, logger } = this.parts.context
    if (state.get(buriedJobPrefix + id) === undefined) return
    try {
      await state.put(new Map([[buriedJobPrefix + id, undefined]]))
    } catch (error) {
      // It stays in the state, where it does no harm.
      logger.warn('a mark of a dead letter stays behind', { message: messageOf(error) })
    }
  }

  private foreign(id: string, sink: string): TailraceError {
    const { queue } = this.parts.place
    const message = `the job ${id} of the queue ${queue} is of ${sink}, and not of ${this.sink}`
    return webhookErrors.make('webhook_queue_shared', message, { details: { queue, id } })
  }

  private stored(delivery: Delivery): StoredJob {
    const { of, offset } = delivery
    const { topic, topicId, partition } = of
    return { sink: this.sink, of: { topic, topicId, partition }, offset, delivery: encodeDelivery(delivery) }
  }
}

/** `sink` says whose it is, also when somebody else has added it. */
function storedJob(data: unknown): StoredJob {
  const isOurs = typeof data === 'object' && data !== null && 'sink' in data && typeof data.sink === 'string'
  return isOurs ? (data as StoredJob) : { ...(data as StoredJob), sink: 'nobody that is known' }
}

async function waitingCount(queue: JobQueue): Promise<number> {
  const { waiting = 0, delayed = 0, active = 0 } = await queue.getJobCounts()
  return waiting + delayed + active
}

/** How many records wait in the queue of a sink that does not run here. Errors: as its server has them. */
export async function recordsInQueue(place: QueuePlace, context: ConnectorContext): Promise<number> {
  const failed = (error: Error): void => context.logger.warn('bullmq_connection_failed', { message: messageOf(error) })
  const queue = await openQueue(place, { migrate: false, failed })
  try {
    return await waitingCount(queue)
  } finally {
    await queue.close()
  }
}

/** What `retryIn: "bullmq"` needs. */
export function placeOf(retryQueue: QueuePlace | undefined): QueuePlace {
  return present(retryQueue, '`retryQueue`, which the check of the settings asks for')
}

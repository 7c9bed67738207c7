// The sink of type `bullmq`: records become jobs of a queue, each under an id that never changes.
//
// The jobs of a batch are added in one go, and the group's offset moves when the queue has them. A job that is added again
// under its id is left out by BullMQ as long as the first is in the queue, waiting, done or failed.

import { originOf, replayTopicOf } from '../../core/connector/origin.js'
import type { Assignment, Sink, SinkBatch, SinkContext } from '../../core/connector/sink.js'
import { present } from '../../core/errors/invariant.js'
import { messageOf, type TailraceError } from '../../core/errors/tailrace-error.js'
import type { RecordCursor } from '../../core/record/record-cursor.js'
import { bullmqErrors } from './errors.js'
import { type JobQueue, type NewJob, openQueue, queueProblem } from '../clients/bullmq/queue-link.js'
import type { BullmqSinkSettings } from './settings.js'

/** Jobs of one call: Redis serves nobody else while it adds them. */
const mostAtOnce = 500
const greatestPriority = 2_097_152

export function create(settings: BullmqSinkSettings): Sink {
  return new BullmqSink(settings)
}

class BullmqSink implements Sink {
  private readonly settings: BullmqSinkSettings
  private readonly jobOptions: Readonly<Record<string, unknown>>
  private context: SinkContext | undefined
  private replayTopic = ''
  private queue: JobQueue | undefined

  constructor(settings: BullmqSinkSettings) {
    this.settings = settings
    const { attempts, backoff, keepCompleted, keepFailed } = settings
    this.jobOptions = {
      attempts,
      ...(backoff === undefined ? {} : { backoff: { type: backoff.type, delay: backoff.delay } }),
      ...(keepCompleted === undefined ? {} : { removeOnComplete: { count: keepCompleted } }),
      ...(keepFailed === undefined ? {} : { removeOnFail: { count: keepFailed } }),
    }
  }

  async open(context: SinkContext): Promise<void> {
    this.context = context
    this.replayTopic = replayTopicOf(context.pipeline, context.connector)
  }

  async check(): Promise<void> {
    await this.opened()
  }

  async assigned(partitions: readonly Assignment[]): Promise<readonly undefined[]> {
    return partitions.map(() => undefined)
  }

  async write(batch: SinkBatch): Promise<'durable'> {
    const context = present(this.context, 'a BullMQ sink that was opened')
    const queue = await this.opened()
    const unfit = new Map<number, TailraceError>()
    const cursor = batch.cursor()
    let jobs: NewJob[] = []
    while (cursor.next()) {
      const data = this.dataOf(batch, cursor)
      if ('error' in data) unfit.set(cursor.offset, data.error)
      else jobs.push(data.job)
      if (jobs.length < mostAtOnce) continue
      await this.add(queue, jobs)
      jobs = []
    }
    if (jobs.length > 0) await this.add(queue, jobs)
    if (unfit.size > 0) {
      const again = batch.cursor()
      while (again.next()) {
        const error = unfit.get(again.offset)
        if (error !== undefined) context.fail(batch, again, error)
      }
    }
    return 'durable'
  }

  async flush(): Promise<void> {}

  async revoked(): Promise<void> {}

  async close(): Promise<void> {
    await this.queue?.close()
    this.queue = undefined
  }

  private async opened(): Promise<JobQueue> {
    const context = present(this.context, 'a BullMQ sink that was opened')
    this.queue ??= await openQueue(this.settings, {
      migrate: true,
      failed: (error) => context.logger.warn('bullmq_connection_failed', { message: messageOf(error) }),
    })
    return this.queue
  }

  private async add(queue: JobQueue, jobs: NewJob[]): Promise<void> {
    try {
      await queue.addBulk(jobs)
    } catch (error) {
      throw queueProblem(error, `adding ${jobs.length} jobs to ${this.settings.queue}`)
    }
  }

  private dataOf(batch: SinkBatch, cursor: RecordCursor): { readonly job: NewJob } | { readonly error: TailraceError } {
    const { name, value: form, whole, priority: path } = this.settings
    const origin = originOf(batch, cursor, this.replayTopic)
    const { topic, topicId, partition, offset } = origin
    const text = cursor.value()?.toString('utf8') ?? null
    let value: unknown = text
    if (form === 'json' && text !== null) {
      try {
        value = JSON.parse(text)
      } catch (error) {
        return { error: unfit(`the value is no JSON: ${messageOf(error)}`, error) }
      }
    }
    const priority = path === undefined ? undefined : fieldOf(value, path)
    if (priority !== undefined && !isPriority(priority)) return { error: unfit(`the field ${path} is no priority`) }
    const data = whole
      ? {
          key: cursor.key()?.toString('utf8') ?? null,
          value,
          headers: headersOf(cursor),
          topic,
          partition,
          offset,
          timestamp: cursor.timestampMs,
        }
      : value
    // A colon would be refused: BullMQ parts its own keys by it.
    const jobId = `${this.context?.hubId}-${topicId}-${partition}-${offset}`
    return { job: { name, data, opts: { ...this.jobOptions, jobId, ...(priority === undefined ? {} : { priority }) } } }
  }
}

function headersOf(cursor: RecordCursor): Readonly<Record<string, string>> {
  return Object.fromEntries(cursor.headers().map(({ key, value }) => [key, Buffer.from(value ?? []).toString('utf8')]))
}

function fieldOf(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return at
}

function isPriority(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= greatestPriority
}

function unfit(message: string, cause?: unknown): TailraceError {
  return bullmqErrors.make('bullmq_record_unfit', message, cause === undefined ? {} : { cause })
}

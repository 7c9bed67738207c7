// What a source sees of a queue's events, on Redis or Postgres: pages behind a place, and what was gone before it was read.

import type { Json } from '../../core/connector/context.js'

/** A job as its server holds it: texts, of which some are JSON; null is what it has not. */
export interface StoredJob {
  readonly name: string | null
  readonly data: string | null
  readonly returnvalue: string | null
  readonly failedReason: string | null
  readonly stacktrace: string | null
  readonly timestamp: string | null
  readonly processedOn: string | null
  readonly finishedOn: string | null
  readonly delay: string | null
  readonly priority: string | null
  readonly attemptsMade: string | null
}

export interface JobEvent {
  readonly event: string
  readonly jobId: string
  /** When it happened, by the clock of the server. */
  readonly timestampMs: number
  /** What the event itself says: the value that a completed job returned (JSON), or why it failed (text). */
  readonly outcome: string | undefined
  /** As it is when the event is read; undefined when it was removed before. */
  readonly job: StoredJob | undefined
  /** The place behind it. */
  readonly behind: Json
}

/** What of the stream cannot be read any more. */
export interface Loss {
  /** `gone`: events were trimmed. `put-back`: the server forgot what it had told, as after a loss of power. */
  readonly kind: 'gone' | 'put-back'
  /** The last event that was read, and the next that is there. */
  readonly behindEvent: string
  readonly nextEvent: string | undefined
  /** Of all kinds; undefined when the server does not tell. */
  readonly eventCount: number | undefined
}

export interface EventPage {
  /** Of the kinds that are taken, in their order. */
  readonly events: readonly JobEvent[]
  /** The place behind all of the page; the very object that was asked from when nothing is worth remembering. */
  readonly behind: Json
  readonly isLast: boolean
  readonly loss: Loss | undefined
}

export interface EventStream {
  /** What the queue is known by: a place in one stream says nothing about another. */
  readonly name: string
  /** Where the first run begins. Errors: bullmq_unavailable, bullmq_refused. */
  first(start: 'earliest' | 'latest'): Promise<Json>
  /** Errors: bullmq_queue_replaced, bullmq_unavailable, bullmq_refused. */
  page(from: Json): Promise<EventPage>
  close(): Promise<void>
}

/** Events of one page at most; bounded in bytes by what their jobs hold besides. */
export const mostEvents = 512
/** Jobs of one answer of the server. */
export const mostJobsAtOnce = 32
/** A page ends behind the job that fills it. */
export const pageBytes = 4 * 1024 * 1024

export function jobBytes({ data, returnvalue, stacktrace }: StoredJob): number {
  return (data?.length ?? 0) + (returnvalue?.length ?? 0) + (stacktrace?.length ?? 0)
}

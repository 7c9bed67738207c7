// The source of type `bullmq`: what happens to jobs of a queue becomes records, each event exactly once.
//
// The place in the queue's own event stream lies in the same append as the records; the queue is told nothing. BullMQ
// trims its events: those that were gone before they were read are told and counted, never passed over in silence.

import type { Json, SourceContext } from '../../core/connector/context.js'
import type { RecordWriter, Source } from '../../core/connector/source.js'
import { present } from '../../core/errors/invariant.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { bullmqErrors } from './errors.js'
import type { EventPage, EventStream, JobEvent, Loss } from './event-stream.js'
import { recordValue } from './job-record.js'
import { PostgresEvents } from './postgres-events.js'
import { type QueuePoint, pointKey, readPoint } from './queue-point.js'
import { RedisEvents } from './redis-events.js'
import type { BullmqSourceSettings } from './settings.js'

export function create(settings: BullmqSourceSettings): Source {
  return new BullmqSource(settings)
}

class BullmqSource implements Source {
  private readonly settings: BullmqSourceSettings
  private opened: { readonly context: SourceContext; readonly stream: EventStream } | undefined
  private point: QueuePoint | undefined
  private remembered: QueuePoint | undefined
  private page: EventPage | undefined
  private at = 0

  constructor(settings: BullmqSourceSettings) {
    this.settings = settings
  }

  async open(context: SourceContext): Promise<void> {
    const stream = openEvents(this.settings, (error) =>
      context.logger.warn('bullmq_connection_failed', { message: messageOf(error) }),
    )
    this.opened = { context, stream }
    const point = readPoint(context.state.get(pointKey))
    if (point !== undefined && point.stream !== stream.name) {
      throw bullmqErrors.make('bullmq_queue_replaced', `${point.stream} was read, and ${stream.name} is asked for`)
    }
    this.point = point
    this.remembered = point
  }

  async read(into: RecordWriter): Promise<'more' | 'idle'> {
    const { stream } = present(this.opened, 'a BullMQ source that was opened')
    this.point ??= { stream: stream.name, at: await stream.first(this.settings.start), gaps: 0, gone: 0 }
    this.page ??= await this.next(stream, this.point)
    const { events, behind, isLast } = this.page
    while (this.at < events.length && this.append(into, present(events[this.at], 'an event of a page'))) this.at++
    const isOver = this.at === events.length
    if (isOver) {
      this.page = undefined
      if (behind !== this.point.at) this.point = { ...this.point, at: behind }
    }
    this.remember(into)
    return isOver && isLast ? 'idle' : 'more'
  }

  async acknowledge(): Promise<void> {}

  async close(): Promise<void> {
    await this.opened?.stream.close()
  }

  private async next(stream: EventStream, point: QueuePoint): Promise<EventPage> {
    const page = await stream.page(point.at)
    this.at = 0
    if (page.loss !== undefined) this.tell(page.loss)
    return page
  }

  private remember(into: RecordWriter): void {
    const { point } = this
    if (point === undefined || point === this.remembered) return
    into.remember(pointKey, point as unknown as Json)
    this.remembered = point
  }

  private append(into: RecordWriter, event: JobEvent): boolean {
    const value = recordValue(this.settings.queue, event)
    const taken = into.append({
      key: Buffer.from(event.jobId),
      value,
      valueStart: 0,
      valueEnd: value.length,
      timestampMs: event.timestampMs,
      headers: null,
    })
    if (taken) this.point = { ...present(this.point, 'the point of a source that reads'), at: event.behind }
    return taken
  }

  /** What the stream no longer had is told by its place, and counted in the resume point. */
  private tell(loss: Loss): void {
    const { context } = present(this.opened, 'a BullMQ source that was opened')
    const point = present(this.point, 'the point of a source that reads')
    const { kind, behindEvent, nextEvent, eventCount } = loss
    const name = kind === 'gone' ? 'bullmq_events_gone' : 'bullmq_events_put_back'
    context.logger.warn(name, { queue: this.settings.queue, behindEvent, nextEvent, eventCount })
    this.point = { ...point, gaps: point.gaps + 1, gone: point.gone + (eventCount ?? 0) }
  }
}

export function openEvents(settings: BullmqSourceSettings, failed: (error: Error) => void): EventStream {
  return settings.redis === undefined ? new PostgresEvents(settings, failed) : new RedisEvents(settings, failed)
}

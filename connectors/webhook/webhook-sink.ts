// The sink of type `webhook`: records become requests, at least once, in order per key, under an id that never changes.
//
//   log → delivery → lane → request → taken
//                       └→ failed → parked in the state (the group goes on) → … → taken, or a dead letter
//
// The group's offset passes a record when it was taken, lies in the state, or became a dead letter. Behind a start what
// lies in the state is loaded before the first record is read, so that nothing overtakes it.

import type { AddressGuard } from '../../core/connector/outgoing.js'
import { replayTopicOf } from '../../core/connector/origin.js'
import type { Assignment, Sink, SinkBatch, SinkContext, SinkPartition } from '../../core/connector/sink.js'
import { present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { type Sender, WebhookClient } from './client.js'
import { buriedPrefix, decodeDelivery, type Delivery, offsetOfKey, parkedPrefix, partitionPrefix } from './delivery.js'
import { DeliveryBuilder } from './delivery-builder.js'
import { Dispatcher } from './dispatcher.js'
import { stalledMs } from './endpoint.js'
import { webhookErrors } from './errors.js'
import { placeOf, RetryQueue } from './retry-queue.js'
import { policyOf, type WebhookSettings } from './settings.js'
import { Template } from './template.js'

/** Records in memory that are neither taken nor parked: with more, the log is not read on. */
const mostUnresolved = 2_000
/** Of those so many are resolved before it is read on: to wait for each alone costs more than to send it. */
const resolvedTogether = 32

const disabledPrefix = 'disabled/'

/** Makes what sends the requests of a sink. */
export type OpenSender = (settings: WebhookSettings, guard: AddressGuard, context: SinkContext) => Sender

const openClient: OpenSender = (settings, guard, { clock }) => new WebhookClient(settings, guard, clock)

export function create(settings: WebhookSettings, openSender = openClient): Sink {
  return new WebhookSink(settings, openSender)
}

/** How far a partition is. */
interface Place {
  readonly of: SinkPartition
  /** All below was looked at. */
  nextOffset: number
  /** The first that is unresolved; said to be how far the group's offset may go. */
  first: number
  /** Neither taken, parked nor buried, in the order of offsets. */
  readonly unresolved: Map<number, true>
  /** Known from the state although the group may not have passed them. */
  readonly known: Set<number>
}

interface Opened {
  readonly context: SinkContext
  readonly client: Sender
  readonly builder: DeliveryBuilder
  readonly dispatcher: Dispatcher
  /** With `retryIn: "bullmq"`. */
  readonly retryQueue: RetryQueue | undefined
}

class WebhookSink implements Sink {
  private readonly settings: WebhookSettings
  private readonly openSender: OpenSender
  private readonly places = new Map<string, Place>()
  private readonly disabled = new Set<string>()
  private opened: Opened | undefined
  private guard: AddressGuard | undefined
  private unresolvedCount = 0
  /** With so few unresolved, whoever waits goes on. */
  private goesOnAt = 0
  private failure: { readonly error: unknown } | undefined
  private changed: () => void = () => undefined

  constructor(settings: WebhookSettings, openSender: OpenSender) {
    this.settings = settings
    this.openSender = openSender
  }

  async open(context: SinkContext): Promise<void> {
    const { settings } = this
    const guard = context.outgoing.guard(policyOf(settings))
    const client = this.openSender(settings, guard, context)
    const replayTopic = replayTopicOf(context.pipeline, context.connector)
    const builder = new DeliveryBuilder({ settings, guard, hubId: context.hubId, replayTopic })
    const retryQueue = settings.retryIn === 'log' ? undefined : this.makeRetryQueue(context)
    const dispatcher = new Dispatcher({
      settings,
      client,
      context,
      parking: retryQueue,
      resolved: (delivery) => this.resolved(delivery),
      stopped: (error) => this.fail(error),
      gone: (endpoint) => this.disable(endpoint),
    })
    await dispatcher.open()
    this.guard = guard
    this.opened = { context, client, builder, dispatcher, retryQueue }
    for (const [key, enable] of context.state.entries(disabledPrefix)) {
      if (enable === settings.enable) this.disabled.add(key.slice(disabledPrefix.length))
      else await context.state.put(new Map([[key, undefined]]))
    }
  }

  async check(): Promise<void> {
    await this.parts().retryQueue?.check()
    const { url } = this.settings
    if (!new Template(url).isConstant) return
    const { origin } = present(this.guard, 'the guard of a sink that was opened').checkUrl(url)
    if (this.disabled.has(origin)) throw disabledError(origin)
  }

  async assigned(partitions: readonly Assignment[]): Promise<readonly (number | undefined)[]> {
    const { context, dispatcher, retryQueue } = this.parts()
    for (const { topic, topicId, partition, committed = 0 } of partitions) {
      const of = { topic, topicId, partition }
      const place: Place = { of, nextOffset: 0, first: 0, unresolved: new Map(), known: new Set() }
      const past = new Map<string, undefined>()
      for (const [key] of context.state.entries(buriedPrefix + partitionPrefix(of))) {
        if (offsetOfKey(key) < committed) past.set(key, undefined)
        else place.known.add(offsetOfKey(key))
      }
      if (past.size > 0) await context.state.put(past)
      for (const [key, stored] of context.state.entries(parkedPrefix + partitionPrefix(of))) {
        const delivery = decodeDelivery(of, offsetOfKey(key), stored)
        place.known.add(delivery.offset)
        dispatcher.add(delivery)
      }
      this.places.set(nameOf(of), place)
    }
    await retryQueue?.start()
    return partitions.map(() => undefined)
  }

  async write(batch: SinkBatch, signal: AbortSignal): Promise<'accepted'> {
    const { builder, context, dispatcher } = this.parts()
    this.throwFailure()
    const { parkedBytes } = this.settings
    if (dispatcher.parkedBytes >= parkedBytes) {
      throw webhookErrors.make('webhook_parked_full', `${dispatcher.parkedBytes} bytes of records are parked`, {
        details: { parkedBytes: dispatcher.parkedBytes, limitBytes: parkedBytes },
      })
    }
    const place = this.placeOf(batch)
    const cursor = batch.cursor()
    for (let isThere = cursor.next(); isThere; isThere = cursor.next()) {
      const { offset } = cursor
      if (offset < place.nextOffset || place.known.has(offset)) continue
      if (this.unresolvedCount >= mostUnresolved) await this.resolvedTo(mostUnresolved - resolvedTogether, signal)
      const delivery = this.deliveryOf(builder, context, { batch, cursor })
      place.nextOffset = offset + 1
      if (delivery === undefined) continue
      if (place.unresolved.size === 0) place.first = offset
      place.unresolved.set(offset, true)
      this.unresolvedCount++
      dispatcher.add(delivery)
    }
    place.nextOffset = batch.nextOffset
    this.tell(place)
    return 'accepted'
  }

  /** What stops the sink is said although nothing comes. */
  async tick(): Promise<void> {
    await this.parts().retryQueue?.report()
    this.throwFailure()
  }

  async flush(signal: AbortSignal): Promise<void> {
    await this.resolvedTo(0, signal)
    this.throwFailure()
  }

  async revoked(partitions: readonly SinkPartition[]): Promise<void> {
    const { dispatcher, context } = this.parts()
    await this.flush(context.signal)
    await dispatcher.drop(partitions)
    for (const of of partitions) this.places.delete(nameOf(of))
  }

  async close(): Promise<void> {
    await this.opened?.dispatcher.close()
    await this.opened?.retryQueue?.close()
    await this.opened?.client.close()
  }

  private makeRetryQueue(context: SinkContext): RetryQueue {
    return new RetryQueue({
      place: placeOf(this.settings.retryQueue),
      context,
      attempt: (delivery) => this.parts().dispatcher.attempt(delivery),
      stopped: (error) => this.fail(error),
    })
  }

  private fail(error: unknown): void {
    this.failure ??= { error }
    this.changed()
  }

  /** Undefined for a record that failed. */
  private deliveryOf(
    builder: DeliveryBuilder,
    context: SinkContext,
    { batch, cursor }: { readonly batch: SinkBatch; readonly cursor: ReturnType<SinkBatch['cursor']> },
  ): Delivery | undefined {
    try {
      const delivery = builder.build(batch, cursor)
      if (this.disabled.has(delivery.endpoint)) throw disabledError(delivery.endpoint)
      return delivery
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      context.fail(batch, cursor, error)
      return undefined
    }
  }

  /** Requests to a fixed `url` end with it; of many endpoints only this one does. */
  private async disable(endpoint: string): Promise<boolean> {
    const { context } = this.parts()
    this.disabled.add(endpoint)
    await context.state.put(new Map([[disabledPrefix + endpoint, this.settings.enable]]))
    return !new Template(this.settings.url).isConstant
  }

  private resolved({ of, offset }: Delivery): void {
    const place = this.places.get(nameOf(of))
    if (place?.unresolved.delete(offset) !== true) return
    this.unresolvedCount--
    if (offset === place.first) this.tell(place)
    if (this.unresolvedCount <= this.goesOnAt) this.changed()
  }

  /** Says how far the group's offset may go. */
  private tell(place: Place): void {
    const [first = place.nextOffset] = place.unresolved.keys()
    place.first = first
    this.parts().context.durable(place.of, first)
  }

  /** Waits until so few are unresolved. What waits for an endpoint that is stalled meanwhile is parked. */
  private async resolvedTo(count: number, signal: AbortSignal): Promise<void> {
    const { dispatcher, context } = this.parts()
    this.goesOnAt = count
    while (this.unresolvedCount > count) {
      dispatcher.relieve()
      const timer = context.clock.after(stalledMs, () => this.changed())
      try {
        await this.change(signal)
      } finally {
        timer.cancel()
      }
    }
  }

  /** Resolves when enough was resolved, or it is time to look; throws what stops the sink. */
  private async change(signal: AbortSignal): Promise<void> {
    this.throwFailure()
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error)
      this.changed = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
    this.throwFailure()
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure.error
  }

  private placeOf(of: SinkPartition): Place {
    return present(this.places.get(nameOf(of)), `${of.topic}/${of.partition}, which was not assigned`)
  }

  private parts(): Opened {
    return present(this.opened, 'the parts of a sink that was opened')
  }
}

function disabledError(endpoint: string): TailraceError {
  return webhookErrors.make('webhook_disabled', `${endpoint} answered 410: it wants no more records`, {
    details: { endpoint },
  })
}

function nameOf({ topicId, partition }: SinkPartition): string {
  return `${topicId}/${partition}`
}

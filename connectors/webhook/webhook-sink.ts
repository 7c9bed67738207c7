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
import { Batching } from './batching.js'
import {
  buriedPrefix,
  decodeDelivery,
  type Delivery,
  deliveryBytes,
  encodeDelivery,
  offsetOfKey,
  parkedPrefix,
  partitionPrefix,
  placeKey,
  recordsOf,
} from './delivery.js'
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

/** Of batches that are stored together. */
const mostStoredBytes = 1024 * 1024

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
  /** With `batch`. */
  readonly batching: Batching | undefined
}

class WebhookSink implements Sink {
  private readonly settings: WebhookSettings
  private readonly openSender: OpenSender
  private readonly places = new Map<string, Place>()
  private readonly disabled = new Set<string>()
  private opened: Opened | undefined
  private guard: AddressGuard | undefined
  /** Batches that are complete and not in the state yet. */
  private complete: Delivery[] = []
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
    const batching = settings.batch === undefined ? undefined : new Batching(settings.batch, context.clock)
    this.opened = { context, client, builder, dispatcher, retryQueue, batching }
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
        for (const { offset } of recordsOf(delivery)) place.known.add(offset)
        dispatcher.add(delivery)
      }
      this.places.set(nameOf(of), place)
    }
    await retryQueue?.start()
    return partitions.map(() => undefined)
  }

  async write(batch: SinkBatch, signal: AbortSignal): Promise<'accepted'> {
    const { builder, context, dispatcher, batching } = this.parts()
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
      if (this.unresolvedCount >= mostUnresolved) {
        await this.storeBatches('all')
        await this.resolvedTo(mostUnresolved - resolvedTogether, signal)
      }
      const delivery = this.deliveryOf(builder, context, { batch, cursor })
      place.nextOffset = offset + 1
      if (delivery === undefined) continue
      if (place.unresolved.size === 0) place.first = offset
      place.unresolved.set(offset, true)
      this.unresolvedCount++
      if (batching === undefined) dispatcher.add(delivery)
      else this.complete.push(...batching.add(delivery))
    }
    place.nextOffset = batch.nextOffset
    await this.storeBatches('due')
    this.tell(place)
    return 'accepted'
  }

  /** What stops the sink is said although nothing comes. */
  async tick(): Promise<void> {
    await this.parts().retryQueue?.report()
    await this.storeBatches('due')
    this.throwFailure()
  }

  async flush(signal: AbortSignal): Promise<void> {
    await this.storeBatches('all')
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

  /**
   * Brings batches into the state and sends them; then the group's offset may pass their records. May be repeated when it
   * fails.
   */
  private async storeBatches(which: 'due' | 'all'): Promise<void> {
    const { batching, context, dispatcher } = this.parts()
    if (batching === undefined) return
    this.complete.push(...batching.due(which === 'all'))
    while (this.complete.length > 0) {
      const [next] = this.complete
      // A record that is too large for a batch is alone behind every start, and needs no help to be the same request.
      if (next !== undefined && next.others?.length === 0 && deliveryBytes(next) >= mostStoredBytes) {
        this.complete.shift()
        dispatcher.add(next)
        continue
      }
      let bytes = 0
      let count = 0
      while (count < this.complete.length && (count === 0 || bytes < mostStoredBytes)) {
        bytes += deliveryBytes(this.complete[count++]!)
      }
      const storing = this.complete.slice(0, count)
      context.keepFailed()
      await context.state.put(
        new Map(storing.map((one) => [placeKey(parkedPrefix, one.of, one.offset), encodeDelivery(one)])),
      )
      this.complete.splice(0, count)
      for (const delivery of storing) {
        delivery.isParked = true
        delivery.isStored = true
        dispatcher.add(delivery)
        for (const { offset } of recordsOf(delivery)) this.passed(delivery.of, offset)
      }
    }
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
    this.passed(of, offset)
  }

  /** The group's offset may pass the record. */
  private passed(of: SinkPartition, offset: number): void {
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

// Gathers deliveries into batches: one for each partition, address and set of headers, in the order of offsets. A batch is
// complete when the next record would be too much for it, or when it has waited long enough.
//
// A batch is one delivery of several records. Whoever takes it stores it before it is sent: from then on it holds the same
// records under the same id, whatever a crash does.

import type { Clock } from '../../core/runtime/clock.js'
import { batchId, type Delivery, deliveryBytes } from './delivery.js'
import type { WebhookSettings } from './settings.js'

export type BatchSettings = NonNullable<WebhookSettings['batch']>

interface Gathering {
  readonly deliveries: Delivery[]
  bytes: number
  readonly sinceMs: number
}

export class Batching {
  readonly #settings: BatchSettings
  readonly #clock: Clock
  readonly #gathering = new Map<string, Gathering>()

  constructor(settings: BatchSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Takes a delivery with a body; what is complete by it. */
  add(delivery: Delivery): readonly Delivery[] {
    const { records, bytes: mostBytes } = this.#settings
    const { of, url, headers } = delivery
    const name = JSON.stringify([of.topicId, of.partition, url, headers])
    const bytes = deliveryBytes(delivery)
    const complete: Delivery[] = []
    const before = this.#gathering.get(name)
    if (before !== undefined && before.bytes + bytes > mostBytes) complete.push(this.#take(name, before))
    const gathering = this.#gathering.get(name) ?? { deliveries: [], bytes: 0, sinceMs: this.#clock.monotonicMs() }
    this.#gathering.set(name, gathering)
    gathering.deliveries.push(delivery)
    gathering.bytes += bytes
    if (gathering.deliveries.length >= records || gathering.bytes >= mostBytes) {
      complete.push(this.#take(name, gathering))
    }
    return complete
  }

  /** What has waited for its time, or all. */
  due(all: boolean): readonly Delivery[] {
    const untilMs = this.#clock.monotonicMs() - this.#settings.maxWait
    return [...this.#gathering]
      .filter(([, { sinceMs }]) => all || sinceMs <= untilMs)
      .map(([name, gathering]) => this.#take(name, gathering))
  }

  #take(name: string, { deliveries }: Gathering): Delivery {
    this.#gathering.delete(name)
    return together(deliveries, this.#settings.format)
  }
}

/** Deliveries that differ in their records alone, as one. */
function together(deliveries: readonly Delivery[], format: BatchSettings['format']): Delivery {
  const first = deliveries[0]!
  return {
    ...first,
    id: deliveries.length === 1 ? first.id : batchId(deliveries.map(({ id }) => id)),
    body: bodyOf(deliveries, format),
    others: deliveries.slice(1).map(({ offset, record }) => ({ offset, record })),
  }
}

function bodyOf(deliveries: readonly Delivery[], format: BatchSettings['format']): Buffer {
  const bodies = deliveries.map(({ body }) => String(body))
  if (format === 'json') return Buffer.from(`[${bodies.join(',')}]`)
  // In JSON a line end can only stand between tokens.
  return Buffer.from(bodies.map((body) => `${body.replace(/[\r\n]+/g, ' ')}\n`).join(''))
}

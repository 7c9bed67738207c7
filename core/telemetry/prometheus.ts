// The metrics of the catalogue in the text format of Prometheus, with prom-client. Each recorder has a registry of its
// own, so that two hubs in one process do not count into one another.
//
// Counters are counted by the request, nearly always with the labels of the time before: such counts are summed here and
// reach prom-client, which looks at every label again, when the labels change or the metrics are read.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { invariant } from '../errors/invariant.js'
import { type CounterName, type GaugeName, type HistogramName, type MetricDeclaration, metrics } from './catalogue.js'
import type { Labels, Recorder } from './recorder.js'

/** What was counted for one series since prom-client heard of it. */
interface Pending {
  readonly counter: Counter
  readonly labelCount: number
  labels: Labels
  /** Undefined for nothing; a series that is counted with 0 is shown. */
  by: number | undefined
}

export class PrometheusRecorder implements Recorder {
  readonly #registry = new Registry()
  readonly #counters = new Map<string, Pending>()
  readonly #gauges = new Map<string, Gauge>()
  readonly #histograms = new Map<string, Histogram>()

  constructor() {
    for (const [name, declaration] of Object.entries<MetricDeclaration>(metrics)) this.#register(name, declaration)
  }

  /** What belongs into the Content-Type of an answer with `expose()`. */
  get contentType(): string {
    return this.#registry.contentType
  }

  count(name: CounterName, labels: Labels, by = 1): void {
    const pending = this.#counters.get(name)
    if (pending === undefined) return
    if (!haveSameValues(labels, pending)) {
      checkLabels(name, labels)
      settle(pending)
      pending.labels = labels
    }
    pending.by = (pending.by ?? 0) + by
  }

  gauge(name: GaugeName, labels: Labels, value: number): void {
    checkLabels(name, labels)
    this.#gauges.get(name)?.set(labels, value)
  }

  observe(name: HistogramName, labels: Labels, value: number): void {
    checkLabels(name, labels)
    this.#histograms.get(name)?.observe(labels, value)
  }

  forget(name: GaugeName, labels: Labels): void {
    checkLabels(name, labels)
    this.#gauges.get(name)?.remove(labels)
  }

  /** All series, in the text format of Prometheus. */
  expose(): Promise<string> {
    for (const pending of this.#counters.values()) settle(pending)
    return this.#registry.metrics()
  }

  #register(name: string, { kind, help, labels, buckets }: MetricDeclaration): void {
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] }
    switch (kind) {
      case 'counter':
        this.#counters.set(name, {
          counter: new Counter(options),
          labelCount: labels.length,
          labels: {},
          by: undefined,
        })
        break
      case 'gauge':
        this.#gauges.set(name, new Gauge(options))
        break
      case 'histogram':
        this.#histograms.set(name, new Histogram({ ...options, ...(buckets && { buckets: [...buckets] }) }))
        break
    }
  }
}

function settle(pending: Pending): void {
  if (pending.by === undefined) return
  pending.counter.inc(pending.labels, pending.by)
  pending.by = undefined
}

/** True only for labels that are as they are declared. */
function haveSameValues(labels: Labels, { labels: before, labelCount }: Pending): boolean {
  let count = 0
  for (const label in labels) {
    if (labels[label] !== before[label]) return false
    count++
  }
  return count === labelCount
}

/** A series with a label too few or too many would stand beside the others and never be seen: a mistake of the code. */
function checkLabels(name: keyof typeof metrics, labels: Labels): void {
  const { labels: declared }: MetricDeclaration = metrics[name]
  const given = Object.keys(labels)
  const agree = given.length === declared.length && declared.every((label) => label in labels)
  invariant(agree, `${name} has the labels [${declared.join(', ')}], not [${given.join(', ')}]`)
}

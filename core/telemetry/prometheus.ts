// The metrics of the catalogue in the text format of Prometheus, with prom-client. Each recorder has a registry of its
// own, so that two hubs in one process do not count into one another.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { invariant } from '../errors/invariant.js'
import { type CounterName, type GaugeName, type HistogramName, type MetricDeclaration, metrics } from './catalogue.js'
import type { Labels, Recorder } from './recorder.js'

export class PrometheusRecorder implements Recorder {
  readonly #registry = new Registry()
  readonly #counters = new Map<string, Counter>()
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
    checkLabels(name, labels)
    this.#counters.get(name)?.inc(labels, by)
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
    return this.#registry.metrics()
  }

  #register(name: string, { kind, help, labels, buckets }: MetricDeclaration): void {
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] }
    switch (kind) {
      case 'counter':
        this.#counters.set(name, new Counter(options))
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

/** A series with a label too few or too many would stand beside the others and never be seen: a mistake of the code. */
function checkLabels(name: keyof typeof metrics, labels: Labels): void {
  const { labels: declared }: MetricDeclaration = metrics[name]
  const given = Object.keys(labels)
  const agree = given.length === declared.length && declared.every((label) => label in labels)
  invariant(agree, `${name} has the labels [${declared.join(', ')}], not [${given.join(', ')}]`)
}

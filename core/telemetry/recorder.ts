// Where components count. Which metrics exist stands in catalogue.ts; prometheus.ts exposes them.

import type { CounterName, GaugeName, HistogramName } from './catalogue.js'

export type Labels = Readonly<Record<string, string>>

/** Called once per batch, never per record. */
export interface Recorder {
  count(name: CounterName, labels: Labels, by?: number): void
  gauge(name: GaugeName, labels: Labels, value: number): void
  /** Seconds or bytes, as the catalogue says. */
  observe(name: HistogramName, labels: Labels, value: number): void
  /** Removes a gauge's series: what it described is gone. */
  forget(name: GaugeName, labels: Labels): void
}

export const silentRecorder: Recorder = { count() {}, gauge() {}, observe() {}, forget() {} }

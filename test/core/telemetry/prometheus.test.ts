import { describe, expect, it } from 'vitest'
import { metrics } from '../../../core/telemetry/catalogue.js'
import { PrometheusRecorder } from '../../../core/telemetry/prometheus.js'

const sink = { pipeline: 'shop', sink: 'lake' }

describe('the Prometheus recorder', () => {
  it('exposes what was counted, set and observed', async () => {
    const recorder = new PrometheusRecorder()
    recorder.count('tailrace_log_appends_total', {})
    recorder.count('tailrace_log_appends_total', {}, 4)
    recorder.gauge('tailrace_sink_lag_records', sink, 7)
    recorder.observe('tailrace_journal_sync_seconds', {}, 0.003)
    const text = await recorder.expose()
    expect(text).toContain('\ntailrace_log_appends_total 5\n')
    expect(text).toContain('tailrace_sink_lag_records{pipeline="shop",sink="lake"} 7\n')
    expect(text).toContain('tailrace_journal_sync_seconds_bucket{le="0.0025"} 0\n')
    expect(text).toContain('tailrace_journal_sync_seconds_bucket{le="0.005"} 1\n')
    expect(text).toContain('tailrace_journal_sync_seconds_sum 0.003\n')
    expect(recorder.contentType).toContain('text/plain')
  })

  it('declares every metric of the catalogue with its kind and help, before anything is counted', async () => {
    const text = await new PrometheusRecorder().expose()
    for (const [name, { kind, help }] of Object.entries(metrics)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`)
    }
  })

  it('forgets the series of what is gone', async () => {
    const recorder = new PrometheusRecorder()
    recorder.gauge('tailrace_sink_lag_records', sink, 7)
    recorder.gauge('tailrace_sink_lag_records', { ...sink, sink: 'other' }, 8)
    recorder.forget('tailrace_sink_lag_records', sink)
    const text = await recorder.expose()
    expect(text).not.toContain('sink="lake"')
    expect(text).toContain('sink="other"')
  })

  it('refuses labels that the catalogue does not declare', () => {
    const recorder = new PrometheusRecorder()
    expect(() => recorder.count('tailrace_log_appends_total', { topic: 'a' })).toThrow('has the labels [], not [topic]')
    expect(() => recorder.gauge('tailrace_sink_lag_records', { pipeline: 'shop' }, 1)).toThrow('[pipeline, sink]')
    expect(() => recorder.forget('tailrace_sink_lag_records', { pipeline: 'shop', source: 'a' })).toThrow('source')
  })

  it('counts apart from every other recorder', async () => {
    const [one, other] = [new PrometheusRecorder(), new PrometheusRecorder()]
    one.count('tailrace_log_appends_total', {})
    expect(await other.expose()).toContain('\ntailrace_log_appends_total 0\n')
  })
})

// The exporters of OpenTelemetry for JavaScript, in both encodings, as an application uses them.

import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import { afterEach, describe, expect, it } from 'vitest'
import { HttpSite, secret } from '../site.js'

const sites: HttpSite[] = []

async function open(source: Readonly<Record<string, unknown>> = {}): Promise<HttpSite> {
  const site = await HttpSite.open({ source: { protocol: 'otlp', ...source } })
  sites.push(site)
  return site
}

afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
})

interface ExporterOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly compression: 'gzip' | 'none'
}

const exporters: Readonly<Record<string, (options: ExporterOptions) => LogRecordExporter>> = {
  // The names of the compressions are constants that only types know, and those of a package that is not ours to name.
  JSON: (options) => new JsonExporter(options as ConstructorParameters<typeof JsonExporter>[0]),
  'Protocol Buffers': (options) => new ProtobufExporter(options as ConstructorParameters<typeof ProtobufExporter>[0]),
}

const timeMs = 1_700_000_000_123

async function emit(exporter: LogRecordExporter, count: number): Promise<void> {
  const provider = new LoggerProvider({
    processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 100 })],
  })
  const logger = provider.getLogger('shop', '1.2.3')
  for (let number = 0; number < count; number++) {
    logger.emit({
      timestamp: timeMs + number,
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      eventName: 'bought',
      body: { text: `log ${number}`, parts: [1, 2.5, true, null, 'x'] },
      attributes: { number, large: 2 ** 40, list: ['a', 'b'], raw: Uint8Array.of(1, 2, 3), deep: { er: { est: -1 } } },
    })
  }
  await provider.forceFlush()
  await provider.shutdown()
}

describe.each(Object.entries(exporters))('the exporter of OpenTelemetry for %s', (_, make) => {
  it.each(['none', 'gzip'] as const)(
    'delivers every log, with all that it says (compression %s)',
    async (compression) => {
      const site = await open({ auth: { scheme: 'bearer', tokens: [secret('token')] } })
      const headers = { authorization: 'Bearer token' }
      const url = `http://127.0.0.1:${site.port}/in/v1/logs`
      await emit(make({ url, headers, compression }), 250)
      const records = await site.records()
      expect(records.map(({ timestampMs }) => timestampMs)).toEqual(Array.from({ length: 250 }, (_, at) => timeMs + at))
      const last = JSON.parse(records[249]!.value!) as Readonly<Record<string, unknown>>
      expect(last).toMatchObject({
        timeUnixNano: `${timeMs + 249}000000`,
        severityNumber: 13,
        severityText: 'WARN',
        eventName: 'bought',
        body: { text: 'log 249', parts: [1, 2.5, true, null, 'x'] },
        attributes: { number: 249, large: 2 ** 40, list: ['a', 'b'], raw: 'AQID', deep: { er: { est: -1 } } },
        scope: { name: 'shop', version: '1.2.3' },
      })
      expect(last['resource']).toMatchObject({ attributes: { 'telemetry.sdk.language': 'nodejs' } })
    },
  )
})

describe('both exporters of OpenTelemetry', () => {
  it('give the same records', async () => {
    const values: (readonly (string | null)[])[] = []
    for (const make of Object.values(exporters)) {
      const site = await open()
      await emit(make({ url: `http://127.0.0.1:${site.port}/in/v1/logs`, headers: {}, compression: 'none' }), 3)
      values.push((await site.values()).map((value) => value!.replace(/"observedTimeUnixNano":"\d+",/, '')))
    }
    expect(values[0]).toHaveLength(3)
    expect(values[1]).toEqual(values[0])
  })
})

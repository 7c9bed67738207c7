// Bodies as they are: JSON, lines of JSON, lines of text, rows of CSV, CloudEvents, or any bytes. Which of them says `format`, or with
// "auto" the Content-Type. Values are the bytes that came: nothing is parsed that has only to be valid.
//
// Answer: `202 {"records":2,"deadLetters":0,"ranges":[{"topic","partition","firstOffset","lastOffset"}]}`.

import type { IngressAnswer } from '../../../core/connector/ingress.js'
import { httpErrors } from '../errors.js'
import type { Protocol, ProtocolRequest, RecordIntake, TakenRequest } from '../protocol.js'
import type { HttpSettings } from '../settings.js'
import { type BodyReading, readBytes } from './body-reading.js'
import { carriesEvents, eventReading } from './cloudevents.js'
import { csvReading } from './csv-body.js'
import { jsonReading } from './json-body.js'
import { ndjsonReading, textReading } from './line-bodies.js'

type RawSettings = Pick<HttpSettings, 'format' | 'splitArrays' | 'badLines'>

/** By media type, without parameters. Those that end in +json are JSON as well. */
const formatOfType: Readonly<Record<string, Exclude<HttpSettings['format'], 'auto'>>> = {
  'application/json': 'json',
  'text/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/x-jsonlines': 'ndjson',
  'text/plain': 'lines',
  'text/csv': 'csv',
  'application/octet-stream': 'bytes',
  'application/x-www-form-urlencoded': 'bytes',
}

export function rawProtocol(settings: RawSettings): Protocol {
  const readings: Readonly<Record<Exclude<HttpSettings['format'], 'auto'>, BodyReading>> = {
    json: jsonReading(settings.splitArrays),
    ndjson: ndjsonReading(settings.badLines),
    lines: textReading(settings.badLines),
    csv: csvReading(settings.badLines),
    cloudevents: eventReading(),
    bytes: readBytes,
  }
  return {
    methods: ['POST', 'PUT'],
    takesBelow: false,
    take(request: ProtocolRequest, body: Buffer, intake: RecordIntake) {
      const format = settings.format === 'auto' ? formatOf(request) : settings.format
      readings[format](request, body, intake)
      return accepted
    },
  }
}

function formatOf(request: ProtocolRequest): Exclude<HttpSettings['format'], 'auto'> {
  const given = request.header('content-type') ?? ''
  // As most clients write it, it needs no taking apart.
  const type = Object.hasOwn(formatOfType, given) ? given : given.split(';', 1)[0]!.trim().toLowerCase()
  if (carriesEvents(request, type)) return 'cloudevents'
  const format = Object.hasOwn(formatOfType, type) ? formatOfType[type] : undefined
  if (format !== undefined) return format
  if (type.startsWith('application/') && type.endsWith('+json')) return 'json'
  const what = type === '' ? 'no Content-Type' : `the Content-Type ${type}`
  throw httpErrors.make('http_content_type_unknown', `${what} says how the body is to be read`)
}

function accepted({ ranges, recordCount, deadLetterCount }: TakenRequest): IngressAnswer {
  const body = JSON.stringify({ records: recordCount, deadLetters: deadLetterCount, ranges })
  return { status: 202, headers: { 'content-type': 'application/json' }, body }
}

// CloudEvents 1.0 in the three modes of the HTTP binding, as records of the Kafka binding.
//
//   binary      attributes in headers `ce-NAME`, data in the body → the body, attributes in headers `ce_NAME`, its type
//               in `content-type`
//   structured  one event as JSON                                  → the event as it came, `content-type` as below
//   batch       a JSON array of events                             → each event as in structured mode
//
// An event must have `id`, `source`, `type` and a `specversion` of 1.0. `partitionkey` becomes the key, unless the
// settings take it from elsewhere.

import { encodeHeaders, type RecordHeader } from '../../../core/record/record-headers.js'
import { JsonScanner, skipSpace } from '../../../core/format/json-scanner.js'
import { messageOf } from '../../../core/errors/tailrace-error.js'
import { httpErrors } from '../errors.js'
import type { IncomingRecord, ProtocolRequest, RecordIntake } from '../protocol.js'
import { joinedHeaders } from '../record-surroundings.js'
import { badBody, type BodyReading, checkUtf8, lineAt, recordOf, textStart } from './body-reading.js'
import { forEachElement } from './json-body.js'

const structuredType = 'application/cloudevents+json'
const batchType = 'application/cloudevents-batch+json'

const openBracket = 0x5b

const needed = ['id', 'source', 'type', 'specversion'] as const

const structuredHeaders = encodeHeaders([
  { key: 'content-type', value: Buffer.from(`${structuredType}; charset=utf-8`) },
])

type Attributes = Readonly<Record<string, unknown>>

/** Whether a request says that it carries events; the media type is without parameters, in lower case. */
export function carriesEvents(request: ProtocolRequest, mediaType: string): boolean {
  return mediaType === structuredType || mediaType === batchType || request.header('ce-specversion') !== undefined
}

/** Errors besides those of the intake: http_body_invalid. */
export function eventReading(): BodyReading {
  const scanner = new JsonScanner()
  return (request, body, intake) => {
    const type = (request.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
    if (type !== structuredType && type !== batchType) {
      addBinary(request, body, intake)
      return
    }
    checkUtf8(body)
    const start = skipSpace(body, textStart(body), body.length)
    if (!scanner.isWhole(body, start, body.length)) throw badBody(lineAt(body, scanner.failedAt), scanner.reason)
    const record = recordOf(request, body)
    record.headers = joinedHeaders(record.headers, structuredHeaders)
    if (type === structuredType) addEvent({ request, record, intake }, start, body.length)
    else if (body[start] !== openBracket) throw badEvent('a batch is an array')
    else forEachElement(scanner, body, start, (from, to) => addEvent({ request, record, intake }, from, to))
  }
}

interface Adding {
  readonly request: ProtocolRequest
  readonly record: IncomingRecord
  readonly intake: RecordIntake
}

/** `end` may stand behind white space. */
function addEvent({ request, record, intake }: Adding, start: number, end: number): void {
  const text = Buffer.from(record.value.buffer, record.value.byteOffset + start, end - start)
    .toString('utf8')
    .trimEnd()
  const event: unknown = JSON.parse(text)
  if (typeof event !== 'object' || event === null || Array.isArray(event)) throw badEvent('it is no object')
  checkAttributes(event as Attributes)
  record.valueStart = start
  record.valueEnd = start + Buffer.byteLength(text)
  record.key = keyOf(request, event as Attributes)
  intake.add(record)
}

function addBinary(request: ProtocolRequest, body: Buffer, intake: RecordIntake): void {
  const attributes = headerAttributes(request.rawHeaders)
  checkAttributes(attributes)
  const headers: RecordHeader[] = Object.entries(attributes).map(([name, value]) => {
    return { key: `ce_${name}`, value: Buffer.from(value) }
  })
  const contentType = request.header('content-type')
  if (contentType !== undefined) headers.push({ key: 'content-type', value: Buffer.from(contentType, 'latin1') })
  const record = recordOf(request, body)
  record.valueEnd = body.length
  record.headers = joinedHeaders(record.headers, encodeHeaders(headers))
  record.key = keyOf(request, attributes)
  intake.add(record)
}

/** Of the headers `ce-NAME`; values may be percent-encoded UTF-8 (HTTP binding, section 3.1.3.2). */
function headerAttributes(rawHeaders: readonly string[]): Readonly<Record<string, string>> {
  const attributes = new Map<string, string>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!name.startsWith('ce-')) continue
    const attribute = name.slice(3)
    if (!/^[a-z0-9]+$/.test(attribute)) throw badEvent(`"${attribute}" is no name of an attribute`)
    if (attributes.has(attribute)) throw badEvent(`the attribute ${attribute} came twice`)
    attributes.set(attribute, decodedValue(attribute, rawHeaders[at + 1]!))
  }
  return Object.fromEntries(attributes)
}

function decodedValue(attribute: string, value: string): string {
  try {
    return decodeURIComponent(value)
  } catch (error) {
    throw badEvent(`the attribute ${attribute} is not percent-encoded as it should be: ${messageOf(error)}`)
  }
}

function checkAttributes(attributes: Attributes): void {
  for (const name of needed) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    if (typeof value !== 'string' || value === '') throw badEvent(`it has no ${name}`)
  }
  if (attributes['specversion'] !== '1.0') throw badEvent('its specversion is not 1.0')
}

function keyOf({ recordKey }: ProtocolRequest, attributes: Attributes): Uint8Array | null {
  if (recordKey !== null) return recordKey
  const key = Object.hasOwn(attributes, 'partitionkey') ? attributes['partitionkey'] : undefined
  return typeof key === 'string' && key !== '' ? Buffer.from(key) : null
}

function badEvent(reason: string): Error {
  return httpErrors.make('http_body_invalid', `a CloudEvent is refused: ${reason}`)
}

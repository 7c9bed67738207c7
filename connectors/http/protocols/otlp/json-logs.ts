// ExportLogsServiceRequest in OTLP's JSON (opentelemetry.io, "OTLP Specification", section "JSON Protobuf Encoding"): names
// in lowerCamelCase, ids in hex, 64-bit integers as texts or numbers, enums as numbers. Names that are not known are
// passed over; null stands for what is left out.

import { parseJsonObject } from '../../../../core/format/json-object.js'
import { type JsonObject, type JsonValue, ParseFailure } from '../../../../core/format/parsed.js'
import { httpErrors } from '../../errors.js'
import { checkUtf8, textStart } from '../../raw/body-reading.js'
import { doubleText, LogText, originOf, OriginText, type TakeLog } from './log-text.js'

const int64Pattern = /^-?(?:0|[1-9][0-9]{0,18})$/
const nanosecondsPattern = /^(?:0|[1-9][0-9]{0,19})$/
const hexPattern = /^[0-9a-fA-F]*$/
const base64Pattern = /^[A-Za-z0-9+/_-]*={0,2}$/
const mostUint32 = 0xffff_ffff

/** Errors: http_body_invalid, and those of `take`. */
export function readJsonLogs(body: Buffer, take: TakeLog): void {
  checkUtf8(body)
  const request = parseJsonObject(body.toString('utf8', textStart(body)))
  if (request instanceof ParseFailure) throw invalid('the body', request.describe())
  const log = new LogText()
  for (const resourceLogs of objects(request, 'resourceLogs')) {
    const resource = new OriginText()
    readOrigin(resource, objectOf(resourceLogs, 'resource'))
    resource.schemaUrl = textOf(resourceLogs, 'schemaUrl')
    const resourceText = resource.json()
    for (const scopeLogs of objects(resourceLogs, 'scopeLogs')) {
      const scope = new OriginText()
      readOrigin(scope, objectOf(scopeLogs, 'scope'))
      scope.schemaUrl = textOf(scopeLogs, 'schemaUrl')
      const origin = originOf(resourceText, scope)
      for (const record of objects(scopeLogs, 'logRecords')) {
        readLog(log, record)
        take(log, origin)
      }
    }
  }
}

function readOrigin(origin: OriginText, from: JsonObject | undefined): void {
  if (from === undefined) return
  origin.name = textOf(from, 'name')
  origin.version = textOf(from, 'version')
  origin.attributes = members(from, 'attributes')
  origin.droppedAttributes = uint32Of(from, 'droppedAttributesCount')
}

function readLog(log: LogText, record: JsonObject): void {
  const body = objectOf(record, 'body')
  log.time = nanosecondsOf(record, 'timeUnixNano')
  log.observedTime = nanosecondsOf(record, 'observedTimeUnixNano')
  log.severityNumber = uint32Of(record, 'severityNumber')
  log.severityText = textOf(record, 'severityText')
  log.eventName = textOf(record, 'eventName')
  log.body = body === undefined ? '' : valueText(body)
  log.attributes = members(record, 'attributes')
  log.droppedAttributes = uint32Of(record, 'droppedAttributesCount')
  log.traceId = hexOf(record, 'traceId')
  log.spanId = hexOf(record, 'spanId')
  log.flags = uint32Of(record, 'flags')
}

/** A list of key and value as the members of an object. */
function members(from: JsonObject, name: string): string {
  let text = ''
  for (const entry of objects(from, name)) {
    const value = objectOf(entry, 'value')
    const member = `${JSON.stringify(textOf(entry, 'key'))}:${value === undefined ? 'null' : valueText(value)}`
    text = text === '' ? member : `${text},${member}`
  }
  return text
}

const valueTexts: Readonly<Record<string, (value: JsonValue) => string>> = {
  stringValue: (value) => (typeof value === 'string' ? JSON.stringify(value) : refuse('stringValue')),
  boolValue: (value) => (typeof value === 'boolean' ? String(value) : refuse('boolValue')),
  intValue: int64Text,
  doubleValue: doubleValueText,
  arrayValue: (value) =>
    isObject(value) ? `[${objects(value, 'values').map(valueText).join(',')}]` : refuse('arrayValue'),
  kvlistValue: (value) => (isObject(value) ? `{${members(value, 'values')}}` : refuse('kvlistValue')),
  bytesValue: (value) =>
    typeof value === 'string' && base64Pattern.test(value) ? JSON.stringify(value) : refuse('bytesValue'),
}

/** As deep as the parser of the body went. */
function valueText(value: JsonObject): string {
  for (const name in value) {
    const inner = value[name]!
    if (Object.hasOwn(valueTexts, name) && inner !== null) return valueTexts[name]!(inner)
  }
  return 'null'
}

function int64Text(value: JsonValue): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  if (typeof text !== 'string' || !int64Pattern.test(text)) return refuse('intValue')
  return text === '-0' ? '0' : text
}

function doubleValueText(value: JsonValue): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return doubleText(value)
  const isNamed = value === 'NaN' || value === 'Infinity' || value === '-Infinity'
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  return isNamed || Number.isFinite(number) ? doubleText(number) : refuse('doubleValue')
}

function objects(from: JsonObject, name: string): readonly JsonObject[] {
  const list = from[name] ?? null
  if (list === null) return []
  if (!Array.isArray(list) || !list.every(isObject)) return refuse(name)
  return list
}

function objectOf(from: JsonObject, name: string): JsonObject | undefined {
  const value = from[name] ?? null
  if (value === null) return undefined
  return isObject(value) ? value : refuse(name)
}

function textOf(from: JsonObject, name: string): string {
  const value = from[name] ?? ''
  return typeof value === 'string' ? value : refuse(name)
}

function hexOf(from: JsonObject, name: string): string {
  const text = textOf(from, name)
  return hexPattern.test(text) && text.length % 2 === 0 ? text.toLowerCase() : refuse(name)
}

function uint32Of(from: JsonObject, name: string): number {
  const value = from[name] ?? 0
  const number = typeof value === 'string' && nanosecondsPattern.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > mostUint32) return refuse(name)
  return number
}

/** Empty for 0, which means that the time is not known. */
function nanosecondsOf(from: JsonObject, name: string): string {
  const value = from[name] ?? '0'
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  if (typeof text !== 'string' || !nanosecondsPattern.test(text)) return refuse(name)
  return text === '0' ? '' : text
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(name: string): never {
  throw invalid(name, 'it is not what it should be')
}

function invalid(what: string, reason: string): Error {
  return httpErrors.make('http_body_invalid', `${what}: ${reason}`)
}

// ExportLogsServiceRequest in Protocol Buffers (opentelemetry-proto 1.x: logs/v1, common/v1, resource/v1). Fields that are
// not known here are passed over, as the encoding has it.

import {
  ProtobufCursor,
  tagOf,
  wireBytes,
  wireFixed32,
  wireFixed64,
  wireVarint,
} from '../../../../core/format/protobuf-cursor.js'
import { httpErrors } from '../../errors.js'
import { doubleText, LogText, originOf, OriginText, type TakeLog } from './log-text.js'

/** As deep as values in values go; deeper is no log that a program wrote. */
const mostDepth = 32

const request = { resourceLogs: tagOf(1, wireBytes) }
const resourceLogs = { resource: tagOf(1, wireBytes), scopeLogs: tagOf(2, wireBytes), schemaUrl: tagOf(3, wireBytes) }
const resourceFields = { attributes: tagOf(1, wireBytes), dropped: tagOf(2, wireVarint) }
const scopeLogs = { scope: tagOf(1, wireBytes), logs: tagOf(2, wireBytes), schemaUrl: tagOf(3, wireBytes) }
const scopeFields = {
  name: tagOf(1, wireBytes),
  version: tagOf(2, wireBytes),
  attributes: tagOf(3, wireBytes),
  dropped: tagOf(4, wireVarint),
}
const logFields = {
  time: tagOf(1, wireFixed64),
  severityNumber: tagOf(2, wireVarint),
  severityText: tagOf(3, wireBytes),
  body: tagOf(5, wireBytes),
  attributes: tagOf(6, wireBytes),
  dropped: tagOf(7, wireVarint),
  flags: tagOf(8, wireFixed32),
  traceId: tagOf(9, wireBytes),
  spanId: tagOf(10, wireBytes),
  observedTime: tagOf(11, wireFixed64),
  eventName: tagOf(12, wireBytes),
}
const keyValue = { key: tagOf(1, wireBytes), value: tagOf(2, wireBytes) }
const anyValue = {
  string: tagOf(1, wireBytes),
  bool: tagOf(2, wireVarint),
  int: tagOf(3, wireVarint),
  double: tagOf(4, wireFixed64),
  array: tagOf(5, wireBytes),
  list: tagOf(6, wireBytes),
  bytes: tagOf(7, wireBytes),
}
/** Of ArrayValue and of KeyValueList. */
const listValues = tagOf(1, wireBytes)

/** Errors: protobuf_malformed, http_body_invalid, and those of `take`. */
export function readProtobufLogs(body: Buffer, take: TakeLog): void {
  new LogReader(body, take).read()
}

class LogReader {
  readonly #cursor: ProtobufCursor
  readonly #take: TakeLog
  readonly #log = new LogText()

  constructor(body: Buffer, take: TakeLog) {
    this.#cursor = new ProtobufCursor(body)
    this.#take = take
  }

  read(): void {
    const cursor = this.#cursor
    while (cursor.next(cursor.bytes.length)) {
      const { behind } = cursor
      if (cursor.tag === request.resourceLogs) this.#resourceLogs(cursor.at, behind)
      cursor.at = behind
    }
  }

  /** The logs may stand before what they belong to, so that it is looked at twice. */
  #resourceLogs(start: number, end: number): void {
    const cursor = this.#cursor
    const resource = new OriginText()
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === resourceLogs.resource) this.#resource(resource, behind)
      else if (cursor.tag === resourceLogs.schemaUrl) resource.schemaUrl = cursor.text()
      cursor.at = behind
    }
    const resourceText = resource.json()
    cursor.at = start
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === resourceLogs.scopeLogs) this.#scopeLogs(cursor.at, behind, resourceText)
      cursor.at = behind
    }
  }

  #resource(resource: OriginText, end: number): void {
    const cursor = this.#cursor
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === resourceFields.attributes) {
        resource.attributes = joined(resource.attributes, this.#member(behind, 0))
      } else if (cursor.tag === resourceFields.dropped) resource.droppedAttributes = cursor.low
      cursor.at = behind
    }
  }

  #scopeLogs(start: number, end: number, resource: string): void {
    const cursor = this.#cursor
    const scope = new OriginText()
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === scopeLogs.scope) this.#scope(scope, behind)
      else if (cursor.tag === scopeLogs.schemaUrl) scope.schemaUrl = cursor.text()
      cursor.at = behind
    }
    const origin = originOf(resource, scope)
    cursor.at = start
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === scopeLogs.logs) {
        this.#readLog(behind)
        this.#take(this.#log, origin)
      }
      cursor.at = behind
    }
  }

  #scope(scope: OriginText, end: number): void {
    const cursor = this.#cursor
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === scopeFields.name) scope.name = cursor.text()
      else if (cursor.tag === scopeFields.version) scope.version = cursor.text()
      else if (cursor.tag === scopeFields.attributes)
        scope.attributes = joined(scope.attributes, this.#member(behind, 0))
      else if (cursor.tag === scopeFields.dropped) scope.droppedAttributes = cursor.low
      cursor.at = behind
    }
  }

  #readLog(end: number): void {
    const cursor = this.#cursor
    const log = this.#log
    log.clear()
    while (cursor.next(end)) {
      const { behind, tag } = cursor
      if (tag === logFields.time) log.time = nanosecondsText(cursor)
      else if (tag === logFields.observedTime) log.observedTime = nanosecondsText(cursor)
      else if (tag === logFields.severityNumber) log.severityNumber = cursor.low
      else if (tag === logFields.severityText) log.severityText = cursor.text()
      else if (tag === logFields.body) log.body = this.#value(behind, 0)
      else if (tag === logFields.attributes) log.attributes = joined(log.attributes, this.#member(behind, 0))
      else if (tag === logFields.dropped) log.droppedAttributes = cursor.low
      else if (tag === logFields.flags) log.flags = cursor.low
      else if (tag === logFields.traceId) log.traceId = cursor.bytesText('hex')
      else if (tag === logFields.spanId) log.spanId = cursor.bytesText('hex')
      else if (tag === logFields.eventName) log.eventName = cursor.text()
      cursor.at = behind
    }
  }

  /** A KeyValue as a member of an object. */
  #member(end: number, depth: number): string {
    const cursor = this.#cursor
    let key = ''
    let value = 'null'
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === keyValue.key) key = cursor.text()
      else if (cursor.tag === keyValue.value) value = this.#value(behind, depth)
      cursor.at = behind
    }
    return `${JSON.stringify(key)}:${value}`
  }

  /** An AnyValue: the last of its fields counts, as in any `oneof`. */
  #value(end: number, depth: number): string {
    const cursor = this.#cursor
    if (depth === mostDepth) {
      throw httpErrors.make('http_body_invalid', `a value is deeper than ${mostDepth}`)
    }
    let value = 'null'
    while (cursor.next(end)) {
      const { behind, tag } = cursor
      if (tag === anyValue.string) value = JSON.stringify(cursor.text())
      else if (tag === anyValue.bool) value = cursor.low === 0 && cursor.high === 0 ? 'false' : 'true'
      else if (tag === anyValue.int) value = cursor.int64Text()
      else if (tag === anyValue.double) value = doubleText(cursor.double())
      else if (tag === anyValue.array) value = `[${this.#list(behind, depth + 1, false)}]`
      else if (tag === anyValue.list) value = `{${this.#list(behind, depth + 1, true)}}`
      else if (tag === anyValue.bytes) value = `"${cursor.bytesText('base64')}"`
      cursor.at = behind
    }
    return value
  }

  #list(end: number, depth: number, hasKeys: boolean): string {
    const cursor = this.#cursor
    let text = ''
    while (cursor.next(end)) {
      const { behind } = cursor
      if (cursor.tag === listValues) {
        text = joined(text, hasKeys ? this.#member(behind, depth) : this.#value(behind, depth))
      }
      cursor.at = behind
    }
    return text
  }
}

function joined(text: string, next: string): string {
  return text === '' ? next : `${text},${next}`
}

/**
 * An unsigned integer of 64 bits in digits, empty for 0. In two parts of six digits and the rest, as 2^32 is 4294 times a
 * million and 967296: both stay below 2^53.
 */
function nanosecondsText({ high, low }: ProtobufCursor): string {
  const rest = high * 967_296 + low
  const millions = high * 4294 + Math.floor(rest / 1_000_000)
  if (millions === 0) return rest === 0 ? '' : String(rest)
  return `${millions}${String(rest % 1_000_000).padStart(6, '0')}`
}

// A log record of OpenTelemetry as the JSON text of a record. Both encodings of the protocol end here.
//
//   {"timeUnixNano":"1544712660300000000","observedTimeUnixNano":"…","severityNumber":9,"severityText":"INFO",
//    "eventName":"…","body":…,"attributes":{…},"droppedAttributesCount":1,"traceId":"…","spanId":"…","flags":1,
//    "resource":{"attributes":{…},"droppedAttributesCount":1,"schemaUrl":"…"},
//    "scope":{"name":"…","version":"…","attributes":{…},"droppedAttributesCount":1,"schemaUrl":"…"}}
//
// What a sender left out, or left at its default, is not there. Values are JSON values: integers with all their digits,
// bytes in base64, NaN and infinities by name. Times are texts, as in the protocol's own JSON. An attribute that comes
// twice stands there twice.

/** The fields of one log; used again for each. */
export class LogText {
  /** Nanoseconds since the epoch, in digits; empty for none, as are all texts here. */
  time = ''
  observedTime = ''
  severityNumber = 0
  severityText = ''
  eventName = ''
  /** JSON. */
  body = ''
  /** Members of a JSON object, with commas between. */
  attributes = ''
  droppedAttributes = 0
  traceId = ''
  spanId = ''
  flags = 0

  clear(): void {
    this.time = ''
    this.observedTime = ''
    this.severityNumber = 0
    this.severityText = ''
    this.eventName = ''
    this.body = ''
    this.attributes = ''
    this.droppedAttributes = 0
    this.traceId = ''
    this.spanId = ''
    this.flags = 0
  }

  /** With the resource and the scope, which are members of a JSON object. */
  json(origin: string): string {
    let text = '{'
    if (this.time !== '') text += `"timeUnixNano":"${this.time}",`
    if (this.observedTime !== '') text += `"observedTimeUnixNano":"${this.observedTime}",`
    if (this.severityNumber !== 0) text += `"severityNumber":${this.severityNumber},`
    if (this.severityText !== '') text += `"severityText":${JSON.stringify(this.severityText)},`
    if (this.eventName !== '') text += `"eventName":${JSON.stringify(this.eventName)},`
    if (this.body !== '') text += `"body":${this.body},`
    text += `"attributes":{${this.attributes}},`
    if (this.droppedAttributes !== 0) text += `"droppedAttributesCount":${this.droppedAttributes},`
    if (this.traceId !== '') text += `"traceId":"${this.traceId}",`
    if (this.spanId !== '') text += `"spanId":"${this.spanId}",`
    if (this.flags !== 0) text += `"flags":${this.flags},`
    return `${text}${origin}}`
  }

  /** Its time, else when it was observed, in milliseconds; undefined when it has neither. */
  timestampMs(): number | undefined {
    const nanoseconds = this.time === '' ? this.observedTime : this.time
    return nanoseconds === '' ? undefined : Number(nanoseconds.slice(0, -6))
  }
}

/** Where logs come from: a resource, and a scope in it. */
export class OriginText {
  name = ''
  version = ''
  attributes = ''
  droppedAttributes = 0
  schemaUrl = ''

  json(): string {
    let text = '{'
    if (this.name !== '') text += `"name":${JSON.stringify(this.name)},`
    if (this.version !== '') text += `"version":${JSON.stringify(this.version)},`
    text += `"attributes":{${this.attributes}}`
    if (this.droppedAttributes !== 0) text += `,"droppedAttributesCount":${this.droppedAttributes}`
    if (this.schemaUrl !== '') text += `,"schemaUrl":${JSON.stringify(this.schemaUrl)}`
    return `${text}}`
  }
}

/** For `LogText.json`. */
export function originOf(resource: string, scope: OriginText): string {
  return `"resource":${resource},"scope":${scope.json()}`
}

/** JSON has no word for what is no finite number. */
export function doubleText(value: number): string {
  return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`
}

/** Takes each log as soon as it is read; the log is the reader's, and used again. */
export type TakeLog = (log: LogText, origin: string) => void

// One record on its way through steps: its parts as they lie in a batch or in a source's buffer, and its value, parsed
// when somebody asks for it. A value that no step changed keeps its bytes. Whoever runs steps keeps one and fills it anew.

import type { Scope } from '../../expression/scope.js'
import { parseJsonObject, stringifyJson } from '../../format/json-object.js'
import { emptyObject, type JsonObject, type JsonValue, ParseFailure } from '../../format/parsed.js'
import type { RecordParts } from '../../record/batch-builder.js'
import type { PlainRecord } from '../../record/encode-batch.js'
import type { RecordCursor } from '../../record/record-cursor.js'
import { decodeHeaders, type EncodedHeaders, encodeHeaders, type RecordHeader } from '../../record/record-headers.js'
import { pipelineErrors } from '../errors.js'
import { fieldAt, type FieldPath } from './field-path.js'

/** What a step may change besides the value, to go back to. */
export interface RecordMark {
  readonly key: Uint8Array | null
  readonly timestampMs: number
  readonly headers: EncodedHeaders | null
  readonly to: string | undefined
}

export class StepRecord implements RecordParts, Scope {
  /** A key that is changed is another object: who partitions by it goes by that. */
  key: Uint8Array | null = null
  value: Buffer | null = null
  valueStart = 0
  valueEnd = 0
  timestampMs = -1
  headers: EncodedHeaders | null = null
  /** Where it was read, or is meant to go; empty when that is not known. */
  topic = ''
  /** The topic that it goes to; undefined for that of the edge. */
  to: string | undefined = undefined
  private object: JsonObject | undefined
  private isChanged = false

  /** Views of what the cursor stands on. */
  readCursor(cursor: RecordCursor, topic: string): void {
    this.begin(cursor.key(), cursor.timestampMs, cursor.encodedHeaders(), topic)
    this.value = cursor.valueStart < 0 ? null : cursor.bytes
    this.valueStart = Math.max(0, cursor.valueStart)
    this.valueEnd = Math.max(0, cursor.valueEnd)
  }

  /** What a source gives; its bytes are not copied. */
  readParts(parts: RecordParts, topic: string): void {
    this.begin(parts.key, parts.timestampMs, parts.headers, topic)
    this.value = parts.value === null ? null : bufferOf(parts.value)
    this.valueStart = parts.valueStart
    this.valueEnd = parts.valueEnd
  }

  /** A record that comes from no bytes. */
  make(key: string | undefined, value: JsonObject, timestampMs: number): void {
    this.begin(key === undefined ? null : Buffer.from(key), timestampMs, null, '')
    this.replace(value)
  }

  /** The value, to be looked at; `changed` tells what was done to it. Errors: value_not_object. */
  fields(): JsonObject {
    this.object ??= this.value === null ? emptyObject() : this.parsed()
    return this.object
  }

  /** The value as a whole: an object, or null without one. Errors: value_not_object. */
  json(): JsonValue {
    return this.value === null && this.object === undefined ? null : this.fields()
  }

  /** What stands in the field; null when nothing does. */
  field(path: FieldPath): JsonValue {
    return fieldAt(this.fields(), path) ?? null
  }

  /** Objects on the way to a nested field are made where they are missing. */
  setField(path: FieldPath, value: JsonValue): void {
    let at = this.fields()
    for (const name of path.names.slice(0, -1)) {
      const inner = at[name]
      const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      const next: JsonObject = isObject ? inner : emptyObject()
      at[name] = next
      at = next
    }
    at[path.names.at(-1)!] = value
    this.isChanged = true
  }

  removeField(path: FieldPath): void {
    const fields = this.fields()
    this.isChanged = true
    if (path.text in fields) return void delete fields[path.text]
    const parent = fieldAt(fields, { text: path.names.slice(0, -1).join('.'), names: path.names.slice(0, -1) })
    if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return
    delete parent[path.names.at(-1)!]
  }

  /** Another value. */
  replace(value: JsonObject): void {
    this.object = value
    this.isChanged = true
  }

  /** Another value, which need be no object. */
  replaceBytes(value: Buffer): void {
    this.value = value
    this.valueStart = 0
    this.valueEnd = value.length
    this.object = undefined
    this.isChanged = false
  }

  /** What `fields` gave was changed. */
  changed(): void {
    this.isChanged = true
  }

  /** In their order; values are views. */
  headerList(): RecordHeader[] {
    return this.headers === null ? [] : decodeHeaders(bufferOf(this.headers.bytes), this.headers.count)
  }

  setHeaders(headers: readonly RecordHeader[]): void {
    this.headers = headers.length === 0 ? null : encodeHeaders(headers)
  }

  /** For a step that lets more than one record go on: what others may change behind it. */
  mark(): RecordMark {
    const { key, timestampMs, headers, to } = this
    return { key, timestampMs, headers, to }
  }

  restore({ key, timestampMs, headers, to }: RecordMark): void {
    this.key = key
    this.timestampMs = timestampMs
    this.headers = headers
    this.to = to
  }

  /** The key as a text; null without one. */
  keyText(): string | null {
    return this.key === null ? null : bufferOf(this.key).toString('utf8')
  }

  /** By name, as texts; the last of equal names. */
  headerTexts(): JsonObject {
    const texts = emptyObject()
    if (this.headers === null) return texts
    const { bytes, count } = this.headers
    for (const { key, value } of decodeHeaders(bufferOf(bytes), count)) {
      texts[key] = value === null ? null : bufferOf(value).toString('utf8')
    }
    return texts
  }

  /** The value's bytes as a text; empty without a value. */
  rawText(): string {
    const { value, valueStart, valueEnd } = this.encode()
    return value === null ? '' : value.toString('utf8', valueStart, valueEnd)
  }

  /** Whether the bytes stand somewhere in the value's; parses nothing. */
  rawIncludes(bytes: Buffer): boolean {
    const { value, valueStart, valueEnd } = this.encode()
    if (value === null) return false
    const at = value.indexOf(bytes, valueStart)
    return at >= 0 && at + bytes.length <= valueEnd
  }

  /** Writes a changed value out, as it has to be before the record is emitted. */
  encode(): this {
    if (!this.isChanged || this.object === undefined) return this
    this.value = Buffer.from(stringifyJson(this.object))
    this.valueStart = 0
    this.valueEnd = this.value.length
    this.isChanged = false
    return this
  }

  /** A record of its own for the dead letters; views of its bytes. */
  plain(): PlainRecord {
    const { key, value, valueStart, valueEnd, timestampMs, headers } = this.encode()
    return {
      key,
      value: value === null ? null : value.subarray(valueStart, valueEnd),
      timestampMs,
      headers: headers === null ? [] : decodeHeaders(bufferOf(headers.bytes), headers.count),
    }
  }

  private begin(key: Uint8Array | null, timestampMs: number, headers: EncodedHeaders | null, topic: string): void {
    this.key = key
    this.timestampMs = timestampMs
    this.headers = headers
    this.topic = topic
    this.to = undefined
    this.value = null
    this.valueStart = 0
    this.valueEnd = 0
    this.object = undefined
    this.isChanged = false
  }

  private parsed(): JsonObject {
    const parsed = parseJsonObject(this.value!.toString('utf8', this.valueStart, this.valueEnd))
    if (!(parsed instanceof ParseFailure)) return parsed
    throw pipelineErrors.make('value_not_object', `the value is no JSON object: ${parsed.describe()}`)
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

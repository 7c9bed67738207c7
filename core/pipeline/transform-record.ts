// One record on its way through the steps of a transform: its parts as they lie in the log, and its value, parsed when
// somebody asks for it. A value that no step changed keeps its bytes. The chain keeps one and fills it anew.

import { parseJsonObject, stringifyJson } from '../format/json-object.js'
import { emptyObject, type JsonObject, type JsonValue, ParseFailure } from '../format/parsed.js'
import type { RecordParts } from '../record/batch-builder.js'
import type { PlainRecord } from '../record/encode-batch.js'
import type { RecordCursor } from '../record/record-cursor.js'
import type { EncodedHeaders } from '../record/record-headers.js'
import { pipelineErrors } from './errors.js'
import { fieldAt, type FieldPath } from './steps/field-path.js'

export class TransformRecord implements RecordParts {
  key: Buffer | null = null
  value: Buffer | null = null
  valueStart = 0
  valueEnd = 0
  timestampMs = -1
  headers: EncodedHeaders | null = null
  private object: JsonObject | undefined
  private isChanged = false

  /** Views of what the cursor stands on. */
  read(cursor: RecordCursor): void {
    this.key = cursor.key()
    this.setBytes(cursor.value())
    this.timestampMs = cursor.timestampMs
    this.headers = cursor.encodedHeaders()
    this.object = undefined
    this.isChanged = false
  }

  /** A record that a window made. */
  make(key: string | undefined, value: JsonObject, timestampMs: number): void {
    this.key = key === undefined ? null : Buffer.from(key)
    this.timestampMs = timestampMs
    this.headers = null
    this.object = value
    this.isChanged = true
  }

  /** The value. Errors: parse_not_json when it is no JSON object. */
  fields(): JsonObject {
    if (this.object !== undefined) return this.object
    const parsed =
      this.value === null ? emptyObject() : parseJsonObject(this.value.toString('utf8', this.valueStart, this.valueEnd))
    if (parsed instanceof ParseFailure) {
      throw pipelineErrors.make('parse_not_json', `the value is no JSON object: ${parsed.describe()}`)
    }
    this.object = parsed
    return parsed
  }

  /** What stands in the field; null when nothing does. */
  field(path: FieldPath): JsonValue {
    return fieldAt(this.fields(), path) ?? null
  }

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

  /** The key as a text; null without one. */
  keyText(): string | null {
    return this.key === null ? null : this.key.toString('utf8')
  }

  /** Writes a changed value out, before the record is emitted. */
  encode(): this {
    if (this.isChanged && this.object !== undefined) this.setBytes(Buffer.from(stringifyJson(this.object)))
    this.isChanged = false
    return this
  }

  /** A view of it as it is now, without its headers. */
  plain(): PlainRecord {
    const { key, value, timestampMs } = this.encode()
    return { key, value, timestampMs }
  }

  private setBytes(value: Buffer | null): void {
    this.value = value
    this.valueStart = 0
    this.valueEnd = value === null ? 0 : value.length
  }
}

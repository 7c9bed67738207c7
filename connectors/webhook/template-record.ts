// What templates ask a record for. Its value is taken apart once, however many fields are asked for.

import { parseJsonObject } from '../../core/format/json-object.js'
import { type JsonObject, type JsonValue, ParseFailure } from '../../core/format/parsed.js'
import type { PlainRecord } from '../../core/record/encode-batch.js'

export class TemplateRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly record: PlainRecord
  #fields: JsonObject | undefined
  #isRead = false

  constructor(
    place: { readonly topic: string; readonly partition: number; readonly offset: number },
    record: PlainRecord,
  ) {
    this.topic = place.topic
    this.partition = place.partition
    this.offset = place.offset
    this.record = record
  }

  /** Undefined without a key. */
  get key(): string | undefined {
    return textOf(this.record.key)
  }

  /** The value as text; undefined without one. */
  get value(): string | undefined {
    return textOf(this.record.value)
  }

  /** ISO 8601; undefined for a record without a time. */
  get time(): string | undefined {
    const { timestampMs } = this.record
    return timestampMs < 0 || Number.isNaN(new Date(timestampMs).getTime())
      ? undefined
      : new Date(timestampMs).toISOString()
  }

  header(name: string): string | undefined {
    return textOf(this.record.headers?.find(({ key }) => key === name)?.value ?? null)
  }

  /** Is the value a JSON object? */
  get hasFields(): boolean {
    return this.#object() !== undefined
  }

  /** Undefined when the value is no object, or has no such field. */
  field(path: readonly string[]): JsonValue | undefined {
    let at: JsonValue | undefined = this.#object()
    for (const name of path) {
      const isObject: boolean = typeof at === 'object' && at !== null && !Array.isArray(at)
      at = isObject && Object.hasOwn(at as JsonObject, name) ? (at as JsonObject)[name] : undefined
    }
    return at
  }

  #object(): JsonObject | undefined {
    if (!this.#isRead) {
      const parsed = this.value === undefined ? undefined : parseJsonObject(this.value)
      this.#fields = parsed instanceof ParseFailure ? undefined : parsed
      this.#isRead = true
    }
    return this.#fields
  }
}

function textOf(bytes: Uint8Array | null): string | undefined {
  return bytes === null ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

// A record for tests of expressions.

import type { Scope } from '../../../core/expression/scope.js'
import { parseJsonObject } from '../../../core/format/json-object.js'
import { type JsonObject, ParseFailure } from '../../../core/format/parsed.js'

/** The record whose value is this text, of the topic `app.logs`. */
export function scopeOf(text: string): Scope {
  const parsed = parseJsonObject(text)
  if (parsed instanceof ParseFailure) throw new Error(parsed.describe())
  const fields = (): JsonObject => parsed
  return {
    fields,
    json: fields,
    keyText: () => 'the key',
    headerTexts: () => Object.assign(Object.create(null) as JsonObject, { host: 'a' }),
    topic: 'app.logs',
    timestampMs: Date.UTC(2026, 10, 23, 6, 30),
    rawText: () => text,
    rawIncludes: (bytes) => text.includes(bytes.toString()),
  }
}

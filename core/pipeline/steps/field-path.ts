// Paths of fields in a JSON object, such as `service` or `pod.name`.

import type { JsonObject, JsonValue } from '../../format/parsed.js'

export interface FieldPath {
  readonly text: string
  readonly names: readonly string[]
}

export function fieldPath(text: string): FieldPath {
  return { text, names: text.split('.') }
}

/**
 * What stands there; undefined when nothing does. A field whose own name holds the dots, as `log.level` of many
 * loggers, goes before one that is nested.
 */
export function fieldAt(object: JsonObject, path: FieldPath): JsonValue | undefined {
  const whole = object[path.text]
  if (whole !== undefined || path.names.length === 1) return whole
  let at: JsonValue | undefined = object
  for (const name of path.names) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined
    at = (at as JsonObject)[name]
  }
  return at
}

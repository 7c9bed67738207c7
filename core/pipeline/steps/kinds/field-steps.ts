// The steps that work on single fields by their names: rename, drop, flatten, unnest, split.

import { emptyObject, type JsonObject, type JsonValue } from '../../../format/parsed.js'
import { fieldAt, fieldPath } from '../field-path.js'
import type { RecordStep } from '../record-step.js'
import type { FlattenSettings, SplitSettings, TextMap, UnnestSettings } from './declarations.js'
import { stepErrors } from './errors.js'

export function renameStep(names: TextMap): RecordStep {
  const pairs = Object.entries(names).map(([from, to]) => ({ from: fieldPath(from), to: fieldPath(to) }))
  return {
    moves: true,
    apply(record, onward) {
      const fields = record.fields()
      const values = pairs.map(({ from }) => fieldAt(fields, from))
      // All are taken out before any is put in, so that two fields can change their names with one another.
      pairs.forEach(({ from }, index) => values[index] !== undefined && record.removeField(from))
      pairs.forEach(({ to }, index) => values[index] !== undefined && record.setField(to, values[index]!))
      onward()
    },
  }
}

export function dropStep(names: readonly string[]): RecordStep {
  const paths = names.map(fieldPath)
  return {
    apply(record, onward) {
      const fields = record.fields()
      for (const path of paths) if (fieldAt(fields, path) !== undefined) record.removeField(path)
      onward()
    },
  }
}

/** Errors of a record: step_field_taken when two fields get one name. */
export function flattenStep({ separator, depth }: FlattenSettings): RecordStep {
  return {
    moves: true,
    apply(record, onward) {
      const fields = record.fields()
      if (Object.values(fields).some(isFull)) {
        const flat = emptyObject()
        flattenInto(flat, fields, { prefix: '', separator, depth })
        record.replace(flat)
      }
      onward()
    },
  }
}

interface Flattening {
  readonly prefix: string
  readonly separator: string
  readonly depth: number
}

function flattenInto(flat: JsonObject, from: JsonObject, { prefix, separator, depth }: Flattening): void {
  for (const [name, value] of Object.entries(from)) {
    const whole = prefix + name
    if (depth > 0 && isFull(value)) {
      flattenInto(flat, value, { prefix: whole + separator, separator, depth: depth - 1 })
    } else putNew(flat, whole, value)
  }
}

/** Errors of a record: step_field_taken, step_value when the field holds no object. */
export function unnestStep({ field, prefix = '' }: UnnestSettings): RecordStep {
  const path = fieldPath(field)
  return {
    moves: true,
    apply(record, onward) {
      const inner = fieldAt(record.fields(), path)
      if (inner !== undefined && inner !== null) {
        if (!isObject(inner)) throw stepErrors.make('step_value', `unnest: ${field} holds no object`)
        record.removeField(path)
        const fields = record.fields()
        for (const [name, value] of Object.entries(inner)) putNew(fields, prefix + name, value)
      }
      onward()
    },
  }
}

/** Errors of a record: step_value when the field holds no list, or with `value` an element is no object. */
export function splitStep({ field, as }: SplitSettings): RecordStep {
  const path = fieldPath(field)
  return {
    splits: true,
    apply(record, onward) {
      const fields = record.fields()
      const list = fieldAt(fields, path)
      if (!Array.isArray(list)) throw stepErrors.make('step_value', `split: ${field} holds no list`)
      const mark = record.mark()
      for (const element of list) {
        record.restore(mark)
        if (as === 'value') {
          if (!isObject(element)) throw stepErrors.make('step_value', `split: an element of ${field} is no object`)
          record.replace(element)
        } else {
          // What follows may change nested values, which the next copy has to show as they were.
          record.replace(copyOf(fields) as JsonObject)
          record.setField(path, element)
        }
        onward()
      }
    },
  }
}

function putNew(fields: JsonObject, name: string, value: JsonValue): void {
  if (name in fields)
    throw stepErrors.make('step_field_taken', `there are two values for the field ${name.slice(0, 200)}`)
  fields[name] = value
}

function copyOf(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf)
  const copy = emptyObject()
  for (const name in value) copy[name] = copyOf(value[name]!)
  return copy
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object with fields in it: an empty one stays, as its field would be lost. */
function isFull(value: JsonValue): value is JsonObject {
  return isObject(value) && Object.keys(value).length > 0
}

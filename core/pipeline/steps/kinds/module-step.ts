// A function of the user's own as a step. It is trusted code: it runs in the hub's process and can do what the hub can.
//
// It gets copies of nothing: the value is the record's own object. What it gives back is looked through, so that nothing
// that JSON cannot say comes into a record.

import { messageOf } from '../../../errors/tailrace-error.js'
import { maxJsonDepth } from '../../../format/json-object.js'
import { emptyObject, type JsonObject, type JsonValue } from '../../../format/parsed.js'
import type { RecordStep } from '../record-step.js'
import type { StepRecord } from '../step-record.js'
import type { ModuleSettings } from './declarations.js'
import { stepErrors } from './errors.js'

/** A record as the function of a module gets it, and gives it back. */
export interface ModuleRecord {
  key: string | null
  /** The value, which is a JSON object; integers beyond 2^53 are bigints. */
  value: JsonObject
  /** By name; the last of equal names. */
  headers: Record<string, string | null>
  /** Milliseconds since 1970. */
  time: number
}

/** What a module exports: gives the record back, changed or not, or null to leave it out. Never async. */
export type RecordTransform = (record: ModuleRecord, place: { readonly topic: string }) => ModuleRecord | null

/** Loads the module. Errors: module_unusable; of a record: value_not_object, module_failed. */
export async function moduleStep(settings: ModuleSettings, baseDirectory: string): Promise<RecordStep> {
  const { file, function: name, redacts } = settings
  const path = `${baseDirectory}/${file}`
  const transform = await load(path, name)
  const step: RecordStep = {
    apply(record, onward) {
      const given = moduleRecord(record)
      const headers = { ...given.headers }
      let result: unknown
      try {
        result = transform(given, { topic: record.topic })
      } catch (cause) {
        throw stepErrors.make('module_failed', `${file}: ${messageOf(cause)}`, { cause })
      }
      if (result === null) return
      take(record, checked(result, file), headers)
      onward()
    },
  }
  return redacts ? { ...step, redacts: true } : step
}

async function load(path: string, name: string): Promise<RecordTransform> {
  let exports: Readonly<Record<string, unknown>>
  try {
    exports = (await import(fileUrl(path))) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw stepErrors.make('module_unusable', `${path}: ${messageOf(cause)}`, { cause })
  }
  const transform = exports[name]
  if (typeof transform === 'function') return transform as RecordTransform
  const names = Object.keys(exports).join(', ')
  throw stepErrors.make('module_unusable', `${path} exports no function "${name}"; it exports: ${names || 'nothing'}`)
}

function fileUrl(path: string): string {
  return `file://${path.split('/').map(encodeURIComponent).join('/')}`
}

function moduleRecord(record: StepRecord): ModuleRecord {
  const headers: Record<string, string | null> = {}
  for (const { key, value } of record.headerList()) headers[key] = value === null ? null : Buffer.from(value).toString()
  return { key: record.keyText(), value: record.fields(), headers, time: record.timestampMs }
}

function checked(result: unknown, file: string): ModuleRecord {
  const fault = faultOf(result)
  if (fault === undefined) return result as ModuleRecord
  throw stepErrors.make('module_failed', `${file} gave back ${fault}`)
}

function faultOf(result: unknown): string | undefined {
  if (result === undefined) return 'nothing: return the record, or null to leave it out'
  if (typeof result !== 'object' || result === null) return `a ${typeof result}`
  if (result instanceof Promise) return 'a promise: the function must not be async'
  const { key, value, headers, time } = result as Partial<Record<keyof ModuleRecord, unknown>>
  if (key !== null && typeof key !== 'string') return 'a record whose key is no string and not null'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a record whose value is no object'
  if (typeof time !== 'number' || !Number.isInteger(time)) return 'a record whose time is no whole number'
  if (typeof headers !== 'object' || headers === null) return 'a record without headers'
  const wrong = Object.values(headers).find((header) => header !== null && typeof header !== 'string')
  return wrong === undefined ? undefined : 'a record with a header that is no string and not null'
}

/** Key and headers keep their bytes unless the function changed them. */
function take(record: StepRecord, result: ModuleRecord, before: Readonly<Record<string, string | null>>): void {
  if (result.key !== record.keyText()) record.key = result.key === null ? null : Buffer.from(result.key)
  const names = Object.keys(result.headers)
  const isSame =
    names.length === Object.keys(before).length && names.every((name) => before[name] === result.headers[name])
  if (!isSame) {
    record.setHeaders(
      names.map((name) => {
        const text = result.headers[name]!
        return { key: name, value: text === null ? null : Buffer.from(text) }
      }),
    )
  }
  record.timestampMs = result.time
  record.replace(jsonOf(result.value, 1) as JsonObject)
}

/** A value of its own, without prototypes. Errors: module_failed for what JSON does not have. */
function jsonOf(value: unknown, depth: number): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint')
    return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw stepErrors.make('module_failed', `the module put ${value} into a record`)
  }
  if (typeof value !== 'object' || depth > maxJsonDepth) {
    const what = typeof value === 'object' ? `objects nested deeper than ${maxJsonDepth}` : `a ${typeof value}`
    throw stepErrors.make('module_failed', `the module put ${what} into a record`)
  }
  if (Array.isArray(value)) return value.map((element) => jsonOf(element, depth + 1))
  if (value instanceof Date) return jsonOf(value.toJSON(), depth)
  const made = emptyObject()
  for (const [name, inner] of Object.entries(value)) if (inner !== undefined) made[name] = jsonOf(inner, depth + 1)
  return made
}

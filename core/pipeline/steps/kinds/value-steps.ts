// The steps that turn values into others: parse, convert.

import { TailraceError } from '../../../errors/tailrace-error.js'
import { stringifyJson } from '../../../format/json-object.js'
import { type JsonObject, type JsonValue, ParseFailure } from '../../../format/parsed.js'
import { parseTimestamp } from '../../../format/timestamp.js'
import { pipelineErrors } from '../../errors.js'
import { fieldAt, fieldPath } from '../field-path.js'
import type { RecordStep } from '../record-step.js'
import type { StepRecord } from '../step-record.js'
import { valueParser } from '../value-parser.js'
import type { Conversion, ConvertSettings, ParseSettings } from './declarations.js'
import { stepErrors } from './errors.js'

/** Errors: regex_invalid; of a record: parse_not_json and its like, step_value. */
export function parseStep(settings: ParseSettings): RecordStep {
  const { format, field, into, onFail, time } = settings
  const { parse, code, what } = valueParser(settings)
  const [source, target, timePath] = [field, into, time].map((text) =>
    text === undefined ? undefined : fieldPath(text),
  )
  const textIn = (record: StepRecord): string => {
    if (source === undefined) return record.rawText()
    const text = fieldAt(record.fields(), source)
    if (typeof text === 'string') return text
    throw stepErrors.make('step_value', `parse: ${source.text} holds no text`)
  }
  const put = (record: StepRecord, object: JsonObject): void => {
    if (target !== undefined) record.setField(target, object)
    else if (source === undefined) record.replace(object)
    else {
      Object.assign(record.fields(), object)
      record.changed()
    }
  }
  return {
    moves: true,
    apply(record, onward) {
      let parsed: JsonObject
      try {
        const answer = parse(textIn(record))
        if (answer instanceof ParseFailure) {
          throw pipelineErrors.make(code, `the value is not ${what}: ${answer.describe()}`)
        }
        parsed = answer
      } catch (error) {
        if (onFail === 'fail' || !(error instanceof TailraceError)) throw error
        if (onFail === 'keep') onward()
        return
      }
      // A value that is a JSON object already keeps its bytes.
      if (source !== undefined || format !== 'json') put(record, parsed)
      const timestampMs = timePath === undefined ? undefined : parseTimestamp(fieldAt(parsed, timePath))
      if (timestampMs !== undefined && timestampMs >= 0) record.timestampMs = timestampMs
      onward()
    },
  }
}

/** Errors of a record: step_value for what cannot be converted. */
export function convertStep({ fields, onFail }: ConvertSettings): RecordStep {
  const conversions = Object.entries(fields).map(([name, to]) => ({ path: fieldPath(name), to }))
  return {
    apply(record, onward) {
      for (const { path, to } of conversions) {
        const value = fieldAt(record.fields(), path)
        if (value === undefined || value === null) continue
        const converted = convertValue(value, to)
        if (converted === undefined && onFail === 'fail') {
          const text = stringifyJson(value).slice(0, 100)
          throw stepErrors.make('step_value', `convert: ${path.text} cannot be made ${to}: ${text}`)
        }
        if (converted === undefined && onFail === 'keep') continue
        if (converted !== value) record.setField(path, converted ?? null)
      }
      onward()
    },
  }
}

const integerPattern = /^\s*[+-]?\d{1,400}\s*$/
const numberPattern = /^\s*[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?\s*$/
const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
}

/** Undefined when that cannot be done without losing something. */
export function convertValue(value: JsonValue, to: Conversion): JsonValue | undefined {
  switch (to) {
    case 'string':
      return typeof value === 'string' ? value : stringifyJson(value)
    case 'integer':
      return integerOf(value)
    case 'number':
      return numberOf(value)
    case 'boolean':
      return typeof value === 'boolean' ? value : truthOf(value)
    case 'time':
    case 'milliseconds':
    case 'seconds':
      return timeAs(parseTimestamp(value), to)
  }
}

function integerOf(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'bigint' || Number.isInteger(value)) return value
  if (typeof value === 'boolean') return Number(value)
  if (typeof value !== 'string' || !integerPattern.test(value)) return undefined
  const exact = BigInt(value.trim().replace(/^\+/, ''))
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
}

function numberOf(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value !== 'string') return integerOf(value)
  if (integerPattern.test(value)) return integerOf(value)
  if (!numberPattern.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function truthOf(value: JsonValue): boolean | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value).trim().toLowerCase()
  return Object.hasOwn(truths, text) ? truths[text] : undefined
}

function timeAs(
  ms: number | undefined,
  to: Exclude<Conversion, 'string' | 'integer' | 'number' | 'boolean'>,
): JsonValue | undefined {
  if (ms === undefined) return undefined
  if (to === 'time') return new Date(ms).toISOString()
  return to === 'milliseconds' ? ms : Math.floor(ms / 1000)
}

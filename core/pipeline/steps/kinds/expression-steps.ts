// The steps that ask expressions: filter, set, route, sample.

import { createHash } from 'node:crypto'
import { compileCondition, Expression } from '../../../expression/expression.js'
import { stringifyJson } from '../../../format/json-object.js'
import type { JsonValue } from '../../../format/parsed.js'
import { parseTimestamp } from '../../../format/timestamp.js'
import type { RecordHeader } from '../../../record/record-headers.js'
import { type FieldPath, fieldPath } from '../field-path.js'
import type { RecordStep } from '../record-step.js'
import type { StepRecord } from '../step-record.js'
import type { RouteSettings, SampleSettings, TextMap } from './declarations.js'
import { stepErrors } from './errors.js'

/** Errors: expression_invalid. */
export function filterStep(condition: string): RecordStep {
  const expression = compileCondition(condition)
  return {
    apply(record, onward) {
      if (expression.holds(record)) onward()
    },
  }
}

const headerPrefix = '$headers.'

/** Errors: expression_invalid; of a record: those of expressions, step_value for what is no time. */
export function setStep(targets: TextMap): RecordStep {
  const names = Object.keys(targets)
  const expressions = names.map((name) => new Expression(targets[name]!))
  const setters = names.map(setterOf)
  // Filled and read within one call; all expressions see the record as it was.
  const values = names.map((): JsonValue => null)
  return {
    apply(record, onward) {
      for (let at = 0; at < expressions.length; at++) values[at] = expressions[at]!.json(record)
      for (let at = 0; at < setters.length; at++) setters[at]!(record, values[at]!)
      onward()
    },
  }
}

type Setter = (record: StepRecord, value: JsonValue) => void

function setterOf(name: string): Setter {
  if (name === '$key') return (record, value) => (record.key = value === null ? null : Buffer.from(textOf(value)))
  if (name === '$time') return setTime
  if (name.startsWith(headerPrefix)) {
    const header = name.slice(headerPrefix.length)
    return (record, value) => setHeader(record, header, value)
  }
  const path: FieldPath = fieldPath(name)
  return (record, value) => record.setField(path, value)
}

function setTime(record: StepRecord, value: JsonValue): void {
  const timestampMs = parseTimestamp(value)
  if (timestampMs === undefined || timestampMs < 0) {
    throw stepErrors.make('step_value', `set: ${textOf(value).slice(0, 100)} is no time of a record`)
  }
  record.timestampMs = timestampMs
}

/** In place of those of the same name; null takes them away. */
function setHeader(record: StepRecord, name: string, value: JsonValue): void {
  const kept: RecordHeader[] = record.headerList().filter(({ key }) => key !== name)
  if (value !== null) kept.push({ key: name, value: Buffer.from(textOf(value)) })
  record.setHeaders(kept)
}

/** Errors: expression_invalid; of a record: those of expressions, route_unknown. */
export function routeStep({ cases, by, topics, otherwise }: RouteSettings): RecordStep {
  if (by !== undefined) return routeBy(new Expression(by), new Set(topics), otherwise)
  const compiled = cases.map(({ when, to }) => ({ condition: compileCondition(when), to }))
  return {
    apply(record, onward) {
      const found = compiled.find(({ condition }) => condition.holds(record))
      record.to = found?.to ?? otherwise ?? record.to
      onward()
    },
  }
}

function routeBy(expression: Expression, topics: ReadonlySet<string>, otherwise: string | undefined): RecordStep {
  return {
    apply(record, onward) {
      const topic = expression.json(record)
      if (typeof topic === 'string' && topics.has(topic)) record.to = topic
      else if (otherwise !== undefined) record.to = otherwise
      else
        throw stepErrors.make('route_unknown', `"${textOf(topic).slice(0, 250)}" is not among the topics of the step`)
      onward()
    },
  }
}

/** 48 bits of a hash, which a double holds exactly. */
const hashBytes = 6
const hashRange = 2 ** (8 * hashBytes)

/** Errors: expression_invalid; of a record: those of expressions. */
export function sampleStep({ keep, of, by }: SampleSettings): RecordStep {
  const expression = by === undefined ? undefined : new Expression(by)
  const bound = (keep / of) * hashRange
  return {
    apply(record, onward) {
      const text = expression === undefined ? ownText(record) : textOf(expression.json(record))
      const hash = createHash('sha256').update(text).digest().readUIntBE(0, hashBytes)
      if (hash < bound) onward()
    },
  }
}

function ownText(record: StepRecord): Uint8Array | string {
  return record.key ?? record.rawText()
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : stringifyJson(value)
}

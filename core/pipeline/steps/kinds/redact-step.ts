// Takes texts out of values: what detectors and patterns find, or whole fields.
//
// Texts are looked at as JSON means them, not as it is escaped; a value that is no JSON is looked at as one text when
// everything is to be searched, and fails otherwise. A value in which nothing is found keeps its bytes.

import { createHmac } from 'node:crypto'
import type { RE2JS } from 're2js'
import { TailraceError } from '../../../errors/tailrace-error.js'
import { compiledPattern } from '../../../expression/functions.js'
import { stringifyJson } from '../../../format/json-object.js'
import type { JsonObject, JsonValue } from '../../../format/parsed.js'
import { fieldAt, type FieldPath, fieldPath } from '../field-path.js'
import type { RecordStep } from '../record-step.js'
import type { StepRecord } from '../step-record.js'
import type { RedactSettings } from './declarations.js'
import { finders, type Span } from './detectors.js'

/** What takes the place of a text; undefined for a field that is taken away with it. */
type Replace = (text: string, what: string) => string | undefined

/** Characters of the hash in hexadecimal: 64 bits, in which accidents do not happen. */
const hashCharacters = 16

/** Errors: expression_failed for a pattern that cannot be used; of a record: value_not_object. */
export function redactStep({ fields, detect, patterns, by, key }: RedactSettings): RecordStep {
  const replace = replacement(by, key?.reveal())
  const find = finder(detect, patterns)
  const paths = fields.map(fieldPath)
  const cleaned = (text: string): string => (find === undefined ? text : withoutSpans(text, find(text), replace))
  return {
    redacts: true,
    apply(record, onward) {
      if (paths.length === 0) redactEverywhere(record, cleaned)
      else if (find === undefined) redactWhole(record, paths, replace)
      else redactFields(record, paths, cleaned)
      onward()
    },
  }
}

function replacement(by: RedactSettings['by'], key: string | undefined): Replace {
  if (by === 'mask') return (_text, what) => `[${what}]`
  if (by === 'remove') return () => undefined
  return (text, what) => {
    const hash = createHmac('sha256', key ?? '')
      .update(text)
      .digest('hex')
      .slice(0, hashCharacters)
    return `[${what}:${hash}]`
  }
}

type Find = (text: string) => readonly Span[]

function finder(detect: RedactSettings['detect'], patterns: readonly string[]): Find | undefined {
  const finds: Find[] = detect.map((kind) => finders[kind])
  for (const pattern of patterns) finds.push(patternFinder(compiledPattern(pattern)))
  if (finds.length === 0) return undefined
  const [only] = finds
  return finds.length === 1 && only !== undefined ? only : (text) => finds.flatMap((find) => find(text))
}

function patternFinder(pattern: RE2JS): Find {
  return (text) => {
    const spans: Span[] = []
    const matcher = pattern.matcher(text)
    while (matcher.find()) {
      if (matcher.end() > matcher.start()) spans.push({ start: matcher.start(), end: matcher.end(), what: 'redacted' })
    }
    return spans
  }
}

/** Spans that overlap are one, called after the first. */
function withoutSpans(text: string, spans: readonly Span[], replace: Replace): string {
  if (spans.length === 0) return text
  const ordered = [...spans].sort((left, right) => left.start - right.start || right.end - left.end)
  let made = ''
  let at = 0
  for (let index = 0; index < ordered.length; ) {
    const { start, what } = ordered[index]!
    let { end } = ordered[index]!
    index++
    while (index < ordered.length && ordered[index]!.start < end) end = Math.max(end, ordered[index++]!.end)
    made += text.slice(at, start) + (replace(text.slice(start, end), what) ?? '')
    at = end
  }
  return made + text.slice(at)
}

function redactEverywhere(record: StepRecord, cleaned: (text: string) => string): void {
  let fields: JsonObject
  try {
    fields = record.fields()
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    const text = record.rawText()
    const clean = cleaned(text)
    if (clean !== text) record.replaceBytes(Buffer.from(clean))
    return
  }
  const clean = cleanValue(fields, cleaned)
  if (clean !== fields) record.replace(clean as JsonObject)
}

function redactFields(record: StepRecord, paths: readonly FieldPath[], cleaned: (text: string) => string): void {
  for (const path of paths) {
    const value = fieldAt(record.fields(), path)
    if (value === undefined) continue
    const clean = cleanValue(value, cleaned)
    if (clean !== value) record.setField(path, clean)
  }
}

function redactWhole(record: StepRecord, paths: readonly FieldPath[], replace: Replace): void {
  for (const path of paths) {
    const value = fieldAt(record.fields(), path)
    if (value === undefined || value === null) continue
    const instead = replace(typeof value === 'string' ? value : stringifyJson(value), 'redacted')
    if (instead === undefined) record.removeField(path)
    else record.setField(path, instead)
  }
}

/** The same value when nothing was found in it. A number is looked at by its digits; names of fields are no values. */
function cleanValue(value: JsonValue, cleaned: (text: string) => string): JsonValue {
  if (typeof value === 'string') return cleaned(value)
  if (typeof value === 'number' || typeof value === 'bigint') {
    const digits = String(value)
    const clean = cleaned(digits)
    return clean === digits ? value : clean
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const clean = value.map((element) => cleanValue(element, cleaned))
    return clean.every((element, index) => element === value[index]) ? value : clean
  }
  let made: JsonObject | undefined
  for (const name in value) {
    const clean = cleanValue(value[name]!, cleaned)
    if (clean === value[name]) continue
    made ??= Object.assign(Object.create(null) as JsonObject, value)
    made[name] = clean
  }
  return made ?? value
}

// Texts with fields of a record in braces: {value.customer.id}, {key}, {topic}, {header.trace}. Compiled once.

import { parseJsonObject } from '../../core/format/json-object.js'
import { type JsonObject, type JsonValue, ParseFailure } from '../../core/format/parsed.js'
import { webhookErrors } from './errors.js'

/** What a template asks a record for. */
export interface TemplateRecord {
  readonly topic: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  header(name: string): string | undefined
}

const placeholder = /\{([^{}]*)\}/g
const known = /^(?:topic|key|value(?:\.[^.{}]+)+|header\..+)$/

/** What is wrong with a template; undefined when nothing is. */
export function templateProblem(text: string): string | undefined {
  for (const [whole, name = ''] of text.matchAll(placeholder)) {
    if (!known.test(name)) return `"${whole}" is none of {topic}, {key}, {value.FIELD}, {header.NAME}`
  }
  return undefined
}

export class Template {
  readonly isConstant: boolean
  private readonly literals: readonly string[]
  private readonly names: readonly string[]

  constructor(text: string) {
    this.literals = text.split(/\{[^{}]*\}/)
    this.names = Array.from(text.matchAll(placeholder), ([, name = '']) => name)
    this.isConstant = this.names.length === 0
  }

  /** The text for the record, each filled-in value through `encode`. Errors: webhook_record_unfit. */
  fill(record: TemplateRecord, encode: (text: string) => string): string {
    let text = this.literals[0]!
    for (const [index, name] of this.names.entries()) text += encode(valueOf(name, record)) + this.literals[index + 1]!
    return text
  }
}

function valueOf(name: string, record: TemplateRecord): string {
  if (name === 'topic') return record.topic
  if (name === 'key') {
    if (record.key === null) throw unfit('the record has no key')
    return record.key.toString('utf8')
  }
  if (name.startsWith('header.')) {
    const value = record.header(name.slice('header.'.length))
    if (value === undefined) throw unfit(`the record has no header "${name.slice('header.'.length)}"`)
    return value
  }
  return fieldText(name, record.value)
}

function fieldText(name: string, value: Buffer | null): string {
  const parsed = value === null ? undefined : parseJsonObject(value.toString('utf8'))
  if (parsed === undefined || parsed instanceof ParseFailure) throw unfit(`the value is no JSON object for {${name}}`)
  let at: JsonValue | undefined = parsed
  for (const field of name.split('.').slice(1)) {
    const isObject: boolean = typeof at === 'object' && at !== null && !Array.isArray(at)
    at = isObject ? (at as JsonObject)[field] : undefined
  }
  if (typeof at === 'string' || typeof at === 'number' || typeof at === 'bigint' || typeof at === 'boolean')
    return String(at)
  throw unfit(`{${name}} is ${at === undefined ? 'not there' : 'neither a text, a number nor a boolean'}`)
}

function unfit(message: string): Error {
  return webhookErrors.make('webhook_record_unfit', message)
}

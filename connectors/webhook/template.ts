// Texts with fields of a record in braces: {value.customer.id}, {key}, {topic}, {header.trace}. Compiled once.

import type { JsonValue } from '../../core/format/parsed.js'
import { webhookErrors } from './errors.js'
import type { TemplateRecord } from './template-record.js'

const placeholder = /\{([^{}]*)\}/g
const known = /^(?:topic|partition|offset|time|key|value(?:\.[^.{}]+)+|header\..+)$/

/** What is wrong with a template; undefined when nothing is. */
export function templateProblem(text: string): string | undefined {
  for (const [whole, name = ''] of text.matchAll(placeholder)) {
    if (!known.test(name)) {
      return `"${whole}" is none of {topic}, {partition}, {offset}, {time}, {key}, {value.FIELD}, {header.NAME}`
    }
  }
  return undefined
}

/** What a placeholder stands for, as JSON has it; undefined where the record has none. */
export type Filling = (record: TemplateRecord) => JsonValue | undefined

/** Of a name that `templateProblem` takes. */
export function fillingOf(name: string): Filling {
  if (name.startsWith('header.')) {
    const header = name.slice('header.'.length)
    return (record) => record.header(header)
  }
  if (name.startsWith('value.')) {
    const path = name.split('.').slice(1)
    return (record) => record.field(path)
  }
  const fields: Readonly<Record<string, Filling>> = {
    topic: ({ topic }) => topic,
    partition: ({ partition }) => partition,
    offset: ({ offset }) => offset,
    time: ({ time }) => time,
    key: ({ key }) => key,
  }
  return fields[name]!
}

export class Template {
  readonly isConstant: boolean
  private readonly literals: readonly string[]
  private readonly fillings: readonly { readonly name: string; readonly of: Filling }[]

  constructor(text: string) {
    this.literals = text.split(/\{[^{}]*\}/)
    this.fillings = Array.from(text.matchAll(placeholder), ([, name = '']) => ({ name, of: fillingOf(name) }))
    this.isConstant = this.fillings.length === 0
  }

  /** The text for the record, each filled-in value through `encode`. Errors: webhook_record_unfit. */
  fill(record: TemplateRecord, encode: (text: string) => string): string {
    let text = this.literals[0]!
    for (const [index, { name, of }] of this.fillings.entries()) {
      text += encode(textOf(name, of(record), record)) + this.literals[index + 1]!
    }
    return text
  }
}

function textOf(name: string, value: JsonValue | undefined, record: TemplateRecord): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw webhookErrors.make('webhook_record_unfit', whyNot(name, value, record))
}

function whyNot(name: string, value: JsonValue | undefined, record: TemplateRecord): string {
  if (name === 'key' || name === 'time') return `the record has no ${name}`
  if (name.startsWith('header.')) return `the record has no header "${name.slice('header.'.length)}"`
  if (!record.hasFields) return `the value is no JSON object for {${name}}`
  return `{${name}} is ${value === undefined ? 'not there' : 'neither a text, a number nor a boolean'}`
}

// The JSON of a request, with fields of a record in its texts. Compiled once; what a record holds is escaped, so that no
// record can be more than the value or the text that it stands for.
//
//   "{value.total}"          alone: the JSON value, whatever it is, null where the record has none
//   "order {value.id}"       within a text: text, as in a url

import { stringifyJson } from '../../core/format/json-object.js'
import { fillingOf, Template, templateProblem } from './template.js'
import type { TemplateRecord } from './template-record.js'

const alone = /^\{([^{}]*)\}$/
const wholeValue = '{value}'

type Piece = string | ((record: TemplateRecord) => string)

/** What is wrong with a body, and where in it. */
export function bodyProblems(body: unknown): readonly { readonly path: readonly string[]; readonly message: string }[] {
  if (typeof body === 'string') {
    const message = body === wholeValue ? undefined : templateProblem(body)
    return message === undefined ? [] : [{ path: [], message }]
  }
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, inside]) => {
    const message = 'has a name with braces: only texts are filled in'
    const own = /\{[^{}]*\}/.test(name) ? [{ path: [name], message }] : []
    return [...own, ...bodyProblems(inside).map(({ path, message }) => ({ path: [name, ...path], message }))]
  })
}

export class BodyTemplate {
  readonly #pieces: readonly Piece[]

  constructor(body: unknown) {
    const pieces: Piece[] = []
    compile(body, pieces)
    this.#pieces = joined(pieces)
  }

  /** Errors: webhook_record_unfit for a text whose field the record has not. */
  fill(record: TemplateRecord): string {
    let text = ''
    for (const piece of this.#pieces) text += typeof piece === 'string' ? piece : piece(record)
    return text
  }
}

function compile(body: unknown, into: Piece[]): void {
  if (typeof body === 'string') {
    into.push(textPiece(body))
    return
  }
  if (typeof body !== 'object' || body === null) {
    into.push(JSON.stringify(body))
    return
  }
  const isList = Array.isArray(body)
  into.push(isList ? '[' : '{')
  for (const [index, [name, inside]] of Object.entries(body).entries()) {
    const comma = index === 0 ? '' : ','
    into.push(isList ? comma : `${comma}${JSON.stringify(name)}:`)
    compile(inside, into)
  }
  into.push(isList ? ']' : '}')
}

function textPiece(text: string): Piece {
  if (text === wholeValue) return valueJson
  const name = alone.exec(text)?.[1]
  if (name !== undefined) {
    const filling = fillingOf(name)
    return (record) => stringifyJson(filling(record) ?? null)
  }
  const template = new Template(text)
  return template.isConstant ? JSON.stringify(text) : (record) => JSON.stringify(template.fill(record, (part) => part))
}

/** The value as JSON: as it is where it is JSON, else as a text. */
function valueJson({ value }: TemplateRecord): string {
  if (value === undefined) return 'null'
  return isJson(value) ? value : JSON.stringify(value)
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function joined(pieces: readonly Piece[]): readonly Piece[] {
  const short: Piece[] = []
  for (const piece of pieces) {
    const last = short.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') short[short.length - 1] = last + piece
    else short.push(piece)
  }
  return short
}

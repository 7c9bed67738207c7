// Names and texts in SQL. Everything that is put into a statement goes through here or is a parameter.
//
// The server cuts names over 63 bytes (NAMEDATALEN) without a word, so that two of them can become one: refused here.

import { postgresErrors } from '../errors.js'

const mostNameBytes = 63

/** The name in double quotes. Errors: postgres_name_invalid for an empty one, one over 63 bytes or with a NUL. */
export function quoteIdentifier(name: string): string {
  checkName(name)
  return `"${name.replaceAll('"', '""')}"`
}

/** The text in single quotes, right whatever standard_conforming_strings is. Errors: postgres_name_invalid for a NUL. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw invalid(text, 'holds a NUL')
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** `"schema"."table"`. Errors: as `quoteIdentifier`. */
export function qualifiedName(schema: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`
}

export interface ParsedTableName {
  /** undefined when the text names none. */
  readonly schema: string | undefined
  readonly table: string
}

/**
 * Reads `table`, `schema.table` or the same with parts in double quotes, as `public."Odd.Name"`. What is not quoted is
 * taken as it is written: nothing is folded to lower case. Errors: postgres_name_invalid.
 */
export function parseTableName(text: string): ParsedTableName {
  const parts: string[] = []
  let at = 0
  for (;;) {
    const part = readPart(text, at)
    checkName(part.name)
    parts.push(part.name)
    at = part.next
    if (at === text.length) break
    if (text[at] !== '.' || parts.length === 2) throw invalid(text, 'is neither TABLE nor SCHEMA.TABLE')
    at++
  }
  const [first, second] = parts
  return second === undefined ? { schema: undefined, table: first! } : { schema: first, table: second }
}

function readPart(text: string, at: number): { readonly name: string; readonly next: number } {
  if (text[at] !== '"') {
    const dot = text.indexOf('.', at)
    const next = dot === -1 ? text.length : dot
    const name = text.slice(at, next)
    if (name.includes('"')) throw invalid(text, 'has a double quote inside of a part that is not quoted')
    return { name, next }
  }
  let name = ''
  for (let from = at + 1; ; ) {
    const quote = text.indexOf('"', from)
    if (quote === -1) throw invalid(text, 'lacks a closing double quote')
    name += text.slice(from, quote)
    if (text[quote + 1] !== '"') return { name, next: quote + 1 }
    name += '"'
    from = quote + 2
  }
}

function checkName(name: string): void {
  if (name === '') throw invalid(name, 'is empty')
  if (name.includes('\0')) throw invalid(name, 'holds a NUL')
  const byteCount = Buffer.byteLength(name)
  if (byteCount > mostNameBytes) throw invalid(name, `has ${byteCount} bytes, and Postgres cuts after ${mostNameBytes}`)
}

function invalid(name: string, why: string): Error {
  return postgresErrors.make('postgres_name_invalid', `the name ${JSON.stringify(name)} ${why}`, { details: { name } })
}

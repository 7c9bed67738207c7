// Values that are JSON objects: read into objects without prototypes, and written again with every integer intact.
//
// A field named twice has its last value, as JSON.parse has it. Decimals are doubles. A step that changes nothing
// passes the record's bytes on and not what is written here, so that they stay as they came.

import { parseJson } from './json-parser.js'
import { emptyObject, type JsonObject, type JsonValue, type Parsed, ParseFailure } from './parsed.js'

/** Nested objects and arrays, the outer one included. Deeper than any log or row; walks over values recurse. */
export const maxJsonDepth = 64

const openBrace = 0x7b
const closeBrace = 0x7d

/** The JSON object that the text is; space around it is fine. Never throws on any text. */
export function parseJsonObject(text: string): Parsed {
  const start = firstMark(text)
  // Most lines that are no JSON end here, and cost no exception.
  if (text.charCodeAt(start) !== openBrace) return new ParseFailure('no-object', start)
  if (text.charCodeAt(lastMark(text)) !== closeBrace) return parseExactly(text)
  let value: JsonObject
  try {
    value = JSON.parse(text) as JsonObject
  } catch {
    // The exact parser says where the mistake is.
    return parseExactly(text)
  }
  return exactObject(value, 1) ?? parseExactly(text)
}

/** The object as JSON text without spaces, bigints as integers. */
export function stringifyJson(value: JsonValue): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    // In a tree of JSON values a bigint is the one thing that it refuses.
    if (error instanceof TypeError) return stringifyExactly(value)
    throw error
  }
}

function parseExactly(text: string): Parsed {
  return parseJson(text, maxJsonDepth) as Parsed
}

/**
 * The value without prototypes; undefined where it is too deep, or a number so large that JSON.parse may have rounded it.
 * A copy: an object whose prototype is taken away is slow to read and slower to change from then on.
 */
function exactValue(value: JsonValue, depth: number): JsonValue | undefined {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxJsonDepth) return undefined
  if (!Array.isArray(value)) return exactObject(value, depth)
  for (let at = 0; at < value.length; at++) {
    const element = exactValue(value[at]!, depth + 1)
    if (element === undefined) return undefined
    value[at] = element
  }
  return value
}

function exactObject(value: JsonObject, depth: number): JsonObject | undefined {
  const exact = emptyObject()
  for (const name in value) {
    const field = exactValue(value[name]!, depth + 1)
    if (field === undefined) return undefined
    exact[name] = field
  }
  return exact
}

function stringifyExactly(value: JsonValue): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(stringifyExactly).join(',')}]`
  const fields = Object.keys(value).map((name) => `${JSON.stringify(name)}:${stringifyExactly(value[name]!)}`)
  return `{${fields.join(',')}}`
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function firstMark(text: string): number {
  let at = 0
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

function lastMark(text: string): number {
  let at = text.length - 1
  while (isSpace(text.charCodeAt(at))) at--
  return at
}

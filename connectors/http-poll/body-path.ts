// Where something stands in a JSON text: a JSON pointer (`/items/0/id`, RFC 6901) or names with dots (`items.0.id`).
// A place is found as a range of bytes, so that what stands there keeps its bytes.
//
// The text must be known to be JSON. Of a name that comes twice the last one counts, as it does for JSON.parse.

import { invariant } from '../../core/errors/invariant.js'
import { JsonScanner, skipSpace } from '../../core/format/json-scanner.js'

/** A name or the number of an element; as bytes, since names are compared for every record. */
interface PathStep {
  readonly name: string
  readonly bytes: Buffer
}

export type BodyPath = readonly PathStep[]

/** Why the text is no path; undefined when it is one. */
export function pathProblem(text: string): string | undefined {
  if (text.startsWith('/')) {
    return /~(?![01])/.test(text) ? 'in a JSON pointer "~" stands only in "~0" and "~1"' : undefined
  }
  return text.split('.').includes('') ? 'has a name without characters between its dots' : undefined
}

export function bodyPath(text: string): BodyPath {
  const names = text.startsWith('/')
    ? text
        .slice(1)
        .split('/')
        .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    : text.split('.')
  return names.map((name) => ({ name, bytes: Buffer.from(name) }))
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Finds places in one text after the other; `start` and `end` are the last one's. */
export class PathFinder {
  start = 0
  end = 0
  readonly #scanner = new JsonScanner()

  /** Whether something stands at the path, in the value that begins at `start` or behind white space there. */
  find(bytes: Buffer, from: number, to: number, path: BodyPath): boolean {
    let start = skipSpace(bytes, from, to)
    for (const step of path) {
      start =
        bytes[start] === openBracket ? this.#element(bytes, start, to, step.name) : this.#member(bytes, start, to, step)
      if (start === -1) return false
    }
    this.start = start
    this.end = this.#behind(bytes, start, to)
    return true
  }

  /** The range of each element of the array that begins at `start`. */
  forEachElement(bytes: Buffer, start: number, to: number, visit: (start: number, end: number) => boolean): void {
    invariant(bytes[start] === openBracket, `no array begins at ${start}`)
    let at = skipSpace(bytes, start + 1, to)
    while (bytes[at] !== closeBracket) {
      const end = this.#behind(bytes, at, to)
      if (!visit(at, end)) return
      at = skipSpace(bytes, end, to)
      if (bytes[at] === comma) at = skipSpace(bytes, at + 1, to)
    }
  }

  #element(bytes: Buffer, start: number, to: number, name: string): number {
    if (!/^(?:0|[1-9]\d{0,8})$/.test(name)) return -1
    const wanted = Number(name)
    let found = -1
    let index = 0
    this.forEachElement(bytes, start, to, (at) => {
      if (index === wanted) found = at
      return index++ < wanted
    })
    return found
  }

  #member(bytes: Buffer, start: number, to: number, step: PathStep): number {
    if (bytes[start] !== openBrace) return -1
    let found = -1
    let at = skipSpace(bytes, start + 1, to)
    while (bytes[at] !== closeBrace) {
      const nameEnd = this.#behind(bytes, at, to)
      const isWanted = saysName(bytes, at, nameEnd, step)
      // Behind the name stands a colon.
      at = skipSpace(bytes, skipSpace(bytes, nameEnd, to) + 1, to)
      if (isWanted) found = at
      at = skipSpace(bytes, this.#behind(bytes, at, to), to)
      if (bytes[at] === comma) at = skipSpace(bytes, at + 1, to)
    }
    return found
  }

  #behind(bytes: Buffer, at: number, to: number): number {
    const end = this.#scanner.value(bytes, at, to)
    invariant(end !== -1, `a text that is JSON has no value at ${at}`)
    return end
  }
}

/** Whether a string of JSON, with its quotes, is the name. */
function saysName(bytes: Buffer, start: number, end: number, { name, bytes: plain }: PathStep): boolean {
  const isPlain = end - start - 2 === plain.length && bytes.compare(plain, 0, plain.length, start + 1, end - 1) === 0
  return isPlain || (hasEscape(bytes, start, end) && jsonString(bytes, start, end) === name)
}

function hasEscape(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === backslash) return true
  return false
}

/** What a string of JSON says, from its quotes on. */
function jsonString(bytes: Buffer, start: number, end: number): string {
  if (hasEscape(bytes, start, end)) return JSON.parse(bytes.toString('utf8', start, end)) as string
  return bytes.toString('utf8', start + 1, end - 1)
}

/** A text or number as it stands in a JSON text. */
export interface Scalar {
  /** Without quotes and escapes; a number with all of its digits. */
  readonly text: string
  readonly isNumber: boolean
}

/** Undefined for what is neither a text nor a number. */
export function scalarOf(bytes: Buffer, start: number, end: number): Scalar | undefined {
  const first = bytes[start]!
  if (first === quote) return { text: jsonString(bytes, start, end), isNumber: false }
  const isNumber = first === 0x2d || (first >= 0x30 && first <= 0x39)
  return isNumber ? { text: bytes.toString('latin1', start, end), isNumber: true } : undefined
}

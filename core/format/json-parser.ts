// A strict parser of JSON (RFC 8259) that keeps what JSON.parse loses: integers beyond 2^53, as bigints, and the place
// of a mistake. It is for the texts where that matters; json-object sends all others to JSON.parse.

import { emptyObject, type JsonObject, type JsonValue, ParseFailure, type ParseFault } from './parsed.js'

const numberPattern = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y
const hexPattern = /[0-9a-fA-F]{4}/y

const quote = 0x22
const backslash = 0x5c

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Thrown inside of one parse only. */
class Stop {
  readonly fault: ParseFault
  readonly position: number

  constructor(fault: ParseFault, position: number) {
    this.fault = fault
    this.position = position
  }
}

/** The value of the text, which nests at most `maxDepth` objects and arrays. */
export function parseJson(text: string, maxDepth: number): JsonValue | ParseFailure {
  try {
    return new JsonParser(text, maxDepth).whole()
  } catch (stop) {
    if (stop instanceof Stop) return new ParseFailure(stop.fault, stop.position)
    throw stop
  }
}

class JsonParser {
  private readonly text: string
  private readonly maxDepth: number
  private at = 0
  private depth = 0

  constructor(text: string, maxDepth: number) {
    this.text = text
    this.maxDepth = maxDepth
  }

  whole(): JsonValue {
    const value = this.value()
    this.skipSpace()
    if (this.at < this.text.length) throw new Stop('syntax', this.at)
    return value
  }

  private value(): JsonValue {
    this.skipSpace()
    switch (this.text.charAt(this.at)) {
      case '{':
        return this.object()
      case '[':
        return this.array()
      case '"':
        return this.string()
      case 't':
        return this.word('true', true)
      case 'f':
        return this.word('false', false)
      case 'n':
        return this.word('null', null)
      default:
        return this.number()
    }
  }

  private object(): JsonObject {
    const object = emptyObject()
    this.enter()
    if (this.take('}')) return this.leave(object)
    do {
      this.skipSpace()
      const name = this.string()
      if (!this.take(':')) throw new Stop('syntax', this.at)
      object[name] = this.value()
    } while (this.take(','))
    if (!this.take('}')) throw new Stop('syntax', this.at)
    return this.leave(object)
  }

  private array(): JsonValue[] {
    const array: JsonValue[] = []
    this.enter()
    if (this.take(']')) return this.leave(array)
    do array.push(this.value())
    while (this.take(','))
    if (!this.take(']')) throw new Stop('syntax', this.at)
    return this.leave(array)
  }

  private enter(): void {
    if (++this.depth > this.maxDepth) throw new Stop('too-deep', this.at)
    this.at++
  }

  private leave<T>(value: T): T {
    this.depth--
    return value
  }

  private string(): string {
    if (this.text[this.at] !== '"') throw new Stop('syntax', this.at)
    this.at++
    let string = this.plainRun()
    while (this.text[this.at] === '\\') string += this.escape() + this.plainRun()
    if (this.text[this.at] !== '"') throw new Stop('syntax', this.at)
    this.at++
    return string
  }

  /** The run of characters that stand for themselves: no quote, no backslash, no control character. */
  private plainRun(): string {
    const start = this.at
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (!(code >= 0x20 && code !== quote && code !== backslash)) return this.text.slice(start, this.at)
      this.at++
    }
  }

  private escape(): string {
    const start = this.at
    const letter = this.text[start + 1] ?? ''
    this.at += 2
    if (letter === 'u') {
      const hex = this.match(hexPattern)
      if (hex === undefined) throw new Stop('syntax', start)
      return String.fromCharCode(parseInt(hex, 16))
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined
    if (character === undefined) throw new Stop('syntax', start)
    return character
  }

  private number(): number | bigint {
    const start = this.at
    const digits = this.match(numberPattern)
    if (digits === undefined) throw new Stop('syntax', start)
    const value = Number(digits)
    if (!Number.isFinite(value)) throw new Stop('number-range', start)
    if (Number.isSafeInteger(value) || /[.eE]/.test(digits)) return value
    return BigInt(digits)
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw new Stop('syntax', this.at)
    this.at += word.length
    return value
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const matched = pattern.exec(this.text)?.[0]
    if (matched !== undefined) this.at += matched.length
    return matched
  }

  private take(character: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.at++
    }
  }
}
